import type { Samples, TreeKind } from "../../tree/mod.ts";

/** The shaders work in bricks of three levels; worlds have no smaller regions, but a builder's caller may. */
export const LEAST_GPU_DEPTH = 3;

/** One region of a batch. */
export interface BatchJob {
  readonly kind: TreeKind;
  /** {@linkcode LEAST_GPU_DEPTH} or more. */
  readonly depth: number;
  readonly samples: Samples;
}

/** What a batch cost. */
export interface BatchStats {
  readonly regions: number;
  /** Submits beyond the first, after which there was more room or the samples were mended. */
  readonly retries: number;
  /** Regions that were built by sorting, as bitmaps of their scattered voxels took too much room. */
  readonly sortedRegions: number;
  /** Time on the device; undefined where it cannot tell. */
  readonly gpuMs: number | undefined;
}
