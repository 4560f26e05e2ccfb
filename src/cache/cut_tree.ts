import { levelOffset, type Tree } from "../tree/mod.ts";

/** Bytes of a node's colour and material. */
const NODE_BYTES = 5;
/** Bytes of one node count. */
const COUNT_BYTES = 4;

/**
 * The tree without its `levels` finest levels, as a tree of its own that shares no memory with it.
 *
 * @throws RangeError if `levels` is not a whole number from 0 to the tree's depth
 */
export function cutTree(tree: Tree, levels: number): Tree {
  if (!Number.isInteger(levels) || levels < 0 || levels > tree.depth) {
    throw new RangeError(`Levels to cut must be a whole number from 0 to ${tree.depth}, got ${levels}`);
  }
  const depth = tree.depth - levels;
  const inner = levelOffset(tree, depth);
  const nodes = inner + tree.counts[depth]!;
  return {
    kind: tree.kind,
    depth,
    counts: tree.counts.slice(0, depth + 1),
    masks: tree.masks.slice(0, inner),
    colors: tree.colors.slice(0, nodes),
    materials: tree.materials.slice(0, nodes),
  };
}

/** Bytes that the tree would take cut by 0 to `depth` levels, in this order. */
export function bytesByCut(tree: Tree): number[] {
  const bytes: number[] = [];
  let above = 0;
  for (let level = 0; level <= tree.depth; level++) {
    const nodes = above + tree.counts[level]!;
    bytes.unshift((level + 1) * COUNT_BYTES + above + nodes * NODE_BYTES);
    above = nodes;
  }
  return bytes;
}
