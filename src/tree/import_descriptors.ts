import { FAR_BIT, POINTER_SHIFT, RECORD_WORDS } from "./descriptors.ts";
import { popcount8 } from "./popcount.ts";
import { MAX_TREE_DEPTH, mostChildren, type TreeKind } from "./tree.ts";

/** The shape of a tree without colours and materials. */
export interface TreeShape {
  /** Levels of inner nodes: leaves are `depth` levels below the root. 0 if there are no nodes. */
  readonly depth: number;
  /** Nodes of levels 0 to `depth`. */
  readonly counts: Uint32Array;
  /** Child masks of levels 0 to `depth - 1`, breadth first. */
  readonly masks: Uint8Array;
}

/**
 * The shape that an array of descriptors describes, whoever made it: records may lie in any order and with unused ones
 * between them, contours are passed over. No number is trusted; each record is used once at most, so the work is linear
 * in the records whatever they say, and no array is larger than the input.
 *
 * @param maxDepth most levels of inner nodes; 8 unless told
 * @throws RangeError that names the record for a pointer that leads outside, back, or to a record in use; for a record
 * without children, or with masks that contradict each other or the kind; for leaves at different levels (a tree here
 * has them all at one); for a tree deeper than `maxDepth` or more records than such a tree needs
 */
export function importDescriptors(
  words: Uint32Array,
  kind: TreeKind,
  maxDepth: number = MAX_TREE_DEPTH,
): TreeShape {
  checkSize(words, maxDepth);
  if (words.length === 0) return { depth: 0, counts: Uint32Array.of(0), masks: new Uint8Array(0) };
  const used = new Uint8Array(words.length / RECORD_WORDS);
  const masks = new Uint8Array(used.length);
  const counts: number[] = [];
  let level = Uint32Array.of(0);
  let filled = 0;
  use(used, 0, 0);
  for (;;) {
    if (counts.length === maxDepth) throw refused(level[0]!, `it lies below ${maxDepth} levels of nodes`);
    counts.push(level.length);
    const inner = readMasks(words, level, mostChildren(kind, counts.length - 1), masks.subarray(filled));
    const children = countChildren(masks.subarray(filled, filled + level.length));
    filled += level.length;
    if (!inner) {
      counts.push(children);
      return { depth: counts.length - 1, counts: Uint32Array.from(counts), masks: masks.slice(0, filled) };
    }
    if (children > used.length) {
      throw refused(level[0]!, `its level has ${children} children, the array only ${used.length} records`);
    }
    level = readChildren(words, level, children, used);
  }
}

function checkSize(words: Uint32Array, maxDepth: number): void {
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > MAX_TREE_DEPTH) {
    throw new RangeError(
      `Greatest depth must be a whole number from 1 to ${MAX_TREE_DEPTH}, got ${maxDepth}`,
    );
  }
  if (words.length % RECORD_WORDS !== 0) {
    throw new RangeError(`Cannot read descriptors: ${words.length} words are no whole number of records`);
  }
  // A node's and perhaps a far record for each inner node of a full tree.
  const most = 2 * (8 ** maxDepth - 1) / 7;
  const records = words.length / RECORD_WORDS;
  if (records > most) {
    throw new RangeError(
      `Cannot read descriptors: ${records} records, a tree of depth ${maxDepth} has at most ${most}`,
    );
  }
}

/** Writes the child masks of a level and tells whether its children have records: all of them or none. */
function readMasks(words: Uint32Array, level: Uint32Array, most: number, masks: Uint8Array): boolean {
  const inner = (words[level[0]! * RECORD_WORDS]! & 255) !== 0;
  for (let i = 0; i < level.length; i++) {
    const record = level[i]!;
    const word = words[record * RECORD_WORDS]!;
    const valid = (word >>> 8) & 255;
    const nonLeaf = word & 255;
    if (valid === 0) throw refused(record, "it has no child");
    if (valid >> most !== 0) throw refused(record, `child mask ${valid} names a child above ${most - 1}`);
    if ((nonLeaf & ~valid) !== 0) {
      throw refused(record, `mask ${nonLeaf} of children with records has some that mask ${valid} lacks`);
    }
    if (nonLeaf !== (inner ? valid : 0)) {
      throw refused(record, "not all leaves would lie at one level, as the leaves of a tree here do");
    }
    masks[i] = valid;
  }
  return inner;
}

/** The records of the next level, in the order of its keys. */
function readChildren(
  words: Uint32Array,
  level: Uint32Array,
  children: number,
  used: Uint8Array,
): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(children);
  let at = 0;
  for (const record of level) {
    const word = words[record * RECORD_WORDS]!;
    let distance = word >>> POINTER_SHIFT;
    if ((word & FAR_BIT) !== 0) {
      use(used, record + distance, record);
      distance = words[(record + distance) * RECORD_WORDS]! | 0;
    }
    const end = record + distance + popcount8(word);
    for (let child = record + distance; child < end; child++) {
      use(used, child, record);
      next[at++] = child;
    }
  }
  return next;
}

/** Marks a record that `from` leads to, so that none is reached twice: no cycles, no shared children. */
function use(used: Uint8Array, record: number, from: number): void {
  if (record < 0 || record >= used.length) {
    throw refused(from, `it points to record ${record}, there are ${used.length}`);
  }
  if (used[record] === 1) throw refused(from, `it points to record ${record}, which is in use`);
  used[record] = 1;
}

function countChildren(masks: Uint8Array): number {
  let children = 0;
  for (const mask of masks) children += popcount8(mask);
  return children;
}

function refused(record: number, reason: string): RangeError {
  return new RangeError(`Cannot read descriptor ${record}: ${reason}`);
}
