// Counts the nodes of each region a height and lays them out inside the region, the root first. One entry past the end
// of the sizes stays zero and takes the totals.
// Needs: dispatch, grid, layout

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> directory: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> brick_table: array<vec4<u32>>;
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
  let region = grid.regions[index];
  let low = directory[region.directory_base];
  let high = directory[region.directory_base + region.directory_words];
  let low_brick = brick_table[low.x];
  let high_brick = brick_table[high.x];
  var counts: array<u32, 9>;
  counts[0] = high_brick.x - low_brick.x;
  counts[1] = high_brick.y - low_brick.y;
  counts[2] = high_brick.z - low_brick.z;
  counts[3] = high.x - low.x;
  counts[4] = high.y - low.y;
  counts[5] = high.z - low.z;
  for (var height = 6u; height <= region.depth; height++) {
    counts[height] = count_high(region, height);
  }
  var place: TreeLayout;
  var offset = 0u;
  for (var level = 0u; level <= 8u; level++) {
    let height = 8u - level;
    place.starts[height] = offset;
    offset += counts[height];
    headers[index * HEADER_WORDS + height] = counts[height];
  }
  // Ranks up to height 5 count over all regions, so what lies before this one is taken off.
  place.starts[0] -= low_brick.x;
  place.starts[1] -= low_brick.y;
  place.starts[2] -= low_brick.z;
  place.starts[3] -= low.x;
  place.starts[4] -= low.y;
  place.starts[5] -= low.z;
  place.directory_base = region.directory_base;
  layouts[index] = place;
  sizes[index] = vec4<u32>(offset, offset - counts[0], 0u, 0u);
}

fn count_high(region: Region, height: u32) -> u32 {
  let words = 1u << (3u * (height - 4u) - 2u);
  var count = 0u;
  for (var word = 0u; word < region.directory_words; word += words) {
    let first = region.directory_base + word;
    count += select(0u, 1u, directory[first + words].x > directory[first].x);
  }
  return count;
}
