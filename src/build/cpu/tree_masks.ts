import { checkDepth, popcount8 } from "../../tree/mod.ts";
import { keyProblem } from "../job_problem.ts";
import type { BuildScratch } from "./build_scratch.ts";

/** The nodes whose children are the cells of a tree, in key order; views into the scratch, gone with the next build. */
export interface FinestNodes {
  /** Whether the cells' keys came sorted and unique, so that sample i is leaf i. */
  readonly ordered: boolean;
  readonly parentKeys: Uint32Array;
  /** Which children each of them has. */
  readonly parentMasks: Uint8Array;
  /** How many different cells there are. */
  readonly cells: number;
}

/** The shape of a tree of either kind. */
export interface TreeMasks {
  readonly depth: number;
  /** Nodes at level 0 to `depth`. */
  readonly counts: Uint32Array;
  /** Child masks of levels 0 to `depth - 1`, breadth first. */
  readonly masks: Uint8Array;
}

/** Words of the bitmap for one brick of 8^3 cells. */
const BRICK_WORDS = 16;

/**
 * Finds the nodes of level `depth - 1` from the keys of their cells, in any order and with repeats: a bit a key in a bitmap
 * whose bytes are the masks, read back in key order. Keys that come sorted and unique need no bitmap. No comparison sort:
 * linear in the keys, plus 8^(depth - 3) bytes looked at.
 *
 * @throws RangeError if `depth` is not 1 to 8 or a key is not below 8^depth
 */
export function findFinestNodes(keys: Uint32Array, depth: number, scratch: BuildScratch): FinestNodes {
  checkDepth(depth);
  scratch.reserveNodes(keys.length, depth);
  let parents = parentsOfOrdered(keys, depth, scratch);
  const ordered = parents >= 0;
  if (!ordered) {
    markKeys(keys, depth, scratch);
    parents = collectMarked(keys.length, depth, scratch);
  }
  return {
    ordered,
    parentKeys: scratch.parentKeys.subarray(0, parents),
    parentMasks: scratch.masks.subarray(0, parents),
    cells: cellsOf(scratch.masks, parents),
  };
}

/**
 * Writes parent keys and their masks (forward, at the start of `masks`) of sorted unique keys.
 *
 * @returns how many parents, or -1 if the keys are not sorted and unique
 */
function parentsOfOrdered(keys: Uint32Array, depth: number, scratch: BuildScratch): number {
  const { parentKeys, masks } = scratch;
  let previous = -1;
  let parent = -1;
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key <= previous) return -1;
    previous = key;
    if (key >>> 3 !== parent) {
      parent = key >>> 3;
      parentKeys[count] = parent;
      masks[count++] = 1 << (key & 7);
    } else {
      masks[count - 1]! |= 1 << (key & 7);
    }
  }
  if (previous >= 8 ** depth) throw keyProblem(keys, depth)!;
  return count;
}

function markKeys(keys: Uint32Array, depth: number, scratch: BuildScratch): void {
  scratch.reserveBitmap(depth);
  const { bitmap, touched } = scratch;
  let union = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    union |= key;
    bitmap[key >>> 3]! |= 1 << (key & 7);
    touched[key >>> 9] = 1;
  }
  if (union >>> (3 * depth) !== 0) {
    bitmap.fill(0);
    touched.fill(0);
    throw keyProblem(keys, depth)!;
  }
}

/** Reads the bitmap back as parent keys and masks (forward, at the start of `masks`), and clears it on the way. */
function collectMarked(samples: number, depth: number, scratch: BuildScratch): number {
  const { bitmapWords, touched, parentKeys, masks } = scratch;
  const bricks = samples === 0 ? 0 : Math.max(1, 8 ** (depth - 3));
  let count = 0;
  for (let brick = 0; brick < bricks; brick++) {
    if (touched[brick] === 0) continue;
    touched[brick] = 0;
    const first = brick * BRICK_WORDS;
    for (let w = first; w < first + BRICK_WORDS; w++) {
      let word = bitmapWords[w]!;
      if (word === 0) continue;
      bitmapWords[w] = 0;
      for (let parent = 4 * w; word !== 0; parent++, word >>>= 8) {
        if ((word & 255) === 0) continue;
        parentKeys[count] = parent;
        masks[count++] = word & 255;
      }
    }
  }
  return count;
}

/**
 * Adds the levels above the finest inner one as runs of equal parents, from the end of the scratch to its front, and cuts
 * the result out; the parents' masks move meanwhile.
 */
export function addUpperLevels(finest: FinestNodes, depth: number, scratch: BuildScratch): TreeMasks {
  const { upperKeys, masks } = scratch;
  const parents = finest.parentKeys.length;
  const counts = new Uint32Array(depth + 1);
  counts[depth - 1] = parents;
  counts[depth] = finest.cells;
  let at = masks.length - parents;
  masks.copyWithin(at, 0, parents);
  let keys = finest.parentKeys;
  let first = 0;
  let end = parents;
  for (let level = depth - 2; level >= 0; level--) {
    let write = upperKeys.length;
    const before = at;
    let parent = -1;
    for (let i = end - 1; i >= first; i--) {
      const key = keys[i]!;
      if (key >>> 3 !== parent) {
        parent = key >>> 3;
        upperKeys[--write] = parent;
        masks[--at] = 1 << (key & 7);
      } else {
        masks[at]! |= 1 << (key & 7);
      }
    }
    counts[level] = before - at;
    keys = upperKeys;
    first = write;
    end = upperKeys.length;
  }
  return { depth, counts, masks: masks.slice(at) };
}

function cellsOf(masks: Uint8Array, nodes: number): number {
  let cells = 0;
  for (let i = 0; i < nodes; i++) cells += popcount8(masks[i]!);
  return cells;
}
