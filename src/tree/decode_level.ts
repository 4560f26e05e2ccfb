import { keysFromMasks } from "./keys_from_masks.ts";
import { levelOffset, type Samples, type Tree } from "./tree.ts";

/**
 * The nodes of a tree of either kind at a level of detail: 0 is the leaves, `depth` the region as a whole. Keys are sorted
 * and unique, three bits a level of the cut tree. Colours and materials are views into the tree, not copies.
 *
 * @throws RangeError if `lod` is not a whole number from 0 to `depth`, or if the tree's masks and counts disagree
 */
export function decodeLevel(tree: Tree, lod: number): Samples {
  if (!Number.isInteger(lod) || lod < 0 || lod > tree.depth) {
    throw new RangeError(`Level of detail must be a whole number from 0 to ${tree.depth}, got ${lod}`);
  }
  const level = tree.depth - lod;
  const start = levelOffset(tree, level);
  const end = start + tree.counts[level]!;
  return {
    keys: keysFromMasks(tree.counts, tree.masks, level, tree.kind),
    colors: tree.colors.subarray(start, end),
    materials: tree.materials.subarray(start, end),
  };
}
