import { Grid } from "./shared/grid.ts";
import { HEIGHTS, SORT_BLOCK, sortBlocks, topHeight } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_heights.wgsl`. */
export function sortedHeights(
  dispatch: Dispatch,
  grid: Uint32Array,
  pairs: Uint32Array,
  heightTable: Uint32Array,
): void {
  const own = new Grid(grid);
  const blocks = sortBlocks(own);
  for (let block = 0; block < dispatch.workgroups && block < blocks; block++) {
    const counts = new Uint32Array(HEIGHTS);
    for (let pair = SORT_BLOCK * block; pair < Math.min(own.sampleCount, SORT_BLOCK * (block + 1)); pair++) {
      const top = topHeight(own, pairs, pair);
      for (let height = 0; height <= top; height++) counts[height]!++;
    }
    for (let height = 0; height < HEIGHTS; height++) {
      const entry = 4 * (height * blocks + block);
      heightTable[entry] = counts[height]!;
      heightTable.fill(0, entry + 1, entry + 4);
    }
    if (block === 0) heightTable.fill(0, 4 * HEIGHTS * blocks, 4 * HEIGHTS * blocks + 4);
  }
}
