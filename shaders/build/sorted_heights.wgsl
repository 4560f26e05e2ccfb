// Counts, for each block of sorted pairs, the nodes of each height that begin in it. Counts lie height after height, so
// that their prefix sums number the nodes. The entry past the end stays zero and takes the total.
// Needs: dispatch, grid, sorted, top_height

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> height_table: array<vec4<u32>>;

// Pairs by the highest node that begins with them.
var<workgroup> tops: array<atomic<u32>, 9>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = linear_workgroup(workgroup, workgroups);
  let blocks = sort_blocks();
  let pair = block * SORT_BLOCK + local;
  if (pair < grid.sample_count) {
    let top = top_height(pair);
    if (top != NO_NODE) {
      atomicAdd(&tops[top], 1u);
    }
  }
  workgroupBarrier();
  if (block >= blocks || local > HEIGHTS) {
    return;
  }
  var count = 0u;
  for (var top = local; top < HEIGHTS; top++) {
    count += atomicLoad(&tops[top]);
  }
  if (local < HEIGHTS) {
    height_table[local * blocks + block] = vec4<u32>(count, 0u, 0u, 0u);
  } else if (block == 0u) {
    height_table[HEIGHTS * blocks] = vec4<u32>(0u);
  }
}
