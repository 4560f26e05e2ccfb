import type { Recorder } from "../../gpu/mod.ts";
import { recordScan } from "./record_scan.ts";
import { SORTED_STAGES } from "./sorted_stages.ts";

/** Pairs of one block; `shared/sorted.wgsl` holds the same number. */
export const SORT_BLOCK = 256;
/** Bits of a pass of the sort, and the digits they make. */
const DIGIT_BITS = 4;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Writes down the sort of pairs by the low bits of their first word: four bits a pass, from the lowest on, each keeping
 * the order of the one before.
 *
 * @param grid buffer whose `sample_count` says how many pairs there are
 * @param prefix of the names of the buffers that the sort makes
 * @param capacity pairs that there is room for
 * @returns the buffer in which the sorted pairs lie, and one of the same size that is free again
 */
export function recordSort(
  recorder: Recorder,
  grid: string,
  prefix: string,
  pairs: string,
  capacity: number,
  bits: number,
): { readonly sorted: string; readonly free: string } {
  const blocks = Math.ceil(capacity / SORT_BLOCK);
  const table = `${prefix}.digits`;
  const scan = recordScan(recorder, table, DIGITS * blocks);
  let [unsorted, moved] = [pairs, `${prefix}.moved`];
  recorder.scratch(moved, 2 * capacity);
  for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
    const digitShift = `${prefix}.shift_${shift}`;
    recorder.upload(digitShift, Uint32Array.of(shift));
    const bound = { grid, shift: digitShift, pairs: unsorted, digits: table };
    recorder.dispatch(SORTED_STAGES.sortCount, bound, blocks);
    scan();
    recorder.dispatch(SORTED_STAGES.sortScatter, { ...bound, moved }, blocks);
    [unsorted, moved] = [moved, unsorted];
  }
  return { sorted: unsorted, free: moved };
}
