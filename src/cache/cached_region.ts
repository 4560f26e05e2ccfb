import { deflateSync } from "node:zlib";
import { type RegionKey, regionLevel, regionMorton } from "../space/mod.ts";
import {
  brickLevelsOf,
  changedBricks,
  type ContentHash,
  emptyHash,
  levelHash,
  type Tree,
} from "../tree/mod.ts";
import {
  DEFLATE_LEVEL,
  encodeDeltaPayload,
  encodeEmptyFrame,
  encodeFrame,
  encodePayload,
  encodeRefinementPayload,
  FLAG_DELTA,
  FLAG_REFINEMENT,
  FRAME_HEADER_BYTES,
  type FrameCodec,
  type PayloadId,
  readPayloadId,
} from "../protocol/mod.ts";
import { BrickHistory } from "./brick_history.ts";
import { bytesByCut, cutTree } from "./cut_tree.ts";
import {
  deltaId,
  type FrameId,
  FrameStore,
  fullId,
  type GrowthListener,
  refinementId,
} from "./frame_store.ts";

/** What a {@linkcode CachedRegion} is made of. */
export interface CachedRegionOptions {
  readonly key: RegionKey;
  readonly version: number;
  readonly hash: ContentHash;
  readonly tree: Tree;
  /** Payloads of codec 2 that exist already. */
  readonly payloads: ReadonlyMap<PayloadId, Uint8Array>;
}

/** The coarsest level of detail that any region has. */
export const MAX_LOD = 8;

/** Bytes that a region takes besides its tree and frames: objects and map entries. */
const OVERHEAD_BYTES = 1024;

/**
 * One version of a built region: its tree and its frames, each encoded once and shared by all clients. The frame
 * bytes are immutable by contract. It may be trimmed to a coarser level of detail, and remembers what it took before.
 */
export class CachedRegion {
  readonly key: RegionKey;
  readonly version: number;
  readonly hash: ContentHash;
  /** Depth of the tree before it was trimmed. */
  readonly depth: number;
  /** Whether the region has no voxels: its frame is the empty frame. */
  readonly isEmpty: boolean;
  readonly #frames = new FrameStore();
  readonly #hashes: (ContentHash | undefined)[] = [];
  /** Bytes of the tree by LOD that it is cut at. */
  readonly #treeBytes: readonly number[];
  #tree: Tree;
  #finestLod = 0;
  #floorLod = 0;
  #history: BrickHistory | undefined;

  constructor(options: CachedRegionOptions) {
    this.key = options.key;
    this.version = options.version;
    this.hash = options.hash;
    this.depth = options.tree.depth;
    this.isEmpty = options.tree.counts[0] === 0;
    this.#tree = options.tree;
    const treeBytes = bytesByCut(options.tree);
    // There is nothing to cut off an empty tree.
    this.#treeBytes = this.isEmpty ? treeBytes.fill(treeBytes[0]!) : treeBytes;
    for (const [id, payload] of options.payloads) this.#keepPayload(id, payload);
  }

  /** The tree, without its finest levels if it was trimmed: its root is that of the region in any case. */
  get tree(): Tree {
    return this.#tree;
  }

