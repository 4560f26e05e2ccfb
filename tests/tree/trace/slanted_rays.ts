import { Ray } from "../../../src/tree/mod.ts";

/** How the axes of slanted sheets are counted, for `slantedSheet`: two or three of them, each from either side. */
export const SLANTS: readonly (readonly number[])[] = [-1, 0, 1].flatMap((x) =>
  [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((z) => [x, y, z]))
).filter((axes) => axes.filter((axis) => axis !== 0).length >= 2);

/**
 * Rays square to such a sheet, through the corners and edges of its cells: from each corner of the world's cells with a
 * coordinate of 0 (counted as the sheet's are), onwards, and the same ways backwards. All of them must get through the sheet.
 *
 * @param edge cells of the world an axis
 * @param sum where the sheet lies; rays that get by it at the side are left out
 */
export function slantedRays(axes: readonly number[], edge: number, sum: number): Ray[] {
  const rays: Ray[] = [];
  const counted = axes.filter((axis) => axis !== 0).length;
  for (let i = 0; i < (edge + 1) ** 3; i++) {
    const steps = [i % (edge + 1), Math.floor(i / (edge + 1)) % (edge + 1), Math.floor(i / (edge + 1) ** 2)];
    // In the world's own face a ray is on neither side.
    if (steps.some((step, axis) => axes[axis] === 0 && step % edge === 0)) continue;
    const own = steps.filter((_, axis) => axes[axis] !== 0);
    const total = own.reduce((a, b) => a + b, 0);
    const way = edge - Math.max(...own);
    // It begins before the sheet, and ends behind it, well inside of the world's own faces.
    if (Math.min(...own) !== 0 || total + counted > sum || total + counted * (way - 1) < sum) continue;
    const place = steps.map((step, axis) => 1 + (axes[axis] === -1 ? edge - step : step) / edge);
    for (const direction of [1, -1]) {
      const [d, o] = [axes.map((axis) => direction * axis), direction === 1 ? 0 : way / edge];
      const [ox, oy, oz] = place.map((at, axis) => at + o * axes[axis]!);
      rays.push(Object.assign(new Ray(), { ox, oy, oz, dx: d[0], dy: d[1], dz: d[2], tMax: 4 }));
    }
  }
  return rays;
}
