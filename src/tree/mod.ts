/** Sparse voxel trees: what they are, how they are read, checked and compared. Pure: the same files run in a browser. */
export {
  checkDepth,
  emptyTree,
  levelOffset,
  MAX_TREE_DEPTH,
  mostChildren,
  mostNodes,
  TREE_KINDS,
  treeBytes,
} from "./tree.ts";
export type { Samples, Tree, TreeKind } from "./tree.ts";
export { popcount8, popcountMasks } from "./popcount.ts";
export { meanChannel } from "./mean.ts";
export { keysFromMasks } from "./keys_from_masks.ts";
export { childKeys } from "./child_keys.ts";
export { decodeLevel } from "./decode_level.ts";
export { treeProblem } from "./tree_problem.ts";
export { addToHash, emptyHash, formatHash, hashSamples, removeFromHash, sameHash } from "./content_hash.ts";
export type { ContentHash } from "./content_hash.ts";
export { addHash, levelHash } from "./level_hash.ts";
export { BRICK_LEVELS, brickLevelsOf, changedBricks, unionBricks } from "./bricks.ts";
export { type BrickCut, brickCut } from "./brick_cut.ts";
export {
  CHILD_INDEX,
  NEIGHBOUR_FACE,
  NEIGHBOUR_TYPE,
  OCTANT_OF_CHILD,
  OCTANTS_OF_TYPE,
  PARENT_TYPE,
  TET_TYPES,
  TYPE_OF_CHILD,
  TYPES_OF_OCTANTS,
  VERTEX_CORNERS,
} from "./tet_tables.ts";
export { locateTet, MAX_TET_LEVEL, tetKey, tetOfKey, type TetPlace } from "./tet_keys.ts";
export { cellNeighbour, tetNeighbour } from "./neighbours.ts";
export { type TreeStatistics, treeStatistics } from "./statistics.ts";
export { exportDescriptors } from "./export_descriptors.ts";
export { importDescriptors, type TreeShape } from "./import_descriptors.ts";
export { type PackedTree, packTree } from "./trace/packed_tree.ts";
export {
  createScene,
  REGION_FIELD,
  REGION_WORDS,
  type Scene,
  type SceneRegion,
  TOP_HEADER_WORDS,
} from "./trace/scene.ts";
export { MANTISSA_BITS, Ray, WORLD_UNITS } from "./trace/ray.ts";
export { CUBE_TYPE, FACE_NORMALS, Hit, INSIDE_FACE, NO_REGION } from "./trace/hit.ts";
export { traceScene } from "./trace/trace_scene.ts";
