import { deflateSync } from "node:zlib";
import { type RegionKey, regionLevel, regionMorton } from "../space/mod.ts";
import { type ContentHash, type Tree, treeBytes } from "../tree/mod.ts";
import {
  DEFLATE_LEVEL,
  encodeEmptyFrame,
  encodeFrame,
  encodePayload,
  type FrameCodec,
} from "../protocol/mod.ts";

/** What a {@linkcode CachedRegion} is made of. */
export interface CachedRegionOptions {
  readonly key: RegionKey;
  readonly version: number;
  readonly hash: ContentHash;
  readonly tree: Tree;
  /** Payloads of codec 2 that exist already, by LOD. */
  readonly payloads: ReadonlyMap<number, Uint8Array>;
}

/** Bytes that a region takes besides its tree and frames: objects and map entries. */
const OVERHEAD_BYTES = 512;

/**
 * One version of a built region: its tree and its frames, each encoded once and shared by all clients. The frame
 * bytes are immutable by contract.
 */
export class CachedRegion {
  readonly key: RegionKey;
  readonly version: number;
  readonly hash: ContentHash;
  readonly tree: Tree;
  readonly #frames = new Map<number, Uint8Array>();
  #bytes: number;

  constructor(options: CachedRegionOptions) {
    this.key = options.key;
    this.version = options.version;
    this.hash = options.hash;
    this.tree = options.tree;
    this.#bytes = treeBytes(options.tree) + OVERHEAD_BYTES;
    for (const [lod, payload] of options.payloads) this.#store(lod, 2, payload);
  }

  /** Memory that the region takes now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the region has no voxels: its frame is the empty frame. */
  get isEmpty(): boolean {
    return this.tree.counts[0] === 0;
  }

  /**
   * The frame of the region at a LOD and codec, encoded on the first call. `grown` tells by how many bytes the
   * region has grown through this call (0 when the frame existed).
   */
  frame(lod: number, codec: FrameCodec): { readonly bytes: Uint8Array; readonly grown: number } {
    const existing = this.#frames.get(frameId(this.isEmpty ? 0 : lod, codec));
    if (existing !== undefined) return { bytes: existing, grown: 0 };
    const bytes = this.isEmpty
      ? this.#storeEmpty(codec)
      : this.#store(lod, codec, encodePayload(this.tree, lod, codec, deflate));
    return { bytes, grown: bytes.length };
  }

  #store(lod: number, codec: FrameCodec, payload: Uint8Array): Uint8Array {
    return this.#keep(frameId(lod, codec), encodeFrame({ ...this.#header(lod, codec) }, payload));
  }

  #storeEmpty(codec: FrameCodec): Uint8Array {
    return this.#keep(frameId(0, codec), encodeEmptyFrame(this.#header(0, codec)));
  }

  #keep(id: number, frame: Uint8Array): Uint8Array {
    this.#frames.set(id, frame);
    this.#bytes += frame.length;
    return frame;
  }

  #header(lod: number, codec: FrameCodec) {
    return {
      kind: this.tree.kind,
      lod,
      level: regionLevel(this.key),
      morton: regionMorton(this.key),
      version: this.version,
      codec,
    };
  }
}

function frameId(lod: number, codec: FrameCodec): number {
  return codec * 16 + lod;
}

function deflate(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { level: DEFLATE_LEVEL });
}
