// Colour and material of each leaf tetrahedron: mean colour and commonest material of the voxels that overlap it, at most
// four of its cube. A workgroup has one brick of tetrahedra, a thread one byte of it.
// Needs: dispatch, grid, bits, tet, color, merge_voxels

// The grid of the tetrahedra; its regions are those of the voxels.
@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> tet_bricks: array<u32>;
@group(0) @binding(2) var<storage, read> tet_brick_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> directory: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> bricks: array<u32>;
@group(0) @binding(5) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read_write> tet_leaves: array<vec2<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = linear_workgroup(workgroup, workgroups);
  if (slot >= grid.bricks || grid.faults != 0u) {
    return;
  }
  let entry = tet_brick_table[slot];
  let region = grid.regions[brick_region(entry.w)];
  let own_word = local >> 2u;
  var rank = entry.x;
  for (var word = 0u; word < own_word; word++) {
    rank += countOneBits(tet_bricks[slot * BRICK_WORDS + word]);
  }
  let word = tet_bricks[slot * BRICK_WORDS + own_word];
  let shift = 8u * (local & 3u);
  rank += countOneBits(word & bits_below(shift));
  for (var tets = (word >> shift) & 255u; tets != 0u; tets &= tets - 1u) {
    let key = (brick_key(entry.w) << 9u) | (local << 3u) | firstTrailingBit(tets);
    let tet = tet_of_key(key, region.depth - 1u);
    tet_leaves[rank] = leaf_of(tet, region);
    rank++;
  }
}

fn leaf_of(tet: Tet, region: Region) -> vec2<u32> {
  let brick = tet.cube >> 6u;
  let place = directory[region.directory_base + (brick >> 5u)];
  let slot = place.x + countOneBits(place.w & bits_below(brick & 31u));
  let byte = tet.cube & 63u;
  let own_word = byte >> 2u;
  var first = brick_table[slot].x;
  for (var word = 0u; word < own_word; word++) {
    first += countOneBits(bricks[slot * BRICK_WORDS + word]);
  }
  let word = bricks[slot * BRICK_WORDS + own_word];
  let shift = 8u * (byte & 3u);
  first += countOneBits(word & bits_below(shift));
  return merge_voxels(first, (word >> shift) & 255u, OCTANTS_OF_TYPE[tet.tet_type]);
}
