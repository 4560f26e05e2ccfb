const BITS = countBits();

function countBits(): Uint8Array {
  const bits = new Uint8Array(256);
  for (let mask = 1; mask < 256; mask++) bits[mask] = bits[mask >> 1]! + (mask & 1);
  return bits;
}

/** Children in a child mask (its low 8 bits count). */
export function popcount8(mask: number): number {
  return BITS[mask & 255]!;
}

/** Children in the masks `start` to `end - 1`. */
export function popcountMasks(masks: Uint8Array, start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i++) total += BITS[masks[i]!]!;
  return total;
}
