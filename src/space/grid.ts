import type { Vec3 } from "./vec3.ts";

/** A half-open cube in world units: a point on a `min` face is in it, a point on a `max` face is not. */
export interface Bounds {
  readonly min: Vec3;
  readonly max: Vec3;
}

/**
 * How a world is cut: `2^level` regions an axis, `2^depth` cells an axis in each of them.
 * Made by {@link createGrid}, which checks it; everything else trusts it.
 */
export interface Grid {
  readonly bounds: Bounds;
  readonly level: number;
  readonly depth: number;
}

/** The largest region level: a region's Morton code then takes 21 bits. */
export const MAX_LEVEL = 7;
/** The smallest grid depth: 8 cells an axis in a region. */
export const MIN_DEPTH = 3;
/** The largest grid depth: 256 cells an axis in a region. */
export const MAX_DEPTH = 8;
/** The largest level + depth: the most bits that a global cell coordinate takes. */
export const MAX_CELL_BITS = 20;

/** The largest coordinate, of bounds and of cameras: it can be squared and multiplied without overflow. */
export const MAX_COORDINATE = 1e50;

const CUBE_TOLERANCE = 1e-9;

/**
 * Checks and freezes a grid.
 * @param bounds the world's cube, in world units; its edges may differ by 1e-9 of their length
 * @param level the region level L, 0..7
 * @param depth the grid depth D, 3..8, with L + D at most 20
 * @throws {RangeError} if a bound is not finite or beyond 1e50, the bounds are not a cube, a number is out of range, or the
 * cells are too small for doubles to tell neighbours apart
 */
export function createGrid(bounds: Bounds, level: number, depth: number): Grid {
  checkWhole("level", level, 0, MAX_LEVEL);
  checkWhole("depth", depth, MIN_DEPTH, MAX_DEPTH);
  if (level + depth > MAX_CELL_BITS) {
    throw new RangeError(`Grid level + depth must be at most ${MAX_CELL_BITS}, not ${level + depth}`);
  }
  checkCube(bounds, 2 ** (level + depth));
  const min: Vec3 = [bounds.min[0], bounds.min[1], bounds.min[2]];
  const max: Vec3 = [bounds.max[0], bounds.max[1], bounds.max[2]];
  return Object.freeze({
    bounds: Object.freeze({ min: Object.freeze(min), max: Object.freeze(max) }),
    level,
    depth,
  });
}

/** The number of cells an axis, `2^(level + depth)`. */
export function gridCells(grid: Grid): number {
  return 2 ** (grid.level + grid.depth);
}

/** The edge of a cell in world units (along x; the axes agree within the tolerance of {@link createGrid}). */
export function cellSize(grid: Grid): number {
  return (grid.bounds.max[0] - grid.bounds.min[0]) / gridCells(grid);
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`Grid ${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
}

function checkCube(bounds: Bounds, cells: number): void {
  const edge = bounds.max[0] - bounds.min[0];
  for (let axis = 0; axis < 3; axis++) {
    const low = bounds.min[axis]!;
    const high = bounds.max[axis]!;
    const own = high - low;
    if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(own)) {
      throw new RangeError(`Grid bounds must be finite, not ${low}..${high} on axis ${"xyz"[axis]}`);
    }
    if (Math.abs(low) > MAX_COORDINATE || Math.abs(high) > MAX_COORDINATE) {
      throw new RangeError(
        `Grid bounds must be within ${-MAX_COORDINATE}..${MAX_COORDINATE}, not ${low}..${high} on axis ${
          "xyz"[axis]
        }`,
      );
    }
    if (own <= 0) {
      throw new RangeError(`Grid bounds must have max above min, not ${low}..${high} on axis ${"xyz"[axis]}`);
    }
    if (Math.abs(own - edge) > CUBE_TOLERANCE * edge) {
      throw new RangeError(`Grid bounds must be a cube: edge x is ${edge}, edge ${"xyz"[axis]} is ${own}`);
    }
    // Eight steps of the double farthest from zero must fit a cell, else centres fall into neighbours.
    const step = Math.max(Math.abs(low), Math.abs(high)) * Number.EPSILON;
    if (!(own / cells >= 8 * step) || own / cells < 1e-300) {
      throw new RangeError(`Grid cells of ${own / cells} are too small for bounds ${low}..${high}`);
    }
  }
}
