import type { OccupancyGrid } from "./occupancy_grid.ts";

/** A face whose four corners are all open to the light. */
export const OPEN_FACE = 0xff;

/**
 * How open each corner of a face is to the light: two bits a corner (3 open, 0 in a nook), corner c in bits 2c, where
 * bit 0 of c goes along the next axis after the face's and bit 1 along the one after that (x, y, z, x, ...).
 * Looks at the eight cells around the one in front of the face; beyond the region's sides the last cell repeats, so that
 * an edge that runs on into the next region does not change its shade at the border.
 * Source: M. Lysenko, "Ambient occlusion for Minecraft-like worlds", 0fps.net, 2013.
 * @param cell coordinates of the voxel
 * @param axis 0 to 2: the face's normal
 * @param side 0 for the face towards lower coordinates, 1 for the other
 */
export function cornerShade(grid: OccupancyGrid, cell: Int32Array, axis: number, side: number): number {
  const { cells, width } = grid;
  const last = width - 1;
  const front = cell[axis]! + (side === 0 ? -1 : 1);
  if (front < 0 || front > last) return OPEN_FACE;
  const u = axis === 2 ? 0 : axis + 1;
  const v = u === 2 ? 0 : u + 1;
  const strideU = stride(u, width);
  const strideV = stride(v, width);
  const at = front * stride(axis, width) + cell[u]! * strideU + cell[v]! * strideV;
  const left = cell[u]! > 0 ? -strideU : 0;
  const right = cell[u]! < last ? strideU : 0;
  const down = cell[v]! > 0 ? -strideV : 0;
  const top = cell[v]! < last ? strideV : 0;
  return corner(cells, at, left, down) | (corner(cells, at, right, down) << 2) |
    (corner(cells, at, left, top) << 4) | (corner(cells, at, right, top) << 6);
}

function corner(cells: Uint8Array, at: number, alongU: number, alongV: number): number {
  const sideU = cells[at + alongU]!;
  const sideV = cells[at + alongV]!;
  if (sideU + sideV === 2) return 0;
  return 3 - sideU - sideV - cells[at + alongU + alongV]!;
}

function stride(axis: number, width: number): number {
  return axis === 0 ? 1 : axis === 1 ? width : width * width;
}
