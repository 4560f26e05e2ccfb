// Colour and material of each leaf: those of its sample, or the mean colour and commonest material (the lowest of
// equals) of several. A leaf of very many samples is left to the host.
// Needs: dispatch, grid, sorted, color

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> nodes: array<u32>;
@group(0) @binding(4) var<storage, read> colors: array<u32>;
// Four materials a word.
@group(0) @binding(5) var<storage, read> materials: array<u32>;
// x colour, y region << 8 | material.
@group(0) @binding(6) var<storage, read_write> leaves: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read_write> counters: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let leaf = linear_workgroup(workgroup, workgroups) * 256u + local;
  let leaf_count = height_table[sort_blocks()].x;
  if (leaf >= leaf_count) {
    return;
  }
  let first = nodes[leaf];
  var end = grid.sample_count;
  if (leaf + 1u < leaf_count) {
    end = nodes[leaf + 1u];
  }
  if (end - first > MAX_REPEATS) {
    atomicStore(&counters[COUNTER_REPEATS], 1u);
    return;
  }
  let region = pairs[first].x >> grid.key_bits;
  var merged = vec2<u32>(colors[pairs[first].y], material_of(first));
  if (end - first > 1u) {
    merged = merge_range(first, end);
  }
  leaves[leaf] = vec2<u32>(merged.x, (region << 8u) | merged.y);
}

// Mean colour and commonest material.
fn merge_range(first: u32, end: u32) -> vec2<u32> {
  var sums = vec4<u32>(0u);
  // How often each material was seen so far, two a word.
  var counts: array<u32, 128>;
  var best = 0u;
  var best_count = 0u;
  for (var pair = first; pair < end; pair++) {
    sums += unpack_color(colors[pairs[pair].y]);
    let material = material_of(pair);
    let shift = 16u * (material & 1u);
    counts[material >> 1u] += 1u << shift;
    let count = (counts[material >> 1u] >> shift) & 0xffffu;
    if (count > best_count || (count == best_count && material < best)) {
      best = material;
      best_count = count;
    }
  }
  return vec2<u32>(pack_mean(sums, end - first), best);
}

fn material_of(pair: u32) -> u32 {
  let sample = pairs[pair].y;
  return (materials[sample >> 2u] >> (8u * (sample & 3u))) & 255u;
}
