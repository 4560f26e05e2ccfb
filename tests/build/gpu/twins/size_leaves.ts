import { ARGS, COUNTERS, FAULTS } from "../../../../src/build/gpu/grid_words.ts";
import { writeRows } from "./shared/dispatch.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/size_leaves.wgsl`, which is for one thread. */
export function sizeLeaves(
  _dispatch: Dispatch,
  grid: Uint32Array,
  brickTable: Uint32Array,
  counters: Uint32Array,
  args: Uint32Array,
): void {
  const own = new Grid(grid);
  own.set("uppers", own.heights4 + own.heights5 + counters[COUNTERS.high]!);
  if (own.uppers > own.upperCapacity) own.set("faults", own.faults | FAULTS.uppers);
  const leaves = (own.faults & FAULTS.bricks) === 0 ? brickTable[4 * own.bricks]! : 0;
  own.set("leaves", leaves);
  if (leaves > own.leafCapacity) own.set("faults", own.faults | FAULTS.leaves);
  writeRows(args, ARGS.leafThreads, own.faults === 0 ? Math.ceil(leaves / 256) : 0);
}
