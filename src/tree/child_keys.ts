import { popcountMasks } from "./popcount.ts";

/**
 * The keys one level below nodes of any level, in order: `8 * parent + slot` for each bit of each parent's mask. A mask of
 * 0 adds nothing. Linear in the parents and their children.
 *
 * @param parents keys below 2^29, ascending if the children are to ascend
 * @param masks one a parent
 * @param children how many there must be
 * @throws RangeError if the masks are not one a parent, or name another number of children
 */
export function childKeys(parents: Uint32Array, masks: Uint8Array, children: number): Uint32Array {
  if (masks.length !== parents.length) {
    throw new RangeError(`${parents.length} nodes need as many masks, got ${masks.length}`);
  }
  const named = popcountMasks(masks, 0, masks.length);
  if (named !== children) throw new RangeError(`Masks name ${named} children, ${children} are counted`);
  const keys = new Uint32Array(children);
  let at = 0;
  for (let i = 0; i < parents.length; i++) {
    const base = parents[i]! * 8;
    for (let mask = masks[i]!; mask !== 0; mask &= mask - 1) {
      keys[at++] = base + 31 - Math.clz32(mask & -mask);
    }
  }
  return keys;
}
