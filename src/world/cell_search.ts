/**
 * The first index from `from` on whose key is not below `key`, or `end`: gallops, then halves, so that stepping
 * through ascending keys costs O(log of the gap) each. `keys` ascends within [from, end).
 */
export function lowerBound(keys: Uint32Array, key: number, from: number, end: number): number {
  if (from >= end || keys[from]! >= key) return from;
  let low = from;
  let step = 1;
  while (low + step < end && keys[low + step]! < key) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, end);
  // keys[low] is below the key, and keys[high] (if there is one) is not.
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle;
    else high = middle;
  }
  return high;
}
