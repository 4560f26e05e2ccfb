import { addColor } from "./shared/color.ts";
import { Grid } from "./shared/grid.ts";
import { leafCount } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_sums.wgsl`. */
export function sortedSums(
  dispatch: Dispatch,
  grid: Uint32Array,
  heightTable: Uint32Array,
  leaves: Uint32Array,
  colorSums: Uint32Array,
): void {
  const own = new Grid(grid);
  const count = leafCount(own, heightTable);
  for (let leaf = 0; leaf < 256 * dispatch.workgroups && leaf <= own.leafCapacity; leaf++) {
    const channels = new Uint32Array(4);
    if (leaf < count) addColor(channels, leaves[2 * leaf]!);
    for (let channel = 0; channel < 4; channel++) colorSums[4 * leaf + channel] = channels[channel]!;
  }
}
