import type { Grid } from "./grid.ts";
import { HEIGHTS, sortBlocks } from "./sorted.ts";

/** Twin of `shaders/shared/node_range.wgsl`. */

export function heightOf(grid: Grid, heightTable: Uint32Array, node: number): number {
  let height = 0;
  while (height + 1 < HEIGHTS && heightTable[4 * (height + 1) * sortBlocks(grid)]! <= node) height++;
  return height;
}

/** One past the last leaf of a node above the leaves. */
export function endLeaf(grid: Grid, nodes: Uint32Array, node: number, regionEnd: number): number {
  const hasNext = node + 1 < grid.nodes && nodes[node + 1]! > nodes[node]!;
  return hasNext ? Math.min(nodes[node + 1]!, regionEnd) : regionEnd;
}
