// Counts the nodes of each region a height and lays them out inside the region, the root first. One entry past the end
// of the sizes stays zero and takes the totals.
// Needs: dispatch, grid, layout, sorted

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> region_firsts: array<u32>;
@group(0) @binding(3) var<storage, read_write> layouts: array<TreeLayout>;
// x nodes, y inner nodes.
@group(0) @binding(4) var<storage, read_write> sizes: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> headers: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_workgroup(workgroup, workgroups) * 64u + local;
  if (index > grid.region_count) {
    return;
  }
  if (index == grid.region_count || grid.faults != 0u) {
    sizes[index] = vec4<u32>(0u);
    return;
  }
  var place: TreeLayout;
  var offset = 0u;
  var leaves = 0u;
  var end = 0u;
  for (var level = 0u; level < HEIGHTS; level++) {
    let height = HEIGHTS - 1u - level;
    let first = region_firsts[index * HEIGHTS + height];
    // Behind the last region's nodes of a height lie those of the next height.
    end = height_table[(height + 1u) * sort_blocks()].x;
    if (index + 1u < grid.region_count) {
      end = region_firsts[(index + 1u) * HEIGHTS + height];
    }
    leaves = end - first;
    place.starts[height] = offset - first;
    offset += leaves;
    headers[index * HEADER_WORDS + height] = leaves;
  }
  // Leaves come last, and are numbered from 0 on.
  place.end_leaf = end;
  layouts[index] = place;
  sizes[index] = vec4<u32>(offset, offset - leaves, 0u, 0u);
}
