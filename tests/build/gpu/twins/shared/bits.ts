/** Twin of `shaders/shared/bits.wgsl`, and the built-in functions of WGSL that go with it. */

/** One bit (the highest) for each byte of a word that is not zero. */
export function occupiedBytes(word: number): number {
  return ((((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word) & 0x80808080) >>> 0;
}

/** The bits below bit `at`, which may be 0 to 31. */
export function bitsBelow(at: number): number {
  return ((1 << at) - 1) >>> 0;
}

export function countOneBits(word: number): number {
  let count = 0;
  for (let bits = word >>> 0; bits !== 0; bits &= bits - 1) count++;
  return count;
}

export function firstTrailingBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Numbers of the bits that are set, the lowest first. */
export function* setBits(word: number): Generator<number> {
  for (let bits = word >>> 0; bits !== 0; bits &= bits - 1) yield firstTrailingBit(bits);
}
