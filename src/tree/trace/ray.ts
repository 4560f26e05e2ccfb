/** Mantissa bits of a position in the world's cube [1, 2). A cell of level l is 2^(23 - l) units wide. */
export const MANTISSA_BITS = 23;

/** Width of the world in units of a mantissa: coordinate = 1 + units * 2^-23. */
export const WORLD_UNITS: number = 2 ** MANTISSA_BITS;

/** Width of a unit. */
export const UNIT: number = 2 ** -MANTISSA_BITS;

/** Least part of the largest component that the other components of a direction may have. */
export const LEAST_COMPONENT: number = 2 ** -MANTISSA_BITS;

/**
 * A ray through the world's cube [1, 2)^3 (S. Laine, T. Karras, "Efficient Sparse Voxel Octrees", 2010: all positions in
 * it have one exponent, so their mantissa bits are the path from the root). Reused from ray to ray; nothing checks it.
 *
 * A node is hit as a whole where its width (1 = the world) is not above `coneSize + t * coneSpread`, t where the ray leaves
 * it: the level of detail of a pixel. Both 0: only leaves are hit.
 */
export class Ray {
  /** Origin; it may lie outside of the cube. */
  ox = 0;
  oy = 0;
  oz = 0;
  /** Direction of any length from 2^-60 to 2^60; t counts its lengths. */
  dx = 0;
  dy = 0;
  dz = 0;
  tMin = 0;
  tMax = Infinity;
  coneSize = 0;
  coneSpread = 0;
}

/** Directions whose largest component is not between these have no reciprocal that f32 can reckon with. */
export const MIN_LENGTH = 2 ** -60;
export const MAX_LENGTH = 2 ** 60;

/**
 * The largest of three components of a direction, by size; 0 where it is not from 2^-60 to 2^60 or one is not a number. A
 * ray of such a direction hits nothing.
 */
export function largestComponent(x: number, y: number, z: number): number {
  const largest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  return largest >= MIN_LENGTH && largest <= MAX_LENGTH ? largest : 0;
}

/** A component, or where it is nearer to 0 than `least` (above 0), `least` with its sign, so that it can be divided by. */
export function awayFromZero(component: number, least: number): number {
  if (component < 0) return component > -least ? -least : component;
  return component < least ? least : component;
}
