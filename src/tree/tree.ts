/** `esvo` is an octree of cubes; `esvt` a tetree of tetrahedra. Both spend three key bits a level. */
export type TreeKind = "esvo" | "esvt";

/** Both kinds, the one that needs no asking first. */
export const TREE_KINDS: readonly TreeKind[] = ["esvo", "esvt"];

/** Deepest tree: keys of 24 bits, 9 levels of nodes. */
export const MAX_TREE_DEPTH = 8;

/**
 * Cells of one region, in any order, duplicates allowed. The three arrays have one entry a sample.
 *
 * A colour is RGBA8 packed as `r | g << 8 | b << 16 | a << 24`. Alpha 0 means "no voxel here", so no tree holds it.
 */
export interface Samples {
  /** Key of the cell inside its region, three bits a level: its Morton code, or the one of `tetKey`. */
  readonly keys: Uint32Array;
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}

/**
 * A region as a sparse voxel tree, breadth first, siblings in key order. Level 0 is the root, which is the whole region,
 * and level `depth` holds the leaves; a node's children are contiguous, so no pointers are stored: a prefix sum over the
 * masks finds them.
 *
 * The leaves of an octree are voxels, 2^depth an axis. In a tetree level 0's mask tells which of the region's six
 * tetrahedra there are, level l >= 1 has tetrahedra of the size of 2^(l - 1) cubes an axis, and so its leaves are those
 * of cubes two voxels wide.
 */
export interface Tree {
  readonly kind: TreeKind;
  readonly depth: number;
  /** Nodes at level 0 to `depth` (`depth + 1` entries); all 0 in an empty tree. */
  readonly counts: Uint32Array;
  /**
   * Child masks of levels 0 to `depth - 1`, one after another. Bit i is child slot i = x + 2y + 4z of an octree, child
   * index i of a tetrahedron, and of a tetree's level 0 the tetrahedron of type i.
   */
  readonly masks: Uint8Array;
  /** RGBA8 of every node of levels 0 to `depth`, one level after another. */
  readonly colors: Uint32Array;
  /** Material of every node, in the order of `colors`. */
  readonly materials: Uint8Array;
}

/**
 * The tree of a region without voxels.
 *
 * @throws RangeError if `depth` is not a whole number from 1 to 8.
 */
export function emptyTree(kind: TreeKind, depth: number): Tree {
  checkDepth(depth);
  return {
    kind,
    depth,
    counts: new Uint32Array(depth + 1),
    masks: new Uint8Array(0),
    colors: new Uint32Array(0),
    materials: new Uint8Array(0),
  };
}

/** Most children that a node of `level` can have: eight, but a tetree's region has the six tetrahedra of a cube. */
export function mostChildren(kind: TreeKind, level: number): number {
  return kind === "esvt" && level === 0 ? 6 : 8;
}

/** Most nodes that a tree of this kind can have at `level`, and so the first key that none has there. */
export function mostNodes(kind: TreeKind, level: number): number {
  return level === 0 ? 1 : mostChildren(kind, 0) * 8 ** (level - 1);
}

/** Index into `colors` and `materials` (and, below `depth`, into `masks`) of the first node of `level`. */
export function levelOffset(tree: Tree, level: number): number {
  let offset = 0;
  for (let l = 0; l < level; l++) offset += tree.counts[l]!;
  return offset;
}

/** Bytes that the arrays of a tree occupy. */
export function treeBytes(tree: Tree): number {
  return tree.counts.byteLength + tree.masks.byteLength + tree.colors.byteLength + tree.materials.byteLength;
}

/** Refuses a depth that no tree can have. @throws RangeError */
export function checkDepth(depth: number): void {
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_TREE_DEPTH) {
    throw new RangeError(`Tree depth must be a whole number from 1 to ${MAX_TREE_DEPTH}, got ${depth}`);
  }
}
