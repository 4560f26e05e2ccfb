/**
 * The one rounding rule of colours: `floor((sum + floor(count / 2)) / count)`, half rounds up. Exact for sums below 2^33
 * and counts below 2^25, which a region of depth 8 does not reach; integer, so every builder gets the same byte.
 */
export function meanChannel(sum: number, count: number): number {
  return Math.floor((sum + (count >>> 1)) / count);
}
