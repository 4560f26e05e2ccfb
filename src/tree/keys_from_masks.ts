import { mostChildren, type TreeKind } from "./tree.ts";

/**
 * Expands the masks of the first `levels` levels of a tree to the keys of its nodes at level `levels`: sorted, unique,
 * three bits a level. Linear in the nodes read and written.
 *
 * @param counts nodes a level, at least `levels + 1` entries
 * @param masks child masks of levels 0 to `levels - 1` at least
 * @param kind a tetree's level 0 has no more than six children; keys are made alike
 * @throws RangeError if a mask has no child or one that cannot be, or the masks do not add up to the counts
 */
export function keysFromMasks(
  counts: Uint32Array,
  masks: Uint8Array,
  levels: number,
  kind: TreeKind,
): Uint32Array {
  checkCounts(counts, levels, kind);
  if (levels > 0 && masks.length > 0 && masks[0]! >> mostChildren(kind, 0) !== 0) {
    throw new RangeError(`Cannot expand level 0: mask ${masks[0]} names a tetrahedron above 5`);
  }
  const keys = new Uint32Array(counts[levels]!);
  let offset = 0;
  for (let level = 0; level < levels; level++) {
    const parents = counts[level]!;
    expandLevel(keys, masks.subarray(offset, offset + parents), counts[level + 1]!, level);
    offset += parents;
  }
  return keys;
}

/** Before anything is allocated: counts may come from anywhere. */
function checkCounts(counts: Uint32Array, levels: number, kind: TreeKind): void {
  if (counts.length <= levels) {
    throw new RangeError(
      `Cannot expand ${levels} levels of masks: ${counts.length} counts, ${levels + 1} needed`,
    );
  }
  if (counts[0]! > 1) {
    throw new RangeError(`Cannot expand masks: a tree has at most 1 root, got ${counts[0]}`);
  }
  for (let level = 0; level < levels; level++) {
    const parents = counts[level]!;
    const children = counts[level + 1]!;
    if (children < parents || children > mostChildren(kind, level) * parents) {
      throw new RangeError(`Cannot expand level ${level}: ${parents} nodes cannot have ${children} children`);
    }
  }
}

/**
 * In place from the back: every parent has a child, so a child is never written over a parent not yet read. Where masks
 * hold more children than are counted, the surplus falls off the front, and is found at the end.
 */
function expandLevel(keys: Uint32Array, masks: Uint8Array, children: number, level: number): void {
  let at = children;
  for (let i = masks.length - 1; i >= 0; i--) {
    let mask = masks[i]!;
    if (mask === 0) throw new RangeError(`Cannot expand level ${level}: node ${i} has no child`);
    const base = keys[i]! * 8;
    while (mask !== 0) {
      const slot = 31 - Math.clz32(mask);
      keys[--at] = base + slot;
      mask ^= 1 << slot;
    }
  }
  if (at !== 0) {
    throw new RangeError(
      `Cannot expand level ${level}: masks have ${children - at} children, ${children} are counted`,
    );
  }
}
