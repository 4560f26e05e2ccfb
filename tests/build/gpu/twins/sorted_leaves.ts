import { COUNTERS } from "../../../../src/build/gpu/grid_words.ts";
import { addColor, packMean } from "./shared/color.ts";
import { Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import { leafCount } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

const MAX_REPEATS = 128;

/** Twin of `shaders/build/sorted_leaves.wgsl`. */
export function sortedLeaves(
  dispatch: Dispatch,
  grid: Uint32Array,
  pairs: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  colors: Uint32Array,
  materials: Uint32Array,
  leaves: Uint32Array,
  counters: Uint32Array,
): void {
  const own = new Grid(grid);
  const count = leafCount(own, heightTable);
  for (let leaf = 0; leaf < 256 * dispatch.workgroups && leaf < count; leaf++) {
    const first = nodes[leaf]!;
    const end = leaf + 1 < count ? nodes[leaf + 1]! : own.sampleCount;
    if (end - first > MAX_REPEATS) {
      counters[COUNTERS.repeats] = 1;
      continue;
    }
    const sums = new Uint32Array(4);
    const histogram = new Histogram();
    for (let pair = first; pair < end; pair++) {
      const sample = pairs[2 * pair + 1]!;
      addColor(sums, colors[sample]!);
      histogram.add((materials[sample >>> 2]! >>> (8 * (sample & 3))) & 255);
    }
    leaves[2 * leaf] = packMean(sums, end - first);
    leaves[2 * leaf + 1] = ((pairs[2 * first]! >>> own.keyBits) << 8) | histogram.commonest();
  }
}
