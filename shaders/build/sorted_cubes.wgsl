// Counts, for each cube of side two voxels, the tetrahedra that its voxels overlap and these voxels, and keeps the
// octants they lie in beside them. Entries past the cubes are zero; the last takes the totals.
// Needs: dispatch, grid, sorted, tet, cube_tets

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> nodes: array<u32>;
@group(0) @binding(4) var<storage, read> further: array<u32>;
@group(0) @binding(5) var<storage, read_write> cube_table: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (index >= arrayLength(&cube_table)) {
    return;
  }
  // Cubes are the nodes of height 1.
  let cube = height_table[sort_blocks()].x + index;
  if (cube >= height_table[2u * sort_blocks()].x) {
    cube_table[index] = vec4<u32>(0u);
    return;
  }
  let code = pairs[nodes[nodes[cube]]].x;
  let octants = ((further[cube >> 2u] >> (8u * (cube & 3u))) & 255u) | (1u << (code & 7u));
  cube_table[index] = vec4<u32>(countOneBits(tets_of_octants(octants)), countOneBits(octants), 0u, octants);
}
