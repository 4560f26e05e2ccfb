/**
 * Morton (Z-order) codes of up to 10 bits an axis: bit i of x is bit 3i of the code, of y 3i + 1, of z 3i + 2, so
 * an octree child's slot is x + 2y + 4z. Spreading by shifts and masks as in H. S. Warren, Hacker's Delight, 7-2.
 */

/** The Morton code of three coordinates 0..1023 (higher bits are ignored). */
export function encodeMorton(x: number, y: number, z: number): number {
  return spread(x) | (spread(y) << 1) | (spread(z) << 2);
}

/** The x coordinate of a Morton code of up to 30 bits. */
export function mortonX(code: number): number {
  return gather(code);
}

/** The y coordinate of a Morton code of up to 30 bits. */
export function mortonY(code: number): number {
  return gather(code >>> 1);
}

/** The z coordinate of a Morton code of up to 30 bits. */
export function mortonZ(code: number): number {
  return gather(code >>> 2);
}

function spread(value: number): number {
  let v = value & 0x3ff;
  v = (v | (v << 16)) & 0x030000ff;
  v = (v | (v << 8)) & 0x0300f00f;
  v = (v | (v << 4)) & 0x030c30c3;
  return (v | (v << 2)) & 0x09249249;
}

function gather(code: number): number {
  let v = code & 0x09249249;
  v = (v | (v >>> 2)) & 0x030c30c3;
  v = (v | (v >>> 4)) & 0x0300f00f;
  v = (v | (v >>> 8)) & 0x030000ff;
  return (v | (v >>> 16)) & 0x3ff;
}
