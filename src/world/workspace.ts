import { CellRaster } from "./cell_raster.ts";

/**
 * Memory that ops work in and leave clean, shared by all worlds of a server: an op runs to its end before the next
 * one starts.
 */
export class Workspace {
  readonly #rasters = new Map<number, CellRaster>();
  #groupOfRegion = new Uint32Array(0);

  /** The canvas for regions of that depth, with nothing painted. */
  raster(depth: number): CellRaster {
    let raster = this.#rasters.get(depth);
    if (raster === undefined) this.#rasters.set(depth, raster = new CellRaster(depth));
    return raster;
  }

  /** A number a region of the level, by Morton code, all 0; whoever writes to it zeroes it again. */
  groupOfRegion(level: number): Uint32Array {
    const regions = 8 ** level;
    if (this.#groupOfRegion.length < regions) this.#groupOfRegion = new Uint32Array(regions);
    return this.#groupOfRegion;
  }
}
