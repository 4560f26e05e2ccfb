/** Sparse voxel trees: what they are, how they are read, checked and compared. Pure: the same files run in a browser. */
export { checkDepth, emptyTree, levelOffset, MAX_TREE_DEPTH, treeBytes } from "./tree.ts";
export type { Samples, Tree, TreeKind } from "./tree.ts";
export { popcount8, popcountMasks } from "./popcount.ts";
export { meanChannel } from "./mean.ts";
export { keysFromMasks } from "./keys_from_masks.ts";
export { decodeLevel } from "./decode_level.ts";
export { treeProblem } from "./tree_problem.ts";
export { addToHash, emptyHash, formatHash, hashSamples, removeFromHash, sameHash } from "./content_hash.ts";
export type { ContentHash } from "./content_hash.ts";
