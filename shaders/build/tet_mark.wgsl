// Marks, in the directory of the tetrahedra, the bricks of 8^3 keys that hold a tetrahedron which some voxel overlaps.
// A workgroup has one brick of voxels, a thread one cube of side two voxels.
// Needs: dispatch, grid, tet, cube_tets

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bricks: array<u32>;
@group(0) @binding(3) var<storage, read_write> tet_marked: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = linear_workgroup(workgroup, workgroups);
  if (slot >= grid.bricks) {
    return;
  }
  let info = brick_table[slot].w;
  let region = grid.regions[brick_region(info)];
  let cube = (brick_key(info) << 6u) | local;
  let octants = (bricks[slot * BRICK_WORDS + (local >> 2u)] >> (8u * (local & 3u))) & 255u;
  for (var tet_types = tets_of_octants(octants); tet_types != 0u; tet_types &= tet_types - 1u) {
    let key = tet_key(cube, firstTrailingBit(tet_types), region.depth - 1u);
    let word = region.directory_base + (key >> 14u);
    let bit = 1u << ((key >> 9u) & 31u);
    if ((atomicLoad(&tet_marked[word]) & bit) == 0u) {
      atomicOr(&tet_marked[word], bit);
    }
  }
}
