import {
  ARGS,
  FAULTS,
  HEADER_FIRST_MASK,
  HEADER_FIRST_NODE,
  HEADER_WORDS,
} from "../../../../src/build/gpu/grid_words.ts";
import { writeRows } from "./shared/dispatch.ts";
import { Grid } from "./shared/grid.ts";
import { TreeLayout } from "./shared/layout.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/place_trees.wgsl`. */
export function placeTrees(
  dispatch: Dispatch,
  grid: Uint32Array,
  sizes: Uint32Array,
  layouts: Uint32Array,
  headers: Uint32Array,
  args: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let index = 0; index < 64 * dispatch.workgroups; index++) {
    if (index === 0) sizeOutput(own, sizes, args);
    if (index >= own.regionCount) return;
    const firstNode = sizes[4 * index]!;
    const firstMask = sizes[4 * index + 1]!;
    const place = new TreeLayout(layouts, index);
    for (let height = 0; height <= 8; height++) place.setStart(height, place.start(height) + firstNode);
    place.maskDelta = firstMask - firstNode;
    headers[HEADER_WORDS * index + HEADER_FIRST_NODE] = firstNode;
    headers[HEADER_WORDS * index + HEADER_FIRST_MASK] = firstMask;
  }
}

function sizeOutput(grid: Grid, sizes: Uint32Array, args: Uint32Array): void {
  const nodes = sizes[4 * grid.regionCount]!;
  const inner = sizes[4 * grid.regionCount + 1]!;
  grid.set("nodes", nodes);
  grid.set("inner", inner);
  if (nodes > grid.nodeCapacity || inner > grid.maskCapacity) grid.set("faults", grid.faults | FAULTS.nodes);
  writeRows(args, ARGS.emitBricks, grid.faults === 0 ? grid.bricks : 0);
  writeRows(args, ARGS.emitUppers, grid.faults === 0 ? grid.uppers : 0);
}
