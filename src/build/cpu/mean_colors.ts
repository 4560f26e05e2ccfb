import { popcount8 } from "../../tree/mod.ts";
import type { BuildScratch } from "./build_scratch.ts";
import type { TreeMasks } from "./tree_masks.ts";
import { packMean } from "./leaf_attributes.ts";

/** Two 8-bit channels in the low byte of each half of a word: eight leaves sum up without a carry between them. */
export const TWO_CHANNELS = 0x00ff00ff;

/** 65536 / count, rounded up; 0 stands for no count. */
const RECIPROCALS = Uint32Array.from({ length: 9 }, (_, count) => count === 0 ? 0 : Math.ceil(65536 / count));

/**
 * Fills in the colours of all inner nodes from the leaves' at the end of `colors`. Every mean is taken of the leaves below,
 * never of means: exact u32 sums go up (8^8 leaves of 255 fit), the rounding does not.
 *
 * @param colors one entry a node, level by level; the leaves are filled in
 */
export function meanColors(shape: TreeMasks, colors: Uint32Array, scratch: BuildScratch): void {
  const { depth, counts, masks } = shape;
  const parents = counts[depth - 1]!;
  scratch.reserveParents(parents);
  const { sums } = scratch;
  let masksEnd = masks.length;
  sumLeaves(masks.subarray(masksEnd - parents), colors, masksEnd - parents, masksEnd, sums);
  masksEnd -= parents;
  for (let level = depth - 2; level >= 0; level--) {
    const nodes = counts[level]!;
    sumNodes(masks.subarray(masksEnd - nodes, masksEnd), colors, masksEnd - nodes, sums);
    masksEnd -= nodes;
  }
}

/** The finest inner level, at most eight leaves a node. */
function sumLeaves(
  masks: Uint8Array,
  colors: Uint32Array,
  first: number,
  leaf: number,
  sums: Uint32Array,
): void {
  for (let node = 0; node < masks.length; node++) {
    const at = 5 * node;
    const count = popcount8(masks[node]!);
    let redBlue = 0;
    let greenAlpha = 0;
    for (const end = leaf + count; leaf < end; leaf++) {
      const color = colors[leaf]!;
      redBlue += color & TWO_CHANNELS;
      greenAlpha += (color >>> 8) & TWO_CHANNELS;
    }
    sums[at] = redBlue & 0xffff;
    sums[at + 1] = greenAlpha & 0xffff;
    sums[at + 2] = redBlue >>> 16;
    sums[at + 3] = greenAlpha >>> 16;
    sums[at + 4] = count;
    colors[first + node] = packSmallMean(redBlue, greenAlpha, count);
  }
}

/**
 * As `packMean` of the four sums, without a division: over at most eight leaves a sum is below 2^11, where rounding
 * 65536 / count up errs by less than a 32nd, too little to reach the next whole number.
 */
export function packSmallMean(redBlue: number, greenAlpha: number, count: number): number {
  const half = count >>> 1;
  const factor = RECIPROCALS[count]!;
  const red = Math.imul((redBlue & 0xffff) + half, factor) >>> 16;
  const green = Math.imul((greenAlpha & 0xffff) + half, factor) >>> 16;
  const blue = Math.imul((redBlue >>> 16) + half, factor) >>> 16;
  const alpha = Math.imul((greenAlpha >>> 16) + half, factor) >>> 16;
  return red | (green << 8) | (blue << 16) | (alpha << 24);
}

/** A level further up; a node's sums take the place of those of a child already read. */
function sumNodes(masks: Uint8Array, colors: Uint32Array, first: number, sums: Uint32Array): void {
  let child = 0;
  for (let node = 0; node < masks.length; node++) {
    const at = 5 * node;
    let red = 0;
    let green = 0;
    let blue = 0;
    let alpha = 0;
    let count = 0;
    for (const end = child + 5 * popcount8(masks[node]!); child < end; child += 5) {
      red += sums[child]!;
      green += sums[child + 1]!;
      blue += sums[child + 2]!;
      alpha += sums[child + 3]!;
      count += sums[child + 4]!;
    }
    sums[at] = red;
    sums[at + 1] = green;
    sums[at + 2] = blue;
    sums[at + 3] = alpha;
    sums[at + 4] = count;
    colors[first + node] = packMean(red, green, blue, alpha, count);
  }
}
