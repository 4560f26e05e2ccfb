import { COUNTERS } from "../../../../src/build/gpu/grid_words.ts";
import { Grid } from "./shared/grid.ts";
import { spanAt } from "./shared/span.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/mark.wgsl`. */
export function mark(
  dispatch: Dispatch,
  grid: Uint32Array,
  spans: Uint32Array,
  keys: Uint32Array,
  colors: Uint32Array,
  bricksMarked: Uint32Array,
  counters: Uint32Array,
): void {
  for (let id = 0; id < dispatch.workgroups && 4 * id < spans.length; id++) {
    const span = spanAt(spans, id);
    const region = new Grid(grid).region(span.region);
    for (let i = 0; i < span.count; i++) {
      const key = keys[span.first + i]!;
      if (key >>> (3 * region.depth) !== 0) {
        counters[COUNTERS.badKeys] = 1;
      } else if (colors[span.first + i]! >>> 24 === 0) {
        counters[COUNTERS.transparent] = 1;
      } else {
        const brick = key >>> 9;
        bricksMarked[region.directoryBase + (brick >>> 5)]! |= 1 << (brick & 31);
      }
    }
  }
}
