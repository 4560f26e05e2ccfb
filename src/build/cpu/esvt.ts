import type { Samples, Tree } from "../../tree/mod.ts";
import { BuildScratch } from "./build_scratch.ts";
import { tetsOfCubes } from "./cube_tets.ts";
import { leafAttributes } from "./leaf_attributes.ts";
import type { LeafPlanes } from "./leaf_planes.ts";
import { findFinestNodes, type FinestNodes } from "./tree_masks.ts";
import { treeOfCells } from "./tree_of_cells.ts";
import { visibleSamples } from "./visible_samples.ts";

/**
 * Builds the tetree of one region from the same samples as its octree: samples become voxels as there, voxels the
 * tetrahedra that they overlap, and these a tree by the same steps under their own keys. Integer and independent of order
 * throughout.
 *
 * @param scratch working memory to reuse; by default a fresh one
 * @throws RangeError if `depth` is not 1 to 8, a key is not below 8^depth, or the samples' arrays differ in length
 */
export function buildEsvt(samples: Samples, depth: number, scratch: BuildScratch = new BuildScratch()): Tree {
  const visible = visibleSamples(samples);
  const cubes = findFinestNodes(visible.keys, depth, scratch);
  const voxels = mergedVoxels(visible, cubes, scratch);
  return treeOfCells("esvt", tetsOfCubes(cubes, voxels, depth, scratch), depth, scratch);
}

/** Colour and material of every voxel, in key order. */
function mergedVoxels(samples: Samples, cubes: FinestNodes, scratch: BuildScratch): LeafPlanes {
  if (cubes.ordered) return samples;
  const { colors, materials } = scratch.voxels(cubes.cells);
  const voxels = {
    colors: colors.subarray(0, cubes.cells),
    materials: materials.subarray(0, cubes.cells),
  };
  leafAttributes(samples, cubes, voxels, scratch);
  return voxels;
}
