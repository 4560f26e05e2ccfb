import { popcount8 } from "../popcount.ts";
import type { Tree, TreeKind } from "../tree.ts";

/**
 * A tree as a ray walks it: a word an inner node, so that a step down is one read. Arrays are shared with the tree that it
 * was made of.
 */
export interface PackedTree {
  readonly kind: TreeKind;
  /** Levels below the root; 0 is a region of one cell, in both kinds a cube. */
  readonly depth: number;
  /**
   * Inner nodes in tree order, `mask | child << 8`. `child` is the place of the first child among the inner nodes, and for
   * the parents of leaves its place among the leaves. 24 bits hold either in the deepest tree.
   */
  readonly words: Uint32Array;
  /** RGBA8 of all nodes in tree order: the inner ones, then the leaves. */
  readonly colors: Uint32Array;
  /** Material of all nodes, in the order of `colors`. */
  readonly materials: Uint8Array;
}

/** Prefix sums over the masks of a tree. An empty tree has no word and no colour. Linear in its inner nodes. */
export function packTree(tree: Tree): PackedTree {
  const words = new Uint32Array(tree.masks.length);
  let node = 0;
  let firstOfLevel = 0;
  for (let level = 0; level < tree.depth; level++) {
    const nodes = tree.counts[level]!;
    firstOfLevel += nodes;
    let child = level + 1 < tree.depth ? firstOfLevel : 0;
    for (const end = node + nodes; node < end; node++) {
      const mask = tree.masks[node]!;
      words[node] = mask | (child << 8);
      child += popcount8(mask);
    }
  }
  return { kind: tree.kind, depth: tree.depth, words, colors: tree.colors, materials: tree.materials };
}
