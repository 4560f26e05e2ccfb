import { awayFromZero, largestComponent, LEAST_COMPONENT, type Ray, WORLD_UNITS } from "./ray.ts";

/** Families of planes that hold all faces: equal x, y, z, x - y, y - z, x - z. */
export const PLANE_FAMILIES = 6;

/** Least part of a direction's largest component that a difference of two components may be. */
export const LEAST_DIFFERENCE: number = 2 ** -20;

/**
 * When a ray crosses the planes of the six families: the plane of family f at K is crossed at `K * inverse[f] - bias[f]`,
 * K in units of 2^-23 of the world from its lowest corner. Everything that wants to know when evaluates this expression,
 * so two cells that share a face agree on it to the last bit, and no ray slips between them.
 */
export class RayPlanes {
  readonly inverse: Float64Array = new Float64Array(PLANE_FAMILIES);
  readonly bias: Float64Array = new Float64Array(PLANE_FAMILIES);
  /** Families along which the ray goes to lesser values, a bit each. */
  descents = 0;

  /** Takes over a ray; false if it has no direction. */
  set({ ox, oy, oz, dx, dy, dz }: Ray): boolean {
    const largest = largestComponent(dx, dy, dz);
    if (largest === 0) return false;
    this.descents = 0;
    const x = (ox - 1) * WORLD_UNITS;
    const y = (oy - 1) * WORLD_UNITS;
    const z = (oz - 1) * WORLD_UNITS;
    const leastComponent = largest * LEAST_COMPONENT;
    this.#setFamily(0, x, awayFromZero(dx, leastComponent));
    this.#setFamily(1, y, awayFromZero(dy, leastComponent));
    this.#setFamily(2, z, awayFromZero(dz, leastComponent));
    const leastDifference = largest * LEAST_DIFFERENCE;
    this.#setFamily(3, x - y, awayFromZero(dx - dy, leastDifference));
    this.#setFamily(4, y - z, awayFromZero(dy - dz, leastDifference));
    this.#setFamily(5, x - z, awayFromZero(dx - dz, leastDifference));
    return true;
  }

  #setFamily(family: number, origin: number, slope: number): void {
    const inverse = 1 / (slope * WORLD_UNITS);
    this.inverse[family] = inverse;
    this.bias[family] = origin * inverse;
    if (inverse < 0) this.descents |= 1 << family;
  }
}
