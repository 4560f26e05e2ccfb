import { levelOffset, type Tree, treeBytes, type TreeKind } from "./tree.ts";

/** A tree in numbers, as one would show them to a person. */
export interface TreeStatistics {
  readonly kind: TreeKind;
  readonly depth: number;
  /** Nodes of levels 0 to `depth`. */
  readonly nodes: readonly number[];
  /** Nodes of the finest level: voxels of an octree, tetrahedra of a tetree. */
  readonly leaves: number;
  /** Nodes above it, each with a mask. */
  readonly innerNodes: number;
  /** Children of an inner node, 1 to 8 on average; 0 in an empty tree. */
  readonly meanChildren: number;
  /** Bytes that the tree's arrays occupy. */
  readonly bytes: number;
  /** Bits of all masks for each leaf: what the shape alone costs before compression. 0 in an empty tree. */
  readonly maskBitsPerLeaf: number;
  /** Share of the region's volume that the leaves fill, 0 to 1. */
  readonly filledShare: number;
  /** Distinct materials of the leaves. */
  readonly materials: number;
}

/** What there is to say about a well formed tree. Linear in the leaves. */
export function treeStatistics(tree: Tree): TreeStatistics {
  const { kind, depth, counts, masks } = tree;
  const leaves = counts[depth]!;
  const innerNodes = masks.length;
  // Every node but the root is a child of an inner node.
  const children = innerNodes === 0 ? 0 : innerNodes + leaves - 1;
  return {
    kind,
    depth,
    nodes: [...counts],
    leaves,
    innerNodes,
    meanChildren: innerNodes === 0 ? 0 : children / innerNodes,
    bytes: treeBytes(tree),
    maskBitsPerLeaf: leaves === 0 ? 0 : 8 * innerNodes / leaves,
    filledShare: leaves / leafPlaces(kind, depth),
    materials: new Set(tree.materials.subarray(levelOffset(tree, depth))).size,
  };
}

/** Leaves of a full tree; all have the same volume. */
function leafPlaces(kind: TreeKind, depth: number): number {
  return kind === "esvo" ? 8 ** depth : 6 * 8 ** (depth - 1);
}
