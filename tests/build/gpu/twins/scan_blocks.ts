import type { Dispatch } from "./twin.ts";

const BLOCK = 1024;

/** Twin of `shaders/build/scan_blocks.wgsl`. */
export function scanBlocks(dispatch: Dispatch, entries: Uint32Array, blockSums: Uint32Array): void {
  const parts = dispatch.constants.SCANS_W === 1 ? 4 : 3;
  for (let block = 0; block < dispatch.workgroups; block++) {
    const sum = new Uint32Array(4);
    for (let entry = BLOCK * block; entry < BLOCK * (block + 1) && 4 * entry < entries.length; entry++) {
      for (let part = 0; part < parts; part++) {
        const own = entries[4 * entry + part]!;
        entries[4 * entry + part] = sum[part]!;
        sum[part]! += own;
      }
    }
    if (4 * block < blockSums.length) {
      for (let part = 0; part < 4; part++) blockSums[4 * block + part] = sum[part]!;
    }
  }
}
