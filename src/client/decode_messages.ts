import type { KnownRegion } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";

/** What the page tells the decoding Worker. */
export type ToDecoder =
  /** A new registration: forget all frames before it. `generation` comes back with every answer. */
  | { readonly type: "reset"; readonly generation: number; readonly maxDepth: number }
  /** Frames, their buffers transferred. */
  | { readonly type: "frames"; readonly frames: readonly Uint8Array[] }
  /** The page has dropped these regions. */
  | { readonly type: "forget"; readonly keys: readonly RegionKey[] }
  /** Asks what is held, once all frames before this are decoded. `id` comes back with the answer. */
  | { readonly type: "known"; readonly id: number };

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
  /** Memory that the Worker keeps of the region, for the frames that continue it. */
  readonly heldBytes: number;
}

/** What the decoding Worker answers: once for each frame of `bytes` bytes, and what it was asked. */
export type FromDecoder =
  | {
    readonly type: "region";
    readonly generation: number;
    readonly bytes: number;
    readonly region: DecodedRegion;
  }
  /** A frame was of no use: a full one of its region came behind it, or it continues one that was. */
  | { readonly type: "superseded"; readonly generation: number; readonly bytes: number }
  /** A frame cannot be applied; `key` is its region, as far as that can be read. */
  | {
    readonly type: "malformed";
    readonly generation: number;
    readonly bytes: number;
    readonly message: string;
    readonly key: RegionKey | undefined;
  }
  | { readonly type: "known"; readonly id: number; readonly regions: readonly KnownRegion[] };
