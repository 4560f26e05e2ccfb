// Makes a pair of code and sample of each tetrahedron that some voxel overlaps, with mean colour and commonest material
// (the lowest of equals) of the voxels that overlap it, at most four of its cube. A thread has a cube.
// Needs: dispatch, grid, bits, tet, cube_tets, color, merge_voxels

// The grid of the tetrahedra; its regions are those of the voxels.
@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> cube_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> tet_pairs: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> tet_colors: array<u32>;
// Bytes that several threads put into one word, which is zero before.
@group(0) @binding(7) var<storage, read_write> tet_materials: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (index >= arrayLength(&cube_table) || grid.faults != 0u) {
    return;
  }
  let entry = cube_table[index];
  if (entry.w == 0u) {
    return;
  }
  let code = pairs[nodes[entry.y]].x;
  let region = code >> grid.key_bits;
  let cube = (code & ((1u << grid.key_bits) - 1u)) >> 3u;
  var tet = entry.x;
  for (var tet_types = tets_of_octants(entry.w); tet_types != 0u; tet_types &= tet_types - 1u) {
    let tet_type = firstTrailingBit(tet_types);
    let key = tet_key(cube, tet_type, grid.regions[region].depth - 1u);
    tet_pairs[tet] = vec2<u32>((region << grid.key_bits) | key, tet);
    let merged = merge_voxels(entry.y, entry.w, OCTANTS_OF_TYPE[tet_type]);
    tet_colors[tet] = merged.x;
    if (merged.y != 0u) {
      atomicOr(&tet_materials[tet >> 2u], merged.y << (8u * (tet & 3u)));
    }
    tet++;
  }
}
