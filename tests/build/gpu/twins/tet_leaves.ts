import { BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { OCTANTS_OF_TYPE } from "../../../../src/tree/mod.ts";
import { bitsBelow, countOneBits, setBits } from "./shared/bits.ts";
import { brickKey, brickRegion, Grid } from "./shared/grid.ts";
import { mergeVoxels } from "./shared/merge_voxels.ts";
import { tetOfKey } from "./shared/tet.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/tet_leaves.wgsl`. */
export function tetLeaves(
  dispatch: Dispatch,
  grid: Uint32Array,
  tetBricks: Uint32Array,
  tetBrickTable: Uint32Array,
  directory: Uint32Array,
  bricks: Uint32Array,
  brickTable: Uint32Array,
  leaves: Uint32Array,
  tetLeaves: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  for (let slot = 0; slot < dispatch.workgroups && slot < own.bricks; slot++) {
    const info = tetBrickTable[4 * slot + 3]!;
    const region = own.region(brickRegion(info));
    let rank = tetBrickTable[4 * slot]!;
    for (let word = 0; word < BRICK_WORDS; word++) {
      for (const bit of setBits(tetBricks[BRICK_WORDS * slot + word]!)) {
        const { cube, tetType } = tetOfKey((brickKey(info) << 9) | (word << 5) | bit, region.depth - 1);
        const brick = cube >>> 6;
        const place = 4 * (region.directoryBase + (brick >>> 5));
        const voxelSlot = directory[place]! + countOneBits(directory[place + 3]! & bitsBelow(brick & 31));
        const { first, octants } = cubeVoxels(bricks, brickTable, voxelSlot, cube & 63);
        const { color, material } = mergeVoxels(leaves, first, octants, OCTANTS_OF_TYPE[tetType]!);
        tetLeaves[2 * rank] = color;
        tetLeaves[2 * rank + 1] = material;
        rank++;
      }
    }
  }
}

/** The first leaf among the voxels of a cube of side two, and the octants that they fill. */
function cubeVoxels(
  bricks: Uint32Array,
  brickTable: Uint32Array,
  slot: number,
  byte: number,
): { first: number; octants: number } {
  let first = brickTable[4 * slot]!;
  for (let word = 0; word < byte >>> 2; word++) first += countOneBits(bricks[BRICK_WORDS * slot + word]!);
  const word = bricks[BRICK_WORDS * slot + (byte >>> 2)]!;
  const shift = 8 * (byte & 3);
  return { first: first + countOneBits(word & bitsBelow(shift)), octants: (word >>> shift) & 255 };
}
