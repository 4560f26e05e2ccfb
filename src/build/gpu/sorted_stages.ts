import scanBlocksText from "../../../shaders/build/scan_blocks.wgsl" with { type: "text" };
import scanAddText from "../../../shaders/build/scan_add.wgsl" with { type: "text" };
import sortPairsText from "../../../shaders/build/sort_pairs.wgsl" with { type: "text" };
import sortCountText from "../../../shaders/build/sort_count.wgsl" with { type: "text" };
import sortScatterText from "../../../shaders/build/sort_scatter.wgsl" with { type: "text" };
import heightsText from "../../../shaders/build/sorted_heights.wgsl" with { type: "text" };
import listText from "../../../shaders/build/sorted_list.wgsl" with { type: "text" };
import leavesText from "../../../shaders/build/sorted_leaves.wgsl" with { type: "text" };
import sumsText from "../../../shaders/build/sorted_sums.wgsl" with { type: "text" };
import cubesText from "../../../shaders/build/sorted_cubes.wgsl" with { type: "text" };
import sizeTetsText from "../../../shaders/build/sorted_size_tets.wgsl" with { type: "text" };
import tetsText from "../../../shaders/build/sorted_tets.wgsl" with { type: "text" };
import treesText from "../../../shaders/build/sorted_trees.wgsl" with { type: "text" };
import masksText from "../../../shaders/build/sorted_masks.wgsl" with { type: "text" };
import nodesText from "../../../shaders/build/sorted_nodes.wgsl" with { type: "text" };
import sizeLargeText from "../../../shaders/build/sorted_size_large.wgsl" with { type: "text" };
import largeText from "../../../shaders/build/sorted_large.wgsl" with { type: "text" };
import type { Stage } from "../../gpu/mod.ts";
import { BUILD_STAGES, buildStage } from "./stages.ts";

/** The stages of a build by sorting: its own, and those that it shares with the build by bitmaps. */
export const SORTED_STAGES = {
  scanBlocks: BUILD_STAGES.scanBlocks,
  scanSums: BUILD_STAGES.scanSums,
  scanAdd: BUILD_STAGES.scanAdd,
  placeTrees: BUILD_STAGES.placeTrees,
  scanBlocksOfFour: scanOfFour("scan_blocks", scanBlocksText),
  scanAddOfFour: scanOfFour("scan_add", scanAddText),
  sortPairs: buildStage("sort_pairs", sortPairsText),
  sortCount: buildStage("sort_count", sortCountText),
  sortScatter: buildStage("sort_scatter", sortScatterText),
  heights: buildStage("sorted_heights", heightsText),
  list: buildStage("sorted_list", listText),
  leaves: buildStage("sorted_leaves", leavesText),
  sums: buildStage("sorted_sums", sumsText),
  cubes: buildStage("sorted_cubes", cubesText),
  sizeTets: buildStage("sorted_size_tets", sizeTetsText),
  tets: buildStage("sorted_tets", tetsText),
  trees: buildStage("sorted_trees", treesText),
  masks: buildStage("sorted_masks", masksText),
  nodes: buildStage("sorted_nodes", nodesText),
  sizeLarge: buildStage("sorted_size_large", sizeLargeText),
  large: buildStage("sorted_large", largeText),
} as const satisfies Readonly<Record<string, Stage>>;

/** A scan of all four parts of its entries. */
function scanOfFour(name: string, text: string): Stage {
  return { ...buildStage(name, text), name: `${name}_of_four`, constants: { SCANS_W: 1 } };
}
