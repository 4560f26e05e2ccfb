import { COUNTERS } from "../../../../src/build/gpu/grid_words.ts";
import { addColor, packMean } from "./shared/color.ts";
import { Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import type { Dispatch } from "./twin.ts";

const MAX_REPEATS = 128;

/** Twin of `shaders/build/merge_samples.wgsl`. */
export function mergeSamples(
  dispatch: Dispatch,
  grid: Uint32Array,
  colors: Uint32Array,
  materials: Uint32Array,
  heads: Uint32Array,
  links: Uint32Array,
  leaves: Uint32Array,
  counters: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let leaf = 0; leaf < 256 * dispatch.workgroups && leaf < own.leaves; leaf++) {
    const sums = new Uint32Array(4);
    const histogram = new Histogram();
    let count = 0;
    for (let at = heads[leaf]!; at !== 0 && count <= MAX_REPEATS; at = links[at - 1]!) {
      count++;
      addColor(sums, colors[at - 1]!);
      histogram.add((materials[(at - 1) >>> 2]! >>> (8 * ((at - 1) & 3))) & 255);
    }
    if (count > MAX_REPEATS) {
      counters[COUNTERS.repeats] = 1;
      continue;
    }
    leaves[2 * leaf] = packMean(sums, count);
    leaves[2 * leaf + 1] = histogram.commonest();
  }
}
