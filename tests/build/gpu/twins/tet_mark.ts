import { brickTets } from "./shared/brick_tets.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/tet_mark.wgsl`. */
export function tetMark(
  dispatch: Dispatch,
  grid: Uint32Array,
  brickTable: Uint32Array,
  bricks: Uint32Array,
  tetMarked: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let slot = 0; slot < dispatch.workgroups && slot < own.bricks; slot++) {
    const { region, keys } = brickTets(own, brickTable, bricks, slot);
    for (const key of keys) tetMarked[region.directoryBase + (key >>> 14)]! |= 1 << ((key >>> 9) & 31);
  }
}
