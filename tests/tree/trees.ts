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
