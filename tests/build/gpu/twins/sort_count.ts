import { Grid } from "./shared/grid.ts";
import { DIGITS, SORT_BLOCK } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sort_count.wgsl`. */
export function sortCount(
  dispatch: Dispatch,
  grid: Uint32Array,
  shift: Uint32Array,
  pairs: Uint32Array,
  digits: Uint32Array,
): void {
  const count = new Grid(grid).sampleCount;
  const blocks = digits.length / 4 / DIGITS;
  for (let block = 0; block < dispatch.workgroups && block < blocks; block++) {
    const counts = new Uint32Array(DIGITS);
    for (let pair = SORT_BLOCK * block; pair < Math.min(count, SORT_BLOCK * (block + 1)); pair++) {
      counts[(pairs[2 * pair]! >>> shift[0]!) & 15]!++;
    }
    for (let digit = 0; digit < DIGITS; digit++) {
      const entry = 4 * (digit * blocks + block);
      digits[entry] = counts[digit]!;
      digits.fill(0, entry + 1, entry + 4);
    }
  }
}
