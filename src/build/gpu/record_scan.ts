import type { Recorder } from "../../gpu/mod.ts";
import { SORTED_STAGES } from "./sorted_stages.ts";

/** Entries of one block of a scan; `scan_blocks.wgsl` holds the same number. */
const SCAN_BLOCK = 1024;

/**
 * Makes a buffer of entries of four words and gives back what writes down their exclusive prefix sums, in place.
 *
 * @param isOfFour whether the fourth words are summed up as well, or kept
 */
export function recordScan(
  recorder: Recorder,
  entries: string,
  count: number,
  isOfFour: boolean = false,
): () => void {
  const { scanBlocksOfFour, scanAddOfFour, scanBlocks, scanSums, scanAdd } = SORTED_STAGES;
  const sums = `${entries}_sums`;
  const blocks = Math.ceil(count / SCAN_BLOCK);
  recorder.scratch(entries, 4 * count);
  recorder.scratch(sums, 4 * blocks);
  const bound = { entries, "block_sums": sums };
  return () => {
    recorder.dispatch(isOfFour ? scanBlocksOfFour : scanBlocks, bound, blocks);
    recorder.dispatch(scanSums, { block_sums: sums }, 1);
    recorder.dispatch(isOfFour ? scanAddOfFour : scanAdd, bound, Math.ceil(count / 256));
  };
}
