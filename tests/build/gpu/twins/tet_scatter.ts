import { BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { bitsBelow, countOneBits } from "./shared/bits.ts";
import { brickTets } from "./shared/brick_tets.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/tet_scatter.wgsl`. */
export function tetScatter(
  dispatch: Dispatch,
  grid: Uint32Array,
  brickTable: Uint32Array,
  bricks: Uint32Array,
  tetGrid: Uint32Array,
  tetDirectory: Uint32Array,
  tetBricks: Uint32Array,
): void {
  const own = new Grid(grid);
  if (new Grid(tetGrid).faults !== 0) return;
  for (let slot = 0; slot < dispatch.workgroups && slot < own.bricks; slot++) {
    const { region, keys } = brickTets(own, brickTable, bricks, slot);
    for (const key of keys) {
      const brick = key >>> 9;
      const entry = 4 * (region.directoryBase + (brick >>> 5));
      const tetSlot = tetDirectory[entry]! + countOneBits(tetDirectory[entry + 3]! & bitsBelow(brick & 31));
      tetBricks[BRICK_WORDS * tetSlot + ((key >>> 5) & 15)]! |= 1 << (key & 31);
    }
  }
}
