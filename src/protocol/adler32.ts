const MODULUS = 65521;
/** The most bytes whose sums stay below 2^32 without a reduction. */
const BLOCK = 5552;

/** The checksum that ends a zlib stream (RFC 1950 section 8.2), as an unsigned 32-bit number. Linear in the bytes. */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let start = 0; start < bytes.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, bytes.length);
    for (let i = start; i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b * 65536 + a) >>> 0;
}
