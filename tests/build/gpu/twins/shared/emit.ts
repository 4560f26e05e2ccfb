import type { Grid } from "./grid.ts";

/** Twin of `shaders/shared/emit.wgsl`: writes to the planes of the output. Indices may have wrapped. */
export class Emitter {
  readonly #grid: Grid;
  readonly #output: Uint32Array;

  constructor(grid: Grid, output: Uint32Array) {
    this.#grid = grid;
    this.#output = output;
  }

  mask(index: number, mask: number): void {
    this.#byte(this.#grid.outMasks, index >>> 0, mask);
  }

  material(index: number, material: number): void {
    if (material !== 0) this.#byte(this.#grid.outMaterials, index >>> 0, material);
  }

  color(index: number, color: number): void {
    this.#output[this.#grid.outColors + (index >>> 0)] = color;
  }

  #byte(plane: number, index: number, byte: number): void {
    this.#output[plane + (index >>> 2)]! |= byte << (8 * (index & 3));
  }
}
