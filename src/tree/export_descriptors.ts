import { FAR_BIT, MAX_NEAR, POINTER_SHIFT, RECORD_WORDS } from "./descriptors.ts";
import { popcount8 } from "./popcount.ts";
import { levelOffset, type Tree } from "./tree.ts";

/** Where the records of one level lie. */
interface LevelLayout {
  /** Records of the level, far ones included. */
  readonly records: number;
  /** For each node of the level above, records of this level before its first child's. */
  readonly before: Uint32Array;
  /** 1 for each node of this level whose pointer is a far one. */
  readonly far: Uint8Array;
}

/**
 * The descriptors of a tree cut `lod` levels above its leaves: levels one after another, in key order, the far records of
 * siblings right behind them. A tree without inner nodes (empty, or cut at its root) has none. Takes time and memory
 * linear in the nodes.
 *
 * @param tree a well formed tree of either kind
 * @throws RangeError if `lod` is not a whole number from 0 to `depth`
 */
export function exportDescriptors(tree: Tree, lod: number = 0): Uint32Array<ArrayBuffer> {
  if (!Number.isInteger(lod) || lod < 0 || lod > tree.depth) {
    throw new RangeError(`Level of detail must be a whole number from 0 to ${tree.depth}, got ${lod}`);
  }
  const inner = tree.depth - lod;
  const layouts = layOut(tree, inner);
  const records = layouts.reduce((sum, layout) => sum + layout.records, 0);
  const words = new Uint32Array(records * RECORD_WORDS);
  let levelStart = 0;
  for (let level = 0; level < inner; level++) {
    writeLevel(words, tree, layouts, level, levelStart);
    levelStart += layouts[level]!.records;
  }
  return words;
}

/**
 * From the finest level up and from the last node to the first, so that everything between a node and its children is
 * laid out before the node's pointer is chosen. That holds for the far records of its siblings, too: a node's children
 * come before those of the next one, so no sibling is further from its own than the next, and far ones come last.
 */
function layOut(tree: Tree, inner: number): LevelLayout[] {
  const layouts: LevelLayout[] = [];
  let below = new Uint32Array(0);
  for (let level = inner - 1; level >= 0; level--) {
    const nodes = tree.counts[level]!;
    const far = new Uint8Array(nodes);
    const above = parentMasks(tree, level);
    const after = new Uint32Array(above.length);
    let records = 0;
    let end = nodes;
    for (let parent = above.length - 1; parent >= 0; parent--) {
      const siblings = popcount8(above[parent]!);
      let farRecords = 0;
      for (let i = 1; level + 1 < inner && i <= siblings; i++) {
        const node = end - i;
        if (i + farRecords + records + below[node]! <= MAX_NEAR) continue;
        far[node] = 1;
        farRecords++;
      }
      records += siblings + farRecords;
      end -= siblings;
      after[parent] = records;
    }
    for (let parent = 0; parent < after.length; parent++) after[parent] = records - after[parent]!;
    layouts.unshift({ records, before: after, far });
    below = after;
  }
  return layouts;
}

/** Masks of the nodes above a level; the root counts as the only child of one node. */
function parentMasks(tree: Tree, level: number): Uint8Array {
  if (level === 0) return new Uint8Array(tree.counts[0]!).fill(1);
  const start = levelOffset(tree, level - 1);
  return tree.masks.subarray(start, start + tree.counts[level - 1]!);
}

function writeLevel(
  words: Uint32Array,
  tree: Tree,
  layouts: readonly LevelLayout[],
  level: number,
  levelStart: number,
): void {
  const { records, before, far } = layouts[level]!;
  const below = layouts[level + 1];
  const masks = tree.masks.subarray(levelOffset(tree, level));
  const above = parentMasks(tree, level);
  let node = 0;
  for (let parent = 0; parent < above.length; parent++) {
    const siblings = popcount8(above[parent]!);
    let at = levelStart + before[parent]!;
    let farAt = at + siblings;
    for (const end = node + siblings; node < end; node++, at++) {
      const mask = masks[node]!;
      if (below === undefined) {
        words[at * RECORD_WORDS] = mask << 8;
        continue;
      }
      const distance = levelStart + records + below.before[node]! - at;
      let pointer = distance;
      if (far[node] === 1) {
        words[farAt * RECORD_WORDS] = distance;
        pointer = farAt++ - at;
      }
      words[at * RECORD_WORDS] = (pointer << POINTER_SHIFT) | (far[node]! * FAR_BIT) | (mask << 8) | mask;
    }
  }
}
