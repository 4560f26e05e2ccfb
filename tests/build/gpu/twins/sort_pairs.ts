import { COUNTERS } from "../../../../src/build/gpu/grid_words.ts";
import { Grid } from "./shared/grid.ts";
import { spanAt } from "./shared/span.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sort_pairs.wgsl`. */
export function sortPairs(
  dispatch: Dispatch,
  grid: Uint32Array,
  spans: Uint32Array,
  keys: Uint32Array,
  colors: Uint32Array,
  pairs: Uint32Array,
  counters: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let id = 0; id < dispatch.workgroups && 4 * id < spans.length; id++) {
    const span = spanAt(spans, id);
    const bits = 3 * own.region(span.region).depth;
    for (let sample = span.first; sample < span.first + span.count; sample++) {
      const key = keys[sample]!;
      if (key >>> bits !== 0) counters[COUNTERS.badKeys] = 1;
      if (colors[sample]! >>> 24 === 0) counters[COUNTERS.transparent] = 1;
      pairs[2 * sample] = (span.region << own.keyBits) | (key & (2 ** bits - 1));
      pairs[2 * sample + 1] = sample;
    }
  }
}
