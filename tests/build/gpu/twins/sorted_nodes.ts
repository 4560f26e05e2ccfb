import { packMean } from "./shared/color.ts";
import { Emitter } from "./shared/emit.ts";
import { Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import { TreeLayout } from "./shared/layout.ts";
import { endLeaf, heightOf } from "./shared/node_range.ts";
import type { Dispatch } from "./twin.ts";

const FEW_LEAVES = 64;

/** Twin of `shaders/build/sorted_nodes.wgsl`. Large nodes stand in their own order here. */
export function sortedNodes(
  dispatch: Dispatch,
  grid: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  layouts: Uint32Array,
  leaves: Uint32Array,
  colorSums: Uint32Array,
  output: Uint32Array,
  largeNodes: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  const emit = new Emitter(own, output);
  for (let node = 0; node < 256 * dispatch.workgroups && node < own.nodes; node++) {
    const height = heightOf(own, heightTable, node);
    if (height === 0) {
      const place = new TreeLayout(layouts, leaves[2 * node + 1]! >>> 8).start(0) + node;
      emit.color(place, leaves[2 * node]!);
      emit.material(place, leaves[2 * node + 1]! & 255);
      continue;
    }
    const first = nodes[node]!;
    const layout = new TreeLayout(layouts, leaves[2 * first + 1]! >>> 8);
    const place = layout.start(height) + node;
    const end = endLeaf(own, nodes, node, layout.endLeaf);
    const sums = Uint32Array.from({ length: 4 }, (_, channel) => {
      return colorSums[4 * end + channel]! - colorSums[4 * first + channel]!;
    });
    emit.color(place, packMean(sums, end - first));
    if (end - first > FEW_LEAVES) {
      largeNodes[1 + largeNodes[0]!++] = node;
      continue;
    }
    const histogram = new Histogram();
    for (let leaf = first; leaf < end; leaf++) histogram.add(leaves[2 * leaf + 1]! & 255);
    emit.material(place, histogram.commonest());
  }
}
