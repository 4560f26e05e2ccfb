import { mortonX, mortonY, mortonZ } from "../space/mod.ts";

/** Which cells of one region are solid: one byte a cell, x fastest. Reused from region to region. */
export class OccupancyGrid {
  #cells: Uint8Array = new Uint8Array(0);
  #width = 0;

  /** Bytes at x + width * (y + width * z): 1 solid, 0 empty. */
  get cells(): Uint8Array {
    return this.#cells;
  }

  /** Cells along an axis. */
  get width(): number {
    return this.#width;
  }

  /** Marks the cells of these Morton codes solid in a grid of `width` cells an axis that is empty otherwise. */
  load(keys: Uint32Array, width: number): void {
    if (this.#width !== width) {
      this.#cells = new Uint8Array(width ** 3);
      this.#width = width;
    }
    this.#mark(keys, 1);
  }

  /** Empties the grid again: the cost is that of the cells marked, not of the grid. */
  unload(keys: Uint32Array): void {
    this.#mark(keys, 0);
  }

  #mark(keys: Uint32Array, value: 0 | 1): void {
    const width = this.#width;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      this.#cells[mortonX(key) + width * (mortonY(key) + width * mortonZ(key))] = value;
    }
  }
}
