import { BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { bitsBelow, countOneBits } from "./shared/bits.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/link_samples.wgsl`. Later samples come first here; a device chains them in any order. */
export function linkSamples(
  dispatch: Dispatch,
  grid: Uint32Array,
  keys: Uint32Array,
  sampleSlots: Uint32Array,
  bricks: Uint32Array,
  brickTable: Uint32Array,
  heads: Uint32Array,
  links: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  for (let sample = 0; sample < 256 * dispatch.workgroups && sample < own.sampleCount; sample++) {
    const slot = sampleSlots[sample]!;
    if (slot >= own.bricks) continue;
    const cell = keys[sample]! & 511;
    let leaf = brickTable[4 * slot]!;
    for (let word = 0; word < cell >>> 5; word++) leaf += countOneBits(bricks[BRICK_WORDS * slot + word]!);
    leaf += countOneBits(bricks[BRICK_WORDS * slot + (cell >>> 5)]! & bitsBelow(cell & 31));
    links[sample] = heads[leaf]!;
    heads[leaf] = sample + 1;
  }
}
