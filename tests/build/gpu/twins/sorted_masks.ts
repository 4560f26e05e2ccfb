import { Emitter } from "./shared/emit.ts";
import { Grid } from "./shared/grid.ts";
import { TreeLayout } from "./shared/layout.ts";
import { heightOf } from "./shared/node_range.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_masks.wgsl`. */
export function sortedMasks(
  dispatch: Dispatch,
  grid: Uint32Array,
  pairs: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  further: Uint32Array,
  layouts: Uint32Array,
  output: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  const emit = new Emitter(own, output);
  for (let node = 0; node < 256 * dispatch.workgroups && node < own.nodes; node++) {
    const height = heightOf(own, heightTable, node);
    if (height === 0) continue;
    const code = pairs[2 * nodes[nodes[node]!]!]!;
    const place = new TreeLayout(layouts, code >>> own.keyBits);
    const firstChild = 1 << ((code >>> (3 * (height - 1))) & 7);
    const mask = ((further[node >>> 2]! >>> (8 * (node & 3))) & 255) | firstChild;
    emit.mask(place.start(height) + node + place.maskDelta, mask);
  }
}
