import { FAULTS } from "../../../../src/build/gpu/grid_words.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_size_tets.wgsl`, which is for one thread. */
export function sortedSizeTets(_dispatch: Dispatch, grid: Uint32Array, cubeTable: Uint32Array): void {
  const own = new Grid(grid);
  const tets = cubeTable[cubeTable.length - 4]!;
  const fits = tets <= own.leafCapacity;
  own.set("leaves", tets);
  own.set("sampleCount", fits ? tets : 0);
  if (!fits) own.set("faults", own.faults | FAULTS.leaves);
}
