import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/scan_sums.wgsl`, which is for one workgroup. */
export function scanSums(_dispatch: Dispatch, blockSums: Uint32Array): void {
  const carry = new Uint32Array(4);
  for (let i = 0; i < blockSums.length; i++) {
    const own = blockSums[i]!;
    blockSums[i] = carry[i & 3]!;
    carry[i & 3]! += own;
  }
}
