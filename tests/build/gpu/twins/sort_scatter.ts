import { Grid } from "./shared/grid.ts";
import { DIGITS, SORT_BLOCK } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sort_scatter.wgsl`. */
export function sortScatter(
  dispatch: Dispatch,
  grid: Uint32Array,
  shift: Uint32Array,
  pairs: Uint32Array,
  digits: Uint32Array,
  moved: Uint32Array,
): void {
  const count = new Grid(grid).sampleCount;
  const blocks = digits.length / 4 / DIGITS;
  for (let block = 0; block < dispatch.workgroups; block++) {
    const before = new Uint32Array(DIGITS);
    for (let pair = SORT_BLOCK * block; pair < Math.min(count, SORT_BLOCK * (block + 1)); pair++) {
      const digit = (pairs[2 * pair]! >>> shift[0]!) & 15;
      const place = digits[4 * (digit * blocks + block)]! + before[digit]!++;
      moved[2 * place] = pairs[2 * pair]!;
      moved[2 * place + 1] = pairs[2 * pair + 1]!;
    }
  }
}
