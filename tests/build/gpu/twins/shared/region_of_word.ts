import type { Grid } from "./grid.ts";

/** Twin of `shaders/shared/region_of_word.wgsl`: the region whose directory holds a word. */
export function regionOfWord(grid: Grid, word: number): number {
  let low = 0;
  let high = grid.regionCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (grid.region(middle).directoryBase <= word) low = middle;
    else high = middle - 1;
  }
  return low;
}
