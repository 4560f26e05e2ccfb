import { type Grid, gridCells } from "./grid.ts";
import type { Vec3 } from "./vec3.ts";

/**
 * The one quantisation, in doubles: `min(n - 1, floor((p - min) * (n / (max - min))))`. Nothing else computes a
 * cell from a position.
 * @param p a coordinate in world units
 * @param min the world's lower bound on that axis, itself inside
 * @param max the world's upper bound on that axis, itself outside
 * @param n cells an axis
 * @returns the cell 0..n-1, or -1 if `p` is NaN, infinite or outside [min, max)
 */
export function quantizeAxis(p: number, min: number, max: number, n: number): number {
  // Written so that NaN, which compares false with everything, is refused as well.
  if (!(p >= min && p < max)) return -1;
  return Math.min(n - 1, Math.floor((p - min) * (n / (max - min))));
}

/** The global cell coordinates of a position, or undefined if it is not finite or outside the world. */
export function quantize(grid: Grid, p: Vec3): Vec3 | undefined {
  const { min, max } = grid.bounds;
  const n = gridCells(grid);
  const x = quantizeAxis(p[0], min[0], max[0], n);
  const y = quantizeAxis(p[1], min[1], max[1], n);
  const z = quantizeAxis(p[2], min[2], max[2], n);
  return x < 0 || y < 0 || z < 0 ? undefined : [x, y, z];
}

/** The middle of a cell in world units; {@link quantize} of it gives the cell again. */
export function cellCenter(grid: Grid, cell: Vec3): Vec3 {
  const { min, max } = grid.bounds;
  const n = gridCells(grid);
  return [
    min[0] + (cell[0] + 0.5) * ((max[0] - min[0]) / n),
    min[1] + (cell[1] + 0.5) * ((max[1] - min[1]) / n),
    min[2] + (cell[2] + 0.5) * ((max[2] - min[2]) / n),
  ];
}
