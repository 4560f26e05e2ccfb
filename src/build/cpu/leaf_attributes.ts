import { meanChannel, popcount8, type Samples } from "../../tree/mod.ts";
import type { BuildScratch } from "./build_scratch.ts";
import type { LeafPlanes } from "./leaf_planes.ts";
import type { FinestNodes } from "./tree_masks.ts";

/**
 * Writes colour and material of every leaf: the sample's own, or over several samples of one cell the mean colour and the
 * commonest material (the lowest of equals).
 */
export function leafAttributes(
  samples: Samples,
  finest: FinestNodes,
  out: LeafPlanes,
  scratch: BuildScratch,
): void {
  if (finest.ordered) {
    out.colors.set(samples.colors);
    out.materials.set(samples.materials);
    return;
  }
  rankParents(finest, scratch);
  if (samples.keys.length === out.colors.length) scatterUnique(samples, out, scratch);
  else mergeRepeated(samples, out, scratch);
}

/** Tabulates for each parent key where its leaves begin, and its mask: all that finding a leaf needs. */
function rankParents({ parentKeys, parentMasks }: FinestNodes, scratch: BuildScratch): void {
  const { ranks } = scratch;
  let leaf = 0;
  for (let i = 0; i < parentKeys.length; i++) {
    const mask = parentMasks[i]!;
    ranks[parentKeys[i]!] = (leaf << 8) | mask;
    leaf += popcount8(mask);
  }
}

/** Index of a cell's leaf: those of the parents before, and of the siblings in lower slots. */
function leafOf(key: number, ranks: Uint32Array): number {
  const rank = ranks[key >>> 3]!;
  return (rank >>> 8) + popcount8(rank & ((1 << (key & 7)) - 1));
}

function scatterUnique(
  { keys, colors, materials }: Samples,
  out: LeafPlanes,
  scratch: BuildScratch,
): void {
  const { ranks } = scratch;
  for (let i = 0; i < keys.length; i++) {
    const leaf = leafOf(keys[i]!, ranks);
    out.colors[leaf] = colors[i]!;
    out.materials[leaf] = materials[i]!;
  }
}

/** Groups the samples by leaf with a counting sort, so that sums stay in registers and are exact for any number. */
function mergeRepeated(samples: Samples, out: LeafPlanes, scratch: BuildScratch): void {
  const { keys } = samples;
  const { ranks } = scratch;
  const leaves = out.colors.length;
  const groups = scratch.groups(leaves + 1 + keys.length);
  const ends = groups.subarray(0, leaves + 1).fill(0);
  const order = groups.subarray(leaves + 1, leaves + 1 + keys.length);
  for (let i = 0; i < keys.length; i++) ends[leafOf(keys[i]!, ranks) + 1]!++;
  for (let leaf = 1; leaf <= leaves; leaf++) ends[leaf]! += ends[leaf - 1]!;
  for (let i = 0; i < keys.length; i++) order[ends[leafOf(keys[i]!, ranks)]!++] = i;
  let start = 0;
  for (let leaf = 0; leaf < leaves; leaf++) {
    const end = ends[leaf]!;
    mergeGroup(samples, order, start, end, leaf, out, scratch.histogram);
    start = end;
  }
}

function mergeGroup(
  { colors, materials }: Samples,
  order: Uint32Array,
  start: number,
  end: number,
  leaf: number,
  out: LeafPlanes,
  histogram: Uint32Array,
): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  let alpha = 0;
  let best = 0;
  let bestCount = 0;
  for (let i = start; i < end; i++) {
    const sample = order[i]!;
    const color = colors[sample]!;
    red += color & 255;
    green += (color >>> 8) & 255;
    blue += (color >>> 16) & 255;
    alpha += color >>> 24;
    const material = materials[sample]!;
    const count = ++histogram[material]!;
    if (count > bestCount || (count === bestCount && material < best)) {
      best = material;
      bestCount = count;
    }
  }
  const count = end - start;
  out.colors[leaf] = packMean(red, green, blue, alpha, count);
  out.materials[leaf] = best;
  for (let i = start; i < end; i++) histogram[materials[order[i]!]!] = 0;
}

/** RGBA8 of four channel sums over `count` values. */
export function packMean(red: number, green: number, blue: number, alpha: number, count: number): number {
  return meanChannel(red, count) | (meanChannel(green, count) << 8) | (meanChannel(blue, count) << 16) |
    (meanChannel(alpha, count) << 24);
}
