import type { FrameCodec } from "../protocol/mod.ts";
import { DetailLedger } from "./detail_ledger.ts";

/**
 * Told of each growth of a region: by how many bytes, by how many more than it was known to take (see
 * `CachedRegion.demand`), and at which LOD.
 */
export type GrowthListener = (bytes: number, demandBytes: number, lod: number) => void;

/** Number of a frame of one version of a region: LODs take 4 bits, codecs 2. */
export type FrameId = number;

/** The id of a full frame. */
export function fullId(lod: number, codec: FrameCodec): FrameId {
  return codec * 16 + lod;
}

/** The id of a refinement from a coarser LOD. */
export function refinementId(baseLod: number, lod: number, codec: FrameCodec): FrameId {
  return 64 + baseLod * 64 + fullId(lod, codec);
}

/** The id of a delta from an older version. */
export function deltaId(baseVersion: number, codec: FrameCodec): FrameId {
  return 1024 + baseVersion * 4 + codec;
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly lod: number;
}

/** The frames of one version of a region that have been made, and what they take by level of detail. */
export class FrameStore {
  readonly ledger = new DetailLedger();
  readonly #frames = new Map<FrameId, Frame>();
  readonly #useless = new Set<FrameId>();
  #onGrowth: GrowthListener | undefined;

  /** A frame that is here. */
  get(id: FrameId): Uint8Array | undefined {
    return this.#frames.get(id)?.bytes;
  }

  /** Keeps a frame, tells of the growth and returns the frame. */
  keep(id: FrameId, lod: number, bytes: Uint8Array): Uint8Array {
    this.#frames.set(id, { bytes, lod });
    const demandBytes = this.ledger.add(lod, bytes.length);
    this.#onGrowth?.(bytes.length, demandBytes, lod);
    return bytes;
  }

  /** Whether a frame was found to be no smaller than the full one. */
  isUseless(id: FrameId): boolean {
    return this.#useless.has(id);
  }

  /** Notes that a frame would be no smaller than the full one, so that it is not made again to find that out. */
  noteUseless(id: FrameId): void {
    this.#useless.add(id);
  }

  /** Drops frames that are finer than a LOD; the ledger remembers them. */
  drop(lod: number): void {
    for (const [id, frame] of this.#frames) if (frame.lod < lod) this.#frames.delete(id);
    this.ledger.drop(lod);
  }

  /** Tells a listener of growth from now on, or nobody. */
  watchGrowth(listener: GrowthListener | undefined): void {
    this.#onGrowth = listener;
  }
}
