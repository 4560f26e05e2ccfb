import { brickNodes } from "./brick_nodes.ts";
import { countBricks } from "./count_bricks.ts";
import { countTrees } from "./count_trees.ts";
import { countWords } from "./count_words.ts";
import { linkSamples } from "./link_samples.ts";
import { listNodes } from "./list_nodes.ts";
import { mark } from "./mark.ts";
import { mergeSamples } from "./merge_samples.ts";
import { placeTrees } from "./place_trees.ts";
import { scanAdd } from "./scan_add.ts";
import { scanBlocks } from "./scan_blocks.ts";
import { scanSums } from "./scan_sums.ts";
import { scatter } from "./scatter.ts";
import { sizeLeaves } from "./size_leaves.ts";
import { sortPairs } from "./sort_pairs.ts";
import { sortCount } from "./sort_count.ts";
import { sortScatter } from "./sort_scatter.ts";
import { sortedHeights } from "./sorted_heights.ts";
import { sortedList } from "./sorted_list.ts";
import { sortedLeaves } from "./sorted_leaves.ts";
import { sortedSums } from "./sorted_sums.ts";
import { sortedCubes } from "./sorted_cubes.ts";
import { sortedSizeTets } from "./sorted_size_tets.ts";
import { sortedTets } from "./sorted_tets.ts";
import { sortedTrees } from "./sorted_trees.ts";
import { sortedMasks } from "./sorted_masks.ts";
import { sortedNodes } from "./sorted_nodes.ts";
import { sortedSizeLarge } from "./sorted_size_large.ts";
import { sortedLarge } from "./sorted_large.ts";
import { tetLeaves } from "./tet_leaves.ts";
import { tetMark } from "./tet_mark.ts";
import { tetScatter } from "./tet_scatter.ts";
import type { Twin } from "./twin.ts";
import { upperNodes } from "./upper_nodes.ts";

/** The twin of each stage, by the stage's name. */
export const TWINS: ReadonlyMap<string, Twin> = new Map<string, Twin>(Object.entries({
  mark,
  count_words: countWords,
  scan_blocks: scanBlocks,
  scan_sums: scanSums,
  scan_add: scanAdd,
  list_nodes: listNodes,
  scatter,
  count_bricks: countBricks,
  size_leaves: sizeLeaves,
  link_samples: linkSamples,
  merge_samples: mergeSamples,
  tet_mark: tetMark,
  tet_scatter: tetScatter,
  tet_leaves: tetLeaves,
  count_trees: countTrees,
  place_trees: placeTrees,
  brick_nodes: brickNodes,
  brick_nodes_shape: brickNodes,
  upper_nodes: upperNodes,
  upper_nodes_shape: upperNodes,
  scan_blocks_of_four: scanBlocks,
  scan_add_of_four: scanAdd,
  sort_pairs: sortPairs,
  sort_count: sortCount,
  sort_scatter: sortScatter,
  sorted_heights: sortedHeights,
  sorted_list: sortedList,
  sorted_leaves: sortedLeaves,
  sorted_sums: sortedSums,
  sorted_cubes: sortedCubes,
  sorted_size_tets: sortedSizeTets,
  sorted_tets: sortedTets,
  sorted_trees: sortedTrees,
  sorted_masks: sortedMasks,
  sorted_nodes: sortedNodes,
  sorted_size_large: sortedSizeLarge,
  sorted_large: sortedLarge,
}) as [string, Twin][]);
