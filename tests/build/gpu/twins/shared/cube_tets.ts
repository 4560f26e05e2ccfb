import { OCTANTS_OF_TYPE } from "../../../../../src/tree/mod.ts";

/** Twin of `shaders/shared/cube_tets.wgsl`: types of the tetrahedra that the voxels in these octants overlap, as bits. */
export function tetsOfOctants(octants: number): number {
  let tetTypes = 0;
  for (let tetType = 0; tetType < 6; tetType++) {
    if ((octants & OCTANTS_OF_TYPE[tetType]!) !== 0) tetTypes |= 1 << tetType;
  }
  return tetTypes;
}
