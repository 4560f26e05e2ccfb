import { Grid } from "./shared/grid.ts";
import { HEIGHTS, NO_NODE, SORT_BLOCK, sortBlocks, topHeight } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_list.wgsl`. */
export function sortedList(
  dispatch: Dispatch,
  grid: Uint32Array,
  pairs: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  further: Uint32Array,
  regionFirsts: Uint32Array,
): void {
  const own = new Grid(grid);
  const blocks = sortBlocks(own);
  const listNode = (node: number, begin: number) => {
    if (node < own.nodeCapacity) nodes[node] = begin;
  };
  for (let block = 0; block < dispatch.workgroups; block++) {
    const began = new Uint32Array(HEIGHTS);
    const nodesBefore = (height: number) => {
      return heightTable[4 * (height * blocks + block)]! + began[height]!;
    };
    for (let pair = SORT_BLOCK * block; pair < Math.min(own.sampleCount, SORT_BLOCK * (block + 1)); pair++) {
      const top = topHeight(own, pairs, pair);
      if (top === NO_NODE) continue;
      const leaf = nodesBefore(0);
      listNode(leaf, pair);
      for (let height = 1; height <= top; height++) listNode(nodesBefore(height), leaf);
      const code = pairs[2 * pair]!;
      const region = code >>> own.keyBits;
      if (top < own.region(region).depth) {
        const parent = nodesBefore(top + 1) - 1;
        const child = 1 << ((code >>> (3 * top)) & 7);
        if (parent < own.nodeCapacity) further[parent >>> 2]! |= child << (8 * (parent & 3));
      } else {
        for (let height = 0; height < HEIGHTS; height++) {
          regionFirsts[HEIGHTS * region + height] = nodesBefore(height);
        }
      }
      for (let height = 0; height <= top; height++) began[height]!++;
    }
  }
}
