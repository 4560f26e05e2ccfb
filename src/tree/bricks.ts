import { decodeLevel } from "./decode_level.ts";
import type { Samples, Tree } from "./tree.ts";

/**
 * A brick is a node some levels above the leaves together with all below it: in an octree a cube of 8^3 voxels. What has
 * changed from one version of a region to another is told by bricks. Its key is `leaf key >>> (3 * levels)`.
 */

/** Levels from a brick's node to its leaves, where the tree has as many. */
export const BRICK_LEVELS = 3;

/** Levels from a brick's node to its leaves in a tree of this depth: a tree of depth 3 or less is one brick. */
export function brickLevelsOf(depth: number): number {
  return Math.min(BRICK_LEVELS, depth);
}

/**
 * The keys of the bricks in which two versions of a region differ, ascending: a leaf is there in one alone, or has another
 * colour or material. One merge of both, linear in their leaves.
 *
 * @throws RangeError if the trees are not of one kind and depth
 */
export function changedBricks(a: Tree, b: Tree): Uint32Array {
  if (a.kind !== b.kind || a.depth !== b.depth) {
    throw new RangeError(
      `Trees must be of one kind and depth, got ${a.kind} of ${a.depth} and ${b.kind} of ${b.depth}`,
    );
  }
  const before = decodeLevel(a, 0);
  const after = decodeLevel(b, 0);
  const shift = 3 * brickLevelsOf(a.depth);
  const bricks: number[] = [];
  let i = 0;
  let j = 0;
  while (i < before.keys.length || j < after.keys.length) {
    const left = before.keys[i] ?? Infinity;
    const right = after.keys[j] ?? Infinity;
    if (left !== right || !sameLeaf(before, i, after, j)) {
      const brick = Math.min(left, right) >>> shift;
      if (brick !== bricks[bricks.length - 1]) bricks.push(brick);
    }
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return Uint32Array.from(bricks);
}

/** The keys of several lists in one, ascending and unique: what has changed over several versions. */
export function unionBricks(lists: readonly Uint32Array[]): Uint32Array {
  let total = 0;
  for (const list of lists) total += list.length;
  const all = new Uint32Array(total);
  let filled = 0;
  for (const list of lists) {
    all.set(list, filled);
    filled += list.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < total; i++) {
    if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i]!;
  }
  return all.slice(0, kept);
}

function sameLeaf(a: Samples, i: number, b: Samples, j: number): boolean {
  return a.colors[i] === b.colors[j] && a.materials[i] === b.materials[j];
}
