// Types of the tetrahedra of a cube that the voxels in these octants overlap, as a bit mask.
fn tets_of_octants(octants: u32) -> u32 {
  var tet_types = 0u;
  for (var tet_type = 0u; tet_type < 6u; tet_type++) {
    if ((octants & OCTANTS_OF_TYPE[tet_type]) != 0u) {
      tet_types |= 1u << tet_type;
    }
  }
  return tet_types;
}
