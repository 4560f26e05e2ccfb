import bitsText from "../../../shaders/shared/bits.wgsl" with { type: "text" };
import colorText from "../../../shaders/shared/color.wgsl" with { type: "text" };
import commonestText from "../../../shaders/shared/commonest.wgsl" with { type: "text" };
import cubeTetsText from "../../../shaders/shared/cube_tets.wgsl" with { type: "text" };
import dispatchText from "../../../shaders/shared/dispatch.wgsl" with { type: "text" };
import emitText from "../../../shaders/shared/emit.wgsl" with { type: "text" };
import gridText from "../../../shaders/shared/grid.wgsl" with { type: "text" };
import layoutText from "../../../shaders/shared/layout.wgsl" with { type: "text" };
import mergeVoxelsText from "../../../shaders/shared/merge_voxels.wgsl" with { type: "text" };
import nodeRangeText from "../../../shaders/shared/node_range.wgsl" with { type: "text" };
import regionOfWordText from "../../../shaders/shared/region_of_word.wgsl" with { type: "text" };
import scanWorkgroupText from "../../../shaders/shared/scan_workgroup.wgsl" with { type: "text" };
import sortedText from "../../../shaders/shared/sorted.wgsl" with { type: "text" };
import spanText from "../../../shaders/shared/span.wgsl" with { type: "text" };
import tetText from "../../../shaders/shared/tet.wgsl" with { type: "text" };
import topHeightText from "../../../shaders/shared/top_height.wgsl" with { type: "text" };
import markText from "../../../shaders/build/mark.wgsl" with { type: "text" };
import countWordsText from "../../../shaders/build/count_words.wgsl" with { type: "text" };
import scanBlocksText from "../../../shaders/build/scan_blocks.wgsl" with { type: "text" };
import scanSumsText from "../../../shaders/build/scan_sums.wgsl" with { type: "text" };
import scanAddText from "../../../shaders/build/scan_add.wgsl" with { type: "text" };
import listNodesText from "../../../shaders/build/list_nodes.wgsl" with { type: "text" };
import scatterText from "../../../shaders/build/scatter.wgsl" with { type: "text" };
import countBricksText from "../../../shaders/build/count_bricks.wgsl" with { type: "text" };
import sizeLeavesText from "../../../shaders/build/size_leaves.wgsl" with { type: "text" };
import linkSamplesText from "../../../shaders/build/link_samples.wgsl" with { type: "text" };
import mergeSamplesText from "../../../shaders/build/merge_samples.wgsl" with { type: "text" };
import tetMarkText from "../../../shaders/build/tet_mark.wgsl" with { type: "text" };
import tetScatterText from "../../../shaders/build/tet_scatter.wgsl" with { type: "text" };
import tetLeavesText from "../../../shaders/build/tet_leaves.wgsl" with { type: "text" };
import countTreesText from "../../../shaders/build/count_trees.wgsl" with { type: "text" };
import placeTreesText from "../../../shaders/build/place_trees.wgsl" with { type: "text" };
import brickNodesText from "../../../shaders/build/brick_nodes.wgsl" with { type: "text" };
import upperNodesText from "../../../shaders/build/upper_nodes.wgsl" with { type: "text" };
import { type ShaderFile, ShaderSource, type Stage } from "../../gpu/mod.ts";

const SHARED: ReadonlyMap<string, ShaderFile> = new Map(
  Object.entries({
    bits: bitsText,
    color: colorText,
    commonest: commonestText,
    cube_tets: cubeTetsText,
    dispatch: dispatchText,
    emit: emitText,
    grid: gridText,
    layout: layoutText,
    merge_voxels: mergeVoxelsText,
    node_range: nodeRangeText,
    region_of_word: regionOfWordText,
    scan_workgroup: scanWorkgroupText,
    sorted: sortedText,
    span: spanText,
    tet: tetText,
    top_height: topHeightText,
  }).map(([name, text]) => [name, { path: `shared/${name}.wgsl`, text }]),
);

/** The stages of a build on the GPU, each of `shaders/build/NAME.wgsl`. */
export const BUILD_STAGES = {
  mark: buildStage("mark", markText),
  countWords: buildStage("count_words", countWordsText),
  scanBlocks: buildStage("scan_blocks", scanBlocksText),
  scanSums: buildStage("scan_sums", scanSumsText),
  scanAdd: buildStage("scan_add", scanAddText),
  listNodes: buildStage("list_nodes", listNodesText),
  scatter: buildStage("scatter", scatterText),
  countBricks: buildStage("count_bricks", countBricksText),
  sizeLeaves: buildStage("size_leaves", sizeLeavesText),
  linkSamples: buildStage("link_samples", linkSamplesText),
  mergeSamples: buildStage("merge_samples", mergeSamplesText),
  tetMark: buildStage("tet_mark", tetMarkText),
  tetScatter: buildStage("tet_scatter", tetScatterText),
  tetLeaves: buildStage("tet_leaves", tetLeavesText),
  countTrees: buildStage("count_trees", countTreesText),
  placeTrees: buildStage("place_trees", placeTreesText),
  brickNodes: buildStage("brick_nodes", brickNodesText),
  upperNodes: buildStage("upper_nodes", upperNodesText),
} as const satisfies Readonly<Record<string, Stage>>;

/** Stages that leave colours and materials out. */
export const SHAPE_STAGES = {
  ...BUILD_STAGES,
  brickNodes: {
    ...buildStage("brick_nodes", brickNodesText),
    name: "brick_nodes_shape",
    constants: { HAS_ATTRIBUTES: 0 },
  },
  upperNodes: {
    ...buildStage("upper_nodes", upperNodesText),
    name: "upper_nodes_shape",
    constants: { HAS_ATTRIBUTES: 0 },
  },
} as const;

/** A stage of its file's text and the shared parts that it needs. */
export function buildStage(name: string, text: string): Stage {
  return { name, source: new ShaderSource({ path: `build/${name}.wgsl`, text }, SHARED) };
}
