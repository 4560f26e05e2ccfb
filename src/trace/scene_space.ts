import type { Grid, Vec3 } from "../space/mod.ts";

/** Width of a world in world units, along x. */
export function worldEdge({ bounds }: Grid): number {
  return bounds.max[0] - bounds.min[0];
}

/**
 * A point of the world in the space of scenes, where the world's cube is [1, 2)^3. In doubles: a point near the world keeps
 * all digits that rays need, however far the world is from zero.
 */
export function toSceneSpace(grid: Grid, point: Vec3): Vec3 {
  const { min } = grid.bounds;
  const edge = worldEdge(grid);
  return [1 + (point[0] - min[0]) / edge, 1 + (point[1] - min[1]) / edge, 1 + (point[2] - min[2]) / edge];
}

/** The way back. */
export function toWorldSpace(grid: Grid, point: Vec3): Vec3 {
  const { min } = grid.bounds;
  const edge = worldEdge(grid);
  return [min[0] + (point[0] - 1) * edge, min[1] + (point[1] - 1) * edge, min[2] + (point[2] - 1) * edge];
}
