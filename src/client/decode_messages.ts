import type { RegionKey } from "../space/mod.ts";

/** What the page tells the decoding Worker. */
export type ToDecoder =
  /** A new registration: forget all frames before it. `generation` comes back with every answer. */
  | { readonly type: "reset"; readonly generation: number; readonly maxDepth: number }
  /** One frame, transferred. */
  | { readonly type: "frame"; readonly bytes: ArrayBuffer };

/** A region as it is to be drawn from now on. */
export interface DecodedRegion {
  readonly key: RegionKey;
  readonly version: number;
  readonly lod: number;
  /** Cells of the region along an axis at this level of detail; 0 if it is empty. */
  readonly width: number;
  /** Voxels received. */
  readonly voxels: number;
  /** Voxels that have an exposed face: the instances. */
  readonly drawn: number;
  /** See `region_instances.ts`; transferred. Empty if the region is. */
  readonly words: Uint32Array<ArrayBuffer>;
}

/** What the decoding Worker answers. */
export type FromDecoder =
  | { readonly type: "region"; readonly generation: number; readonly region: DecodedRegion }
  /** A frame was of no use: a better one of its region came first. */
  | { readonly type: "superseded"; readonly generation: number }
  | { readonly type: "malformed"; readonly generation: number; readonly message: string };
