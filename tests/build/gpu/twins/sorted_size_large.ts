import { writeRows } from "./shared/dispatch.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_size_large.wgsl`, which is for one thread. */
export function sortedSizeLarge(_dispatch: Dispatch, largeNodes: Uint32Array, args: Uint32Array): void {
  writeRows(args, 0, largeNodes[0]!);
}
