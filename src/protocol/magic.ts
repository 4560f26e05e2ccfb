/**
 * The first four bytes of every binary message, read as a u32 little endian. All that there are, so that no two are alike;
 * `README.md` has the same table.
 */
export const MAGICS = {
  /** `RVSE`: a region frame. */
  frame: 0x45535652,
  /** `VXBN`: several frames in one message. */
  bundle: 0x4e425856,
  /** `VXPA`: a part of a message. */
  part: 0x41505856,
  /** `VXKN`: what a client holds, before it registers. */
  known: 0x4e4b5856,
  /** `VXVF`: what a client holds, to be checked. */
  verify: 0x46565856,
  /** `VXGZ`: a compressed message. */
  gzip: 0x5a475856,
  /** `VXPT`: a voxel patch, over HTTP. */
  patch: 0x54505856,
} as const;

/** The magic of a message; undefined if it has not even that. */
export function readMagic(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined;
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}
