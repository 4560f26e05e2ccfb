/** A point or direction in world units: x, y, z; right-handed, Y up. */
export type Vec3 = readonly [number, number, number];

/** The sum a + b. */
export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** The difference a - b: the vector that leads from b to a. */
export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** The vector times a number. */
export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** The dot product. */
export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** The right-handed cross product: x cross y is z. */
export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The Euclidean length. */
export function length(a: Vec3): number {
  return Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
}

/**
 * The vector of length 1 with the same direction.
 * @throws {RangeError} if the length is zero or not finite, so that no NaN spreads from here
 */
export function normalize(a: Vec3): Vec3 {
  const l = length(a);
  if (!(l > 0 && l < Infinity)) {
    throw new RangeError(`Cannot normalize [${a.join(", ")}]: its length is ${l}`);
  }
  return [a[0] / l, a[1] / l, a[2] / l];
}
