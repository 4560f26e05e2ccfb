// Types of the tetrahedra of a cube that the voxels in these octants overlap, as a bit mask.
fn tets_of_octants(octants: u32) -> u32 {
  var kinds = 0u;
  for (var kind = 0u; kind < 6u; kind++) {
    if ((octants & OCTANTS_OF_TYPE[kind]) != 0u) {
      kinds |= 1u << kind;
    }
  }
  return kinds;
}
