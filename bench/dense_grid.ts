import type { Ray } from "../src/tree/mod.ts";

/** What a miss is in place of a cell. */
export const NO_CELL = -1;

/**
 * A grid of one byte a cell, and the usual way of a ray through it: J. Amanatides, A. Woo, "A fast voxel traversal algorithm
 * for ray tracing" (1987). The base line of the bench, so written by hand for one size and with nothing but its loop.
 */
export class DenseGrid {
  readonly #bits: number;
  readonly #cells: Uint8Array;

  /** A grid of 2^bits cells an axis. */
  constructor(bits: number, cells: Iterable<readonly [x: number, y: number, z: number]>) {
    this.#bits = bits;
    this.#cells = new Uint8Array(8 ** bits);
    for (const [x, y, z] of cells) this.#cells[this.cellAt(x, y, z)] = 1;
  }

  /** Number of a cell. */
  cellAt(x: number, y: number, z: number): number {
    return x | (y << this.#bits) | (z << (2 * this.#bits));
  }

  /** The first cell that a ray meets, or `NO_CELL`. The grid fills the cube [1, 2). */
  trace(ray: Ray): number {
    const bits = this.#bits;
    const cells = this.#cells;
    const edge = 1 << bits;
    const { dx, dy, dz } = ray;
    const inverseX = 1 / dx;
    const inverseY = 1 / dy;
    const inverseZ = 1 / dz;
    const ox = (ray.ox - 1) * edge;
    const oy = (ray.oy - 1) * edge;
    const oz = (ray.oz - 1) * edge;
    const isUpX = dx > 0;
    const isUpY = dy > 0;
    const isUpZ = dz > 0;
    const enterX = ((isUpX ? 0 : edge) - ox) * inverseX;
    const enterY = ((isUpY ? 0 : edge) - oy) * inverseY;
    const enterZ = ((isUpZ ? 0 : edge) - oz) * inverseZ;
    const leaveX = ((isUpX ? edge : 0) - ox) * inverseX;
    const leaveY = ((isUpY ? edge : 0) - oy) * inverseY;
    const leaveZ = ((isUpZ ? edge : 0) - oz) * inverseZ;
    const enter = Math.max(0, enterX, enterY, enterZ);
    if (!(enter <= Math.min(leaveX, leaveY, leaveZ))) return NO_CELL;

    const last = edge - 1;
    let x = Math.min(last, Math.max(0, Math.floor(ox + enter * dx)));
    let y = Math.min(last, Math.max(0, Math.floor(oy + enter * dy)));
    let z = Math.min(last, Math.max(0, Math.floor(oz + enter * dz)));
    // Positions are in cells, so times are too.
    const deltaX = Math.abs(inverseX);
    const deltaY = Math.abs(inverseY);
    const deltaZ = Math.abs(inverseZ);
    let nextX = (x + (isUpX ? 1 : 0) - ox) * inverseX;
    let nextY = (y + (isUpY ? 1 : 0) - oy) * inverseY;
    let nextZ = (z + (isUpZ ? 1 : 0) - oz) * inverseZ;
    const stepX = isUpX ? 1 : -1;
    const stepY = isUpY ? 1 : -1;
    const stepZ = isUpZ ? 1 : -1;
    for (;;) {
      const cell = x | (y << bits) | (z << (2 * bits));
      if (cells[cell] !== 0) return cell;
      if (nextX <= nextY && nextX <= nextZ) {
        x += stepX;
        if (x < 0 || x > last) return NO_CELL;
        nextX += deltaX;
      } else if (nextY <= nextZ) {
        y += stepY;
        if (y < 0 || y > last) return NO_CELL;
        nextY += deltaY;
      } else {
        z += stepZ;
        if (z < 0 || z > last) return NO_CELL;
        nextZ += deltaZ;
      }
    }
  }
}
