// Unpacks the leaves' colours, whose prefix sums give the sum of any range of leaves: sums may wrap, as differences
// come out right (2^24 leaves of 255 stay below 2^32). Entries past the leaves are zero.
// Needs: dispatch, grid, sorted, color

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> color_sums: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let leaf = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (leaf < height_table[sort_blocks()].x) {
    color_sums[leaf] = unpack_color(leaves[leaf].x);
  } else if (leaf <= grid.leaf_capacity) {
    color_sums[leaf] = vec4<u32>(0u);
  }
}
