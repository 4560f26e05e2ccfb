import type { Tree } from "../../src/tree/mod.ts";

/** Depth 2, voxels in cells 0o02 (red) and 0o75 (half-transparent blue), written by hand. */
export function twoVoxelTree(): Tree {
  return {
    kind: "esvo",
    depth: 2,
    counts: Uint32Array.of(1, 2, 2),
    masks: Uint8Array.of(0b1000_0001, 0b0000_0100, 0b0010_0000),
    colors: Uint32Array.of(0xc0800080, 0xff0000ff, 0x80ff0000, 0xff0000ff, 0x80ff0000),
    materials: Uint8Array.of(3, 3, 7, 3, 7),
  };
}

/** Depth 2, leaves 1 (type 0) and 7 (type 0) of root 0 and 0 (type 5) of root 5, written by hand. */
export function threeTetTree(): Tree {
  return {
    kind: "esvt",
    depth: 2,
    counts: Uint32Array.of(1, 2, 3),
    masks: Uint8Array.of(0b10_0001, 0b1000_0010, 0b0000_0001),
    colors: Uint32Array.of(0xff555555, 0xff800080, 0xff00ff00, 0xff0000ff, 0xffff0000, 0xff00ff00),
    materials: Uint8Array.of(2, 2, 7, 2, 4, 7),
  };
}
