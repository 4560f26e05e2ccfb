import { countOneBits } from "./shared/bits.ts";
import { tetsOfOctants } from "./shared/cube_tets.ts";
import { Grid } from "./shared/grid.ts";
import { leafCount, sortBlocks } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_cubes.wgsl`. */
export function sortedCubes(
  dispatch: Dispatch,
  grid: Uint32Array,
  pairs: Uint32Array,
  heightTable: Uint32Array,
  nodes: Uint32Array,
  further: Uint32Array,
  cubeTable: Uint32Array,
): void {
  const own = new Grid(grid);
  const firstCube = leafCount(own, heightTable);
  const endCube = heightTable[4 * 2 * sortBlocks(own)]!;
  for (let index = 0; index < 256 * dispatch.workgroups && 4 * index < cubeTable.length; index++) {
    const cube = firstCube + index;
    let octants = 0;
    if (cube < endCube) {
      const code = pairs[2 * nodes[nodes[cube]!]!]!;
      octants = ((further[cube >>> 2]! >>> (8 * (cube & 3))) & 255) | (1 << (code & 7));
    }
    cubeTable[4 * index] = countOneBits(tetsOfOctants(octants));
    cubeTable[4 * index + 1] = countOneBits(octants);
    cubeTable[4 * index + 2] = 0;
    cubeTable[4 * index + 3] = octants;
  }
}
