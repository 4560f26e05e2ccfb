import type { Samples } from "../../tree/mod.ts";
import type { LeafPlanes } from "./leaf_planes.ts";

/** Entries up to which an array that grows with the input is kept for the next build. */
const MAX_KEPT_ENTRIES = 1 << 22;

/**
 * Working memory of builds, reused from one to the next and grown to what the largest needed: 10 MB once a depth of 8 was
 * built out of order, 0.2 MB for 6; some 42 bytes for each node whose children are leaves, of which a region has at most
 * 8^(depth - 1); and for a tetree 5 bytes a voxel and 9 a tetrahedron. Not to be shared between builds that overlap in
 * time.
 */
export class BuildScratch {
  /** One bit a cell in key order, so a byte is the mask of a node one level up. All zero between builds. */
  bitmap: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  /** The bitmap, four bytes at a time. */
  bitmapWords: Uint32Array<ArrayBuffer> = new Uint32Array(this.bitmap.buffer);
  /** Non-zero where 64 bytes of the bitmap (a brick of 8^3 cells) are touched. All zero between builds. */
  touched: Uint8Array<ArrayBuffer> = new Uint8Array(1);
  /** By key of a finest inner node: index of its first leaf << 8 | its mask. Only what the last build wrote is valid. */
  ranks: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Keys of the finest inner nodes, sorted. */
  parentKeys: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Keys of the nodes of one level further up. */
  upperKeys: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Masks in the order of a tree, filled from the end. */
  masks: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Leaf sums a node: red, green, blue, alpha, count. */
  sums: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** One past the last leaf of each node of a level. */
  leafEnds: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** One past the last leaf of each run of leaves of one material. */
  runEnds: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Material of each run. */
  runMaterials: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  /** Leaves a material, all zero between uses. */
  readonly histogram: Uint32Array<ArrayBuffer> = new Uint32Array(256);
  #depth = 0;
  #nodes = 0;
  #voxels: LeafPlanes = { colors: new Uint32Array(0), materials: new Uint8Array(0) };
  #tets: Samples = { keys: new Uint32Array(0), ...this.#voxels };
  #groups: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  /** Makes room for marking keys of `depth` in the bitmap and for ranking them. */
  reserveBitmap(depth: number): void {
    if (depth <= this.#depth) return;
    const parents = 8 ** (depth - 1);
    this.bitmap = new Uint8Array(Math.max(64, parents));
    this.bitmapWords = new Uint32Array(this.bitmap.buffer);
    this.touched = new Uint8Array(this.bitmap.length / 64);
    this.ranks = new Uint32Array(parents);
    this.#depth = depth;
  }

  /** Makes room for a tree of `depth` over at most `voxels` leaves. */
  reserveNodes(voxels: number, depth: number): void {
    const parents = Math.min(voxels, 8 ** (depth - 1));
    const nodes = Math.min(voxels * depth, (8 ** depth - 1) / 7);
    if (parents > this.parentKeys.length) {
      this.parentKeys = new Uint32Array(roomy(parents));
      this.upperKeys = new Uint32Array(this.parentKeys.length);
    }
    if (nodes > this.masks.length) this.masks = new Uint8Array(roomy(nodes));
  }

  /** Makes room for what is kept of each of `nodes` finest inner nodes, and of the fewer further up. */
  reserveParents(nodes: number): void {
    if (nodes <= this.#nodes) return;
    this.#nodes = roomy(nodes);
    this.sums = new Uint32Array(5 * this.#nodes);
    this.leafEnds = new Uint32Array(this.#nodes);
  }

  /** Doubles the room for runs of leaves, keeping those already found. */
  growRuns(): void {
    const { runEnds, runMaterials } = this;
    this.runEnds = new Uint32Array(2 * runEnds.length);
    this.runMaterials = new Uint8Array(2 * runEnds.length);
    this.runEnds.set(runEnds);
    this.runMaterials.set(runMaterials);
  }

  /** `length` entries to group samples by leaf; what they hold is left over from before. */
  groups(length: number): Uint32Array<ArrayBuffer> {
    if (length <= this.#groups.length) return this.#groups;
    const groups = new Uint32Array(roomy(length));
    if (groups.length <= MAX_KEPT_ENTRIES) this.#groups = groups;
    return groups;
  }

  /** Planes of `length` voxels or more, for those that a tetree is made of. */
  voxels(length: number): LeafPlanes {
    if (length <= this.#voxels.colors.length) return this.#voxels;
    const entries = roomy(length);
    const voxels = { colors: new Uint32Array(entries), materials: new Uint8Array(entries) };
    if (entries <= MAX_KEPT_ENTRIES) this.#voxels = voxels;
    return voxels;
  }

  /** Room for `length` leaf tetrahedra or more. */
  tets(length: number): Samples {
    if (length <= this.#tets.keys.length) return this.#tets;
    const entries = roomy(length);
    const tets = {
      keys: new Uint32Array(entries),
      colors: new Uint32Array(entries),
      materials: new Uint8Array(entries),
    };
    if (entries <= MAX_KEPT_ENTRIES) this.#tets = tets;
    return tets;
  }
}

/** Growing by a quarter more than asked keeps a slowly growing input from allocating at every build. */
function roomy(entries: number): number {
  return entries + (entries >>> 2);
}
