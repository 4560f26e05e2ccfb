import type { Samples, TreeKind } from "../../tree/mod.ts";

/** One region of a batch. */
export interface BatchJob {
  readonly kind: TreeKind;
  readonly depth: number;
  readonly samples: Samples;
}

/** What a batch cost. */
export interface BatchStats {
  readonly regions: number;
  readonly voxels: number;
  readonly uploadBytes: number;
  readonly readbackBytes: number;
  /** Submits beyond the first, after which there was more room or the samples were mended. */
  readonly retries: number;
  /** Regions that were built by sorting, as bitmaps of their scattered voxels took too much room. */
  readonly sortedRegions: number;
  /** Time on the device; undefined where it cannot tell. */
  readonly gpuMs: number | undefined;
}
