import type { OccupancyGrid } from "./occupancy_grid.ts";

/**
 * The faces of a solid cell, one bit each (-x, +x, -y, +y, -z, +z), that can be seen at all: those without a solid neighbour in the region. What lies beyond the
 * region is not known here, so faces on its border count as seen. 0 means that the voxel need not be drawn.
 */
export function exposedFaces(grid: OccupancyGrid, x: number, y: number, z: number): number {
  const { cells, width } = grid;
  const last = width - 1;
  const plane = width * width;
  const at = x + width * y + plane * z;
  let faces = 0;
  if (x === 0 || cells[at - 1] === 0) faces |= 1;
  if (x === last || cells[at + 1] === 0) faces |= 2;
  if (y === 0 || cells[at - width] === 0) faces |= 4;
  if (y === last || cells[at + width] === 0) faces |= 8;
  if (z === 0 || cells[at - plane] === 0) faces |= 16;
  if (z === last || cells[at + plane] === 0) faces |= 32;
  return faces;
}
