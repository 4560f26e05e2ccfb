// Sets the bits of the overlapped tetrahedra in the bitmaps of their bricks. Workgroups and threads as in `tet_mark`.
// Needs: dispatch, grid, bits, tet, cube_tets

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bricks: array<u32>;
@group(0) @binding(3) var<storage, read> tet_grid: Grid;
@group(0) @binding(4) var<storage, read> tet_directory: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> tet_bricks: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = linear_workgroup(workgroup, workgroups);
  if (slot >= grid.bricks || tet_grid.faults != 0u) {
    return;
  }
  let info = brick_table[slot].w;
  let region = grid.regions[brick_region(info)];
  let cube = (brick_key(info) << 6u) | local;
  let octants = (bricks[slot * BRICK_WORDS + (local >> 2u)] >> (8u * (local & 3u))) & 255u;
  for (var tet_types = tets_of_octants(octants); tet_types != 0u; tet_types &= tet_types - 1u) {
    let key = tet_key(cube, firstTrailingBit(tet_types), region.depth - 1u);
    let brick = key >> 9u;
    let entry = tet_directory[region.directory_base + (brick >> 5u)];
    let tet_slot = entry.x + countOneBits(entry.w & bits_below(brick & 31u));
    atomicOr(&tet_bricks[tet_slot * BRICK_WORDS + ((key >> 5u) & 15u)], 1u << (key & 31u));
  }
}
