// Lists the bricks in key order (region and key of each), and the nodes above them in any order: their place in the
// output comes from their key. Also says whether the bricks fit, and how many workgroups go over them.
// Needs: dispatch, grid, bits, region_of_word

@group(0) @binding(0) var<storage, read_write> grid: Grid;
@group(0) @binding(1) var<storage, read> directory: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> brick_table: array<vec4<u32>>;
// x region, y height << 16 | key.
@group(0) @binding(3) var<storage, read_write> uppers: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> counters: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> args: array<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let word = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (word == 0u) {
    size_bricks();
  }
  if (word >= grid.directory_words) {
    return;
  }
  let entry = directory[word];
  let totals = directory[grid.directory_words];
  let index = region_of_word(word);
  let region = grid.regions[index];
  let first_brick = (word - region.directory_base) * 32u;
  var slot = entry.x;
  for (var bits = entry.w; bits != 0u; bits &= bits - 1u) {
    if (slot < grid.brick_capacity) {
      brick_table[slot].w = (index << 15u) | (first_brick + firstTrailingBit(bits));
    }
    slot++;
  }
  let local_word = word - region.directory_base;
  if (region.depth >= 4u) {
    var at = entry.y;
    for (var bytes = occupied_bytes(entry.w); bytes != 0u; bytes &= bytes - 1u) {
      list_upper(at, index, 4u, local_word * 4u + (firstTrailingBit(bytes) >> 3u));
      at++;
    }
  }
  if (region.depth >= 5u && directory[word + 1u].z > entry.z) {
    list_upper(totals.y + entry.z, index, 5u, local_word / 2u);
  }
  for (var height = 6u; height <= region.depth; height++) {
    let words = 1u << (3u * (height - 4u) - 2u);
    if ((local_word & (words - 1u)) == 0u && directory[word + words].x > entry.x) {
      let at = totals.y + totals.z + atomicAdd(&counters[COUNTER_HIGH], 1u);
      list_upper(at, index, height, local_word / words);
    }
  }
}

fn list_upper(at: u32, region: u32, height: u32, key: u32) {
  if (at < grid.upper_capacity) {
    uppers[at] = vec2<u32>(region, (height << 16u) | key);
  }
}

fn size_bricks() {
  let totals = directory[grid.directory_words];
  grid.bricks = totals.x;
  grid.heights_4 = totals.y;
  grid.heights_5 = totals.z;
  var bricks = totals.x;
  if (bricks > grid.brick_capacity) {
    grid.faults |= FAULT_BRICKS;
    bricks = 0u;
  }
  let threads = select(0u, (bricks + 256u) / 256u, grid.faults == 0u);
  write_args(ARGS_BRICK_THREADS, threads);
  write_args(ARGS_BRICKS, select(0u, bricks, grid.faults == 0u));
}

fn write_args(at: u32, workgroups: u32) {
  let rows = rows_for(workgroups);
  args[at] = rows.x;
  args[at + 1u] = rows.y;
  args[at + 2u] = rows.z;
}
