import { brickLevelsOf } from "./bricks.ts";
import { keysFromMasks } from "./keys_from_masks.ts";
import { popcountMasks } from "./popcount.ts";
import { levelOffset, type Tree } from "./tree.ts";

/** What a tree holds in some of its bricks. */
export interface BrickCut {
  /** Entry 0 the bricks asked for; entry i the nodes i levels below them; the last one the leaves. */
  readonly counts: Uint32Array;
  /** Child masks of all but the leaves, level after level; a brick without leaves has 0. */
  readonly masks: Uint8Array;
  /** RGBA8 of the leaves, in the order of their keys. */
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}

/**
 * Cuts bricks out of a tree of either kind. Linear in the nodes above the leaves and in the leaves cut out.
 *
 * @param bricks keys of the bricks, ascending; those that the tree does not have come out empty
 * @throws RangeError if the tree is empty or the keys do not ascend
 */
export function brickCut(tree: Tree, bricks: Uint32Array): BrickCut {
  if (tree.counts[0] === 0) throw new RangeError("An empty tree has no bricks");
  const below = brickLevelsOf(tree.depth);
  const top = tree.depth - below;
  const ranges = findBricks(keysFromMasks(tree.counts, tree.masks, top, tree.kind), bricks);
  const counts = new Uint32Array(below + 1);
  const rows: Uint8Array[] = [];
  for (let level = top; level < tree.depth; level++) {
    const start = levelOffset(tree, level);
    const row = copyRanges(tree.masks.subarray(start, start + tree.counts[level]!), ranges, Uint8Array);
    rows.push(row);
    counts[level - top] = row.length;
    descend(tree.masks, start, ranges);
  }
  // Above, bricks that are not there were nodes of no width; in the cut each has a mask of its own.
  rows[0] = spread(rows[0]!, ranges);
  counts[0] = bricks.length;
  const leaves = levelOffset(tree, tree.depth);
  const colors = copyRanges(tree.colors.subarray(leaves), ranges, Uint32Array);
  counts[below] = colors.length;
  return {
    counts,
    masks: concat(rows),
    colors,
    materials: copyRanges(tree.materials.subarray(leaves), ranges, Uint8Array),
  };
}

/** Runs of nodes of one level, one a brick: from `starts[i]` to before `ends[i]`, ascending and apart. */
interface Ranges {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1 for each brick that the tree has. */
  readonly found: Uint8Array;
}

function findBricks(nodes: Uint32Array, bricks: Uint32Array): Ranges {
  const starts = new Uint32Array(bricks.length);
  const ends = new Uint32Array(bricks.length);
  const found = new Uint8Array(bricks.length);
  let at = 0;
  for (let i = 0; i < bricks.length; i++) {
    const brick = bricks[i]!;
    if (i > 0 && brick <= bricks[i - 1]!) {
      throw new RangeError(`Keys of bricks must ascend, got ${brick} after ${bricks[i - 1]}`);
    }
    while (at < nodes.length && nodes[at]! < brick) at++;
    starts[i] = at;
    if (nodes[at] === brick) found[i] = 1;
    ends[i] = at + found[i]!;
  }
  return { starts, ends, found };
}

/** Makes runs of nodes the runs of their children. */
function descend(masks: Uint8Array, start: number, { starts, ends }: Ranges): void {
  let node = 0;
  let children = 0;
  for (let i = 0; i < starts.length; i++) {
    children += popcountMasks(masks, start + node, start + starts[i]!);
    node = ends[i]!;
    const own = popcountMasks(masks, start + starts[i]!, start + node);
    starts[i] = children;
    children += own;
    ends[i] = children;
  }
}

function copyRanges<T extends Uint8Array | Uint32Array>(
  row: T,
  { starts, ends }: Ranges,
  Row: new (length: number) => T,
): T {
  let total = 0;
  for (let i = 0; i < starts.length; i++) total += ends[i]! - starts[i]!;
  const copy = new Row(total);
  let filled = 0;
  for (let i = 0; i < starts.length; i++) {
    copy.set(row.subarray(starts[i], ends[i]), filled);
    filled += ends[i]! - starts[i]!;
  }
  return copy;
}

function spread(masks: Uint8Array, { found }: Ranges): Uint8Array {
  let next = 0;
  return Uint8Array.from(found, (is) => is === 1 ? masks[next++]! : 0);
}

function concat(rows: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(rows.reduce((sum, row) => sum + row.length, 0));
  let filled = 0;
  for (const row of rows) {
    all.set(row, filled);
    filled += row.length;
  }
  return all;
}
