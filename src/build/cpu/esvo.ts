import type { Samples, Tree } from "../../tree/mod.ts";
import { BuildScratch } from "./build_scratch.ts";
import { treeOfCells } from "./tree_of_cells.ts";
import { visibleSamples } from "./visible_samples.ts";

/**
 * Builds the octree of one region: masks and counts, then colours and materials at every level. Integer and independent of
 * order throughout: permuting or repeating whole sets of samples changes no byte. Samples of alpha 0 are no voxels.
 *
 * @param scratch working memory to reuse; by default a fresh one
 * @throws RangeError if `depth` is not 1 to 8, a key is not below 8^depth, or the samples' arrays differ in length
 */
export function buildEsvo(samples: Samples, depth: number, scratch: BuildScratch = new BuildScratch()): Tree {
  return treeOfCells("esvo", visibleSamples(samples), depth, scratch);
}
