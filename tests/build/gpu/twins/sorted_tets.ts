import { OCTANTS_OF_TYPE } from "../../../../src/tree/mod.ts";
import { setBits } from "./shared/bits.ts";
import { tetsOfOctants } from "./shared/cube_tets.ts";
import { Grid } from "./shared/grid.ts";
import { mergeVoxels } from "./shared/merge_voxels.ts";
import { tetKey } from "./shared/tet.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_tets.wgsl`. */
export function sortedTets(
  dispatch: Dispatch,
  grid: Uint32Array,
  cubeTable: Uint32Array,
  nodes: Uint32Array,
  pairs: Uint32Array,
  leaves: Uint32Array,
  tetPairs: Uint32Array,
  tetColors: Uint32Array,
  tetMaterials: Uint32Array,
): void {
  const own = new Grid(grid);
  if (own.faults !== 0) return;
  for (let index = 0; index < 256 * dispatch.workgroups && 4 * index < cubeTable.length; index++) {
    const octants = cubeTable[4 * index + 3]!;
    if (octants === 0) continue;
    const first = cubeTable[4 * index + 1]!;
    const code = pairs[2 * nodes[first]!]!;
    const region = code >>> own.keyBits;
    const cube = (code & (2 ** own.keyBits - 1)) >>> 3;
    let tet = cubeTable[4 * index]!;
    for (const tetType of setBits(tetsOfOctants(octants))) {
      tetPairs[2 * tet] = (region << own.keyBits) | tetKey(cube, tetType, own.region(region).depth - 1);
      tetPairs[2 * tet + 1] = tet;
      const { color, material } = mergeVoxels(leaves, first, octants, OCTANTS_OF_TYPE[tetType]!);
      tetColors[tet] = color;
      tetMaterials[tet >>> 2]! |= material << (8 * (tet & 3));
      tet++;
    }
  }
}
