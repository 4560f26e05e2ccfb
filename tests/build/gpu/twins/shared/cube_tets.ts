import { OCTANTS_OF_TYPE } from "../../../../../src/tree/mod.ts";

/** Twin of `shaders/shared/cube_tets.wgsl`: types of the tetrahedra that the voxels in these octants overlap, as bits. */
export function tetsOfOctants(octants: number): number {
  let kinds = 0;
  for (let kind = 0; kind < 6; kind++) {
    if ((octants & OCTANTS_OF_TYPE[kind]!) !== 0) kinds |= 1 << kind;
  }
  return kinds;
}
