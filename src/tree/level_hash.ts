import { type ContentHash, hashSamples } from "./content_hash.ts";
import { decodeLevel } from "./decode_level.ts";
import type { Tree } from "./tree.ts";

/**
 * The hash of the nodes of a tree at a level of detail: what a reader of a frame of that LOD can compute, too. Of an
 * octree at LOD 0 it is the region's own; a tetree's leaves are tetrahedra, so theirs is another than that of the voxels.
 * Both lanes are 0 for an empty tree. Linear in the nodes.
 *
 * @throws RangeError if `lod` is not a level of the tree
 */
export function levelHash(tree: Tree, lod: number): ContentHash {
  return hashSamples(decodeLevel(tree, lod));
}

/** Adds one hash to a sum of many, lane by lane modulo 2^32; the order of the additions does not matter. */
export function addHash(sum: ContentHash, hash: ContentHash): void {
  sum.lo = (sum.lo + hash.lo) >>> 0;
  sum.hi = (sum.hi + hash.hi) >>> 0;
}
