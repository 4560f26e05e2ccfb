import type { Grid } from "./grid.ts";

/** Twin of `shaders/shared/sorted.wgsl` and `top_height.wgsl`. */

export const SORT_BLOCK = 256;
/** Of a pass of the sort, which takes four bits. */
export const DIGITS = 16;
export const HEIGHTS = 9;
/** No node begins with a pair that repeats the code before. */
export const NO_NODE = -1;

/** Blocks of pairs that tables are laid out for. */
export function sortBlocks(grid: Grid): number {
  return Math.ceil(grid.leafCapacity / SORT_BLOCK);
}

/** The highest node that begins with a pair. */
export function topHeight(grid: Grid, pairs: Uint32Array, pair: number): number {
  const code = pairs[2 * pair]!;
  const region = code >>> grid.keyBits;
  if (pair === 0 || pairs[2 * (pair - 1)]! >>> grid.keyBits !== region) return grid.region(region).depth;
  const difference = code ^ pairs[2 * (pair - 1)]!;
  return difference === 0 ? NO_NODE : Math.floor((31 - Math.clz32(difference)) / 3);
}

/** Leaves of all regions, from the table of heights after its scan. */
export function leafCount(grid: Grid, heightTable: Uint32Array): number {
  return heightTable[4 * sortBlocks(grid)]!;
}
