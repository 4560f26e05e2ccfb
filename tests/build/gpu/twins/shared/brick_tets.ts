import { BRICK_WORDS } from "../../../../../src/build/gpu/grid_words.ts";
import { setBits } from "./bits.ts";
import { tetsOfOctants } from "./cube_tets.ts";
import { brickKey, brickRegion, type Grid, type Region } from "./grid.ts";
import { tetKey } from "./tet.ts";

/** Keys of the tetrahedra that the voxels of a brick overlap: what the threads of `tet_mark` and `tet_scatter` go over. */
export function brickTets(
  grid: Grid,
  brickTable: Uint32Array,
  bricks: Uint32Array,
  slot: number,
): { region: Region; keys: number[] } {
  const info = brickTable[4 * slot + 3]!;
  const region = grid.region(brickRegion(info));
  const keys: number[] = [];
  for (let local = 0; local < 64; local++) {
    const cube = (brickKey(info) << 6) | local;
    const octants = (bricks[BRICK_WORDS * slot + (local >>> 2)]! >>> (8 * (local & 3))) & 255;
    for (const tetType of setBits(tetsOfOctants(octants))) keys.push(tetKey(cube, tetType, region.depth - 1));
  }
  return { region, keys };
}
