import { BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { countOneBits, occupiedBytes } from "./shared/bits.ts";
import { Grid } from "./shared/grid.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/count_bricks.wgsl`. */
export function countBricks(
  dispatch: Dispatch,
  grid: Uint32Array,
  bricks: Uint32Array,
  brickTable: Uint32Array,
): void {
  const count = new Grid(grid).bricks;
  for (let brick = 0; brick < 256 * dispatch.workgroups && brick <= count; brick++) {
    let leaves = 0;
    let height1 = 0;
    let height2 = 0;
    if (brick === count) brickTable[4 * brick + 3] = 0;
    for (let word = 0; word < BRICK_WORDS && brick < count; word += 2) {
      const low = bricks[BRICK_WORDS * brick + word]!;
      const high = bricks[BRICK_WORDS * brick + word + 1]!;
      leaves += countOneBits(low) + countOneBits(high);
      height1 += countOneBits(occupiedBytes(low)) + countOneBits(occupiedBytes(high));
      height2 += (low | high) !== 0 ? 1 : 0;
    }
    brickTable[4 * brick] = leaves;
    brickTable[4 * brick + 1] = height1;
    brickTable[4 * brick + 2] = height2;
  }
}