  /**
   * The tree from a LOD on; one that was trimmed is as fine as it is. It may share memory with the cache, and is never
   * written to.
   */
  treeFrom(lod: number): { readonly lod: number; readonly tree: Tree } {
    const finest = this.isEmpty ? this.#finestLod : Math.max(this.#finestLod, Math.min(lod, this.depth));
    const levels = finest - this.#finestLod;
    return { lod: finest, tree: levels === 0 ? this.#tree : cutTree(this.#tree, levels) };
  }

  /** Memory that the region takes now. */
  get bytes(): number {
    return OVERHEAD_BYTES + this.#treeBytes[this.#finestLod]! + this.#frames.ledger.held();
  }

  /** Memory that the region would take in full detail, with the frames that it has and had. */
  get fullBytes(): number {
    return OVERHEAD_BYTES + this.#treeBytes[0]! + this.#frames.ledger.demand(0);
  }

  /** The finest LOD of which frames can be had; 0 unless the region was trimmed. */
  get finestLod(): number {
    return this.#finestLod;
  }

  /** The finest LOD that the budget allows of this region, whatever else is there; 0 but for a giant. */
  get floorLod(): number {
    return this.#floorLod;
  }

  /** Memory that the region takes, or would take with the frames that it had, if it were there from a LOD on. */
  demand(lod: number): number {
    const cut = Math.min(Math.max(lod, this.#floorLod), this.depth);
    return OVERHEAD_BYTES + this.#treeBytes[cut]! + this.#frames.ledger.demand(cut);
  }

  /**
   * The frame of the region at a LOD and codec, encoded on the first call.
   *
   * @throws RangeError for a LOD that is finer than `finestLod`, or coarser than the root
   */
  frame(lod: number, codec: FrameCodec): Uint8Array {
    if (lod < this.#finestLod) {
      throw new RangeError(
        `Cannot make a frame of LOD ${lod}: the region is trimmed to LOD ${this.#finestLod}`,
      );
    }
    const id = fullId(this.isEmpty ? 0 : lod, codec);
    const existing = this.#frames.get(id);
    if (existing !== undefined) return existing;
    if (this.isEmpty) return this.#frames.keep(id, this.depth, encodeEmptyFrame(this.#header(0, codec)));
    const payload = encodePayload(this.#tree, lod - this.#finestLod, codec, deflate);
    return this.#frames.keep(id, lod, encodeFrame(this.#header(lod, codec), payload));
  }

  /**
   * The frame that brings a client from a coarser LOD of this version to a finer one, encoded on the first call;
   * undefined where there is none (codec 0, an empty or trimmed region, LODs that are not in this order) or where it would
   * be no smaller than the full frame.
   */
  refinement(baseLod: number, lod: number, codec: FrameCodec): Uint8Array | undefined {
    if (codec === 0 || this.isEmpty || lod < this.#finestLod || lod >= baseLod || baseLod > this.depth) {
      return undefined;
    }
    const id = refinementId(baseLod, lod, codec);
    const existing = this.#frames.get(id);
    if (existing !== undefined) return existing;
    if (this.#frames.isUseless(id)) return undefined;
    const cut = this.#finestLod;
    const payload = encodeRefinementPayload(this.#tree, baseLod - cut, lod - cut, codec, deflate);
    // Before deflation it is smaller in any case, so the full frame is not encoded only to be compared with.
    const full = this.#frames.get(fullId(lod, codec));
    return this.#keepIfSmaller(id, payload, full, { lod, codec, flags: FLAG_REFINEMENT });
  }

  /**
   * The frame that brings a client from an older version at LOD 0 to this one, encoded on the first call; undefined where
   * there is none (codec 0, an empty or trimmed region, a version that is not remembered) or where it would be no smaller
   * than the full frame, which is encoded to know that.
   */
  delta(baseVersion: number, codec: FrameCodec): Uint8Array | undefined {
    if (codec === 0) return undefined;
    const id = deltaId(baseVersion, codec);
    const existing = this.#frames.get(id);
    if (existing !== undefined) return existing;
    const bricks = this.#frames.isUseless(id) ? undefined : this.#history?.since(baseVersion);
    if (bricks === undefined || bricks.length >= this.#brickCount) return undefined;
    const tree = this.#tree;
    const hash = this.levelHash(0);
    const full = this.frame(0, codec);
    const payload = encodeDeltaPayload({ tree, baseVersion, bricks, hash }, codec, deflate);
    return this.#keepIfSmaller(id, payload, full, { lod: 0, codec, flags: FLAG_DELTA });
  }

  /**
   * The hash of the region's nodes at a LOD, computed on the first call; both lanes are 0 for an empty region.
   *
   * @throws RangeError for a LOD that is finer than `finestLod`, or coarser than the root
   */
  levelHash(lod: number): ContentHash {
    if (this.isEmpty) return emptyHash();
    // The voxels of an octree are its leaves; a tetree's are not.
    if (lod === 0 && this.#tree.kind === "esvo") return this.hash;
    return this.#hashes[lod] ??= levelHash(this.#tree, lod - this.#finestLod);
  }

  /** Nodes that {@linkcode CachedRegion.levelHash} has to go through for a LOD; 0 where the hash is known. */
  hashedNodes(lod: number): number {
    const isKnown = this.isEmpty || (lod === 0 && this.#tree.kind === "esvo") ||
      this.#hashes[lod] !== undefined;
    return isKnown ? 0 : this.#tree.counts[this.depth - lod]!;
  }

  /**
   * Takes the place of another version of the region: knows from it what frames it will come to.
   *
   * @param keepsDeltas whether to remember which bricks have changed, so that `delta` has something to give; linear in
   * the leaves of both versions
   */
  follow(previous: CachedRegion, keepsDeltas: boolean): void {
    this.#frames.ledger.expect(
      previous.#frames.ledger,
      previous.#finestLod,
      this.#treeBytes[0]! / previous.#treeBytes[0]!,
    );
    if (!keepsDeltas || this.isEmpty || previous.isEmpty || previous.#finestLod > 0) return;
    if (previous.#tree.kind !== this.#tree.kind || previous.depth !== this.depth) return;
    if (previous.version === this.version) this.#history = previous.#history;
    if (previous.version < this.version) {
      const bricks = changedBricks(previous.#tree, this.#tree);
      this.#history = BrickHistory.after(previous.#history, previous.version, bricks);
    }
    if (this.#history !== undefined) this.#frames.ledger.add(0, this.#history.bytes);
  }

  /** Finds the finest LOD at which the region takes at most so many bytes, which is its floor from now on. */
  limitTo(maxBytes: number): void {
    this.#floorLod = 0;
    if (this.isEmpty) return;
    while (this.#floorLod < this.depth && this.demand(this.#floorLod) > maxBytes) this.#floorLod++;
  }

  /**
   * Drops what is finer than a LOD, as far as it is there: levels of the tree, frames, the history. What is left is copied,
   * so that the memory of the rest is given back.
   *
   * @returns bytes by which the region has become smaller
   */
  trim(lod: number): number {
    const finest = Math.min(lod, this.depth);
    if (this.isEmpty || finest <= this.#finestLod) return 0;
    const before = this.bytes;
    this.#tree = cutTree(this.#tree, finest - this.#finestLod);
    this.#finestLod = finest;
    this.#history = undefined;
    this.#frames.drop(finest);
    return before - this.bytes;
  }

  /** Tells a listener of growth from now on, or nobody. */
  watchGrowth(listener: GrowthListener | undefined): void {
    this.#frames.watchGrowth(listener);
  }

  get #brickCount(): number {
    return this.#tree.counts[this.depth - brickLevelsOf(this.depth)]!;
  }

  #keepIfSmaller(
    id: FrameId,
    payload: Uint8Array,
    full: Uint8Array | undefined,
    fields: { readonly lod: number; readonly codec: FrameCodec; readonly flags: number },
  ): Uint8Array | undefined {
    if (full !== undefined && FRAME_HEADER_BYTES + payload.length >= full.length) {
      this.#frames.noteUseless(id);
      return undefined;
    }
    const { lod, codec, flags } = fields;
    const frame = encodeFrame({ ...this.#header(lod, codec), flags }, payload);
    // The cache may have trimmed the region because of the full frame: it goes out, but is not kept.
    return lod < this.#finestLod ? frame : this.#frames.keep(id, lod, frame);
  }

  #keepPayload(payload: PayloadId, bytes: Uint8Array): void {
    const { lod, baseLod } = readPayloadId(payload);
    const [id, flags] = baseLod === 0
      ? [fullId(lod, 2), 0]
      : [refinementId(baseLod, lod, 2), FLAG_REFINEMENT];
    this.#frames.keep(id, lod, encodeFrame({ ...this.#header(lod, 2), flags }, bytes));
  }

  #header(lod: number, codec: FrameCodec) {
    return {
      kind: this.#tree.kind,
      lod,
      level: regionLevel(this.key),
      morton: regionMorton(this.key),
      version: this.version,
      codec,
    };
  }
}

function deflate(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { level: DEFLATE_LEVEL });
}
