import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/scan_add.wgsl`. */
export function scanAdd(dispatch: Dispatch, entries: Uint32Array, blockSums: Uint32Array): void {
  const parts = dispatch.constants.SCANS_W === 1 ? 4 : 3;
  for (let i = 0; i < 256 * dispatch.workgroups && 4 * i < entries.length; i++) {
    for (let part = 0; part < parts; part++) entries[4 * i + part]! += blockSums[4 * (i >>> 10) + part]!;
  }
}
