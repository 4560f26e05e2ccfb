import { BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { bitsBelow, countOneBits } from "./shared/bits.ts";
import { Grid } from "./shared/grid.ts";
import { spanAt } from "./shared/span.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/scatter.wgsl`. */
export function scatter(
  dispatch: Dispatch,
  grid: Uint32Array,
  spans: Uint32Array,
  keys: Uint32Array,
  directory: Uint32Array,
  bricks: Uint32Array,
  sampleSlots: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  for (let id = 0; id < dispatch.workgroups && 4 * id < spans.length; id++) {
    const span = spanAt(spans, id);
    const region = own.region(span.region);
    for (let i = span.first; i < span.first + span.count; i++) {
      const key = keys[i]!;
      const brick = key >>> 9;
      const entry = 4 * (region.directoryBase + (brick >>> 5));
      const slot = directory[entry]! + countOneBits(directory[entry + 3]! & bitsBelow(brick & 31));
      sampleSlots[i] = slot;
      if (slot < own.bricks) bricks[BRICK_WORDS * slot + ((key >>> 5) & 15)]! |= 1 << (key & 31);
    }
  }
}
