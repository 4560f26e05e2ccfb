import { type Grid, gridCells, quantizeAxis, type Vec3 } from "../space/mod.ts";
import type { PointSet } from "./parsed_model.ts";

/** Cells along the longest axis of a point cloud when nobody says otherwise. */
export const DEFAULT_POINT_RESOLUTION = 256;

/** The outermost point lies exactly on the edge, which is outside of a half-open range: it counts as just before. */
const JUST_INSIDE = 1 - 2 ** -52;

/** Smaller extents are those of a single place: dividing by them would leave the range of doubles. */
const MIN_EDGE = 1e-290;

export interface PlacementOptions {
  /** Cells along the longest axis, 1 to the grid's cells an axis. By default a voxel is a cell, or points fill 256. */
  readonly resolution?: number;
  /** Cell of the lowest corner. By default the model stands in the middle of the floor. */
  readonly at?: Vec3;
}

/** How points come to lie in the grid: a cube of `edge` units from `min` is cut into `resolution` cells an axis. */
export interface Placement {
  readonly min: Vec3;
  readonly edge: number;
  readonly resolution: number;
  /** Cells that the points take along each axis. */
  readonly size: Vec3;
  /** Cell of the lowest corner; may lie outside of the world. */
  readonly origin: Vec3;
}

/**
 * Fits points into the grid: centred in x and z, standing on the lowest cells, unless `at` says where. Proportions are
 * kept. Throws RangeError for a resolution or corner out of range. Linear in the points.
 */
export function planPlacement(points: PointSet, grid: Grid, options: PlacementOptions = {}): Placement {
  const cells = gridCells(grid);
  const { min, extent } = measurePoints(points);
  const longest = Math.max(...extent);
  const edge = longest > MIN_EDGE ? longest : 1;
  const resolution = options.resolution ??
    Math.min(cells, points.solid ? edge : DEFAULT_POINT_RESOLUTION);
  if (!Number.isInteger(resolution) || resolution < 1 || resolution > cells) {
    throw new RangeError(
      `Resolution must be a whole number from 1 to ${cells} (the world's cells an axis), got ${resolution}`,
    );
  }
  const size = extent.map((length) => sizeInCells(points.solid, length, edge, resolution)) as unknown as Vec3;
  const origin = options.at ?? [Math.floor((cells - size[0]) / 2), 0, Math.floor((cells - size[2]) / 2)];
  if (!origin.every((value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 30)) {
    throw new RangeError(`Place must be three whole cell numbers, got ${origin.join(", ")}`);
  }
  return { min, edge, resolution, size, origin };
}

/**
 * Cell, counted from the placement's origin, of a place `offset` units from its lowest corner. The world's own
 * quantisation on the model's cube; -1 outside of it.
 */
export function cellOfPoint(offset: number, placement: Pick<Placement, "edge" | "resolution">): number {
  const { edge, resolution } = placement;
  return quantizeAxis(offset === edge ? edge * JUST_INSIDE : offset, 0, edge, resolution);
}

/** First cell of a voxel when voxels are larger than cells; for the end of a voxel take the start of the next. */
export function cellOfVoxelStart(offset: number, edge: number, resolution: number): number {
  return offset >= edge ? resolution : quantizeAxis(offset, 0, edge, resolution);
}

/** Cell of a voxel when cells are as large as voxels or larger: the one that its centre is in. */
export function cellOfVoxelCentre(offset: number, edge: number, resolution: number): number {
  return quantizeAxis(offset + 0.5, 0, edge, resolution);
}

function sizeInCells(solid: boolean, length: number, edge: number, resolution: number): number {
  if (!solid) return cellOfPoint(length, { edge, resolution }) + 1;
  if (length === 0) return 0;
  if (resolution > edge) return cellOfVoxelStart(length, edge, resolution);
  return cellOfVoxelCentre(length - 1, edge, resolution) + 1;
}

/** Lowest corner and extent of the points; of voxels the extent includes their own size. All 0 without points. */
export function measurePoints(points: PointSet): { readonly min: Vec3; readonly extent: Vec3 } {
  const { positions, count } = points;
  if (count === 0) return { min: [0, 0, 0], extent: [0, 0, 0] };
  const min = [Infinity, Infinity, Infinity];
  const max = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < count * 3; i += 3) {
    for (let axis = 0; axis < 3; axis++) {
      const value = positions[i + axis]!;
      if (value < min[axis]!) min[axis] = value;
      if (value > max[axis]!) max[axis] = value;
    }
  }
  const own = points.solid ? 1 : 0;
  return {
    min: [min[0]!, min[1]!, min[2]!],
    extent: max.map((value, axis) => value - min[axis]! + own) as unknown as Vec3,
  };
}
