import { Emitter } from "./shared/emit.ts";
import { Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import { TreeLayout } from "./shared/layout.ts";
import { endLeaf, heightOf } from "./shared/node_range.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_large.wgsl`. */
export function sortedLarge(
  dispatch: Dispatch,
  grid: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  layouts: Uint32Array,
  leaves: Uint32Array,
  largeNodes: Uint32Array,
  output: Uint32Array,
): void {
  const own = new Grid(grid);
  const emit = new Emitter(own, output);
  for (let id = 0; id < dispatch.workgroups && id < largeNodes[0]!; id++) {
    const node = largeNodes[1 + id]!;
    const first = nodes[node]!;
    const layout = new TreeLayout(layouts, leaves[2 * first + 1]! >>> 8);
    const end = endLeaf(own, nodes, node, layout.endLeaf);
    const histogram = new Histogram();
    for (let leaf = first; leaf < end; leaf++) histogram.add(leaves[2 * leaf + 1]! & 255);
    emit.material(layout.start(heightOf(own, heightTable, node)) + node, histogram.commonest());
  }
}
