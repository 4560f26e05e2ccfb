// Colour and material of each leaf: those of its sample, or the mean colour and commonest material (the lowest of equals)
// of several. A leaf of very many samples is left to the host.
// Needs: dispatch, grid, color

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> colors: array<u32>;
// Four materials a word.
@group(0) @binding(2) var<storage, read> materials: array<u32>;
@group(0) @binding(3) var<storage, read> heads: array<u32>;
@group(0) @binding(4) var<storage, read> links: array<u32>;
// x colour, y material.
@group(0) @binding(5) var<storage, read_write> leaves: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> counters: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let leaf = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (leaf >= grid.leaves) {
    return;
  }
  let head = heads[leaf];
  if (links[head - 1u] == 0u) {
    leaves[leaf] = vec2<u32>(colors[head - 1u], material_of(head - 1u));
    return;
  }
  var sums = vec4<u32>(0u);
  var count = 0u;
  var lowest = 255u;
  var highest = 0u;
  for (var at = head; at != 0u; at = links[at - 1u]) {
    count++;
    if (count > MAX_REPEATS) {
      atomicStore(&counters[COUNTER_REPEATS], 1u);
      return;
    }
    sums += unpack_color(colors[at - 1u]);
    let material = material_of(at - 1u);
    lowest = min(lowest, material);
    highest = max(highest, material);
  }
  leaves[leaf] = vec2<u32>(pack_mean(sums, count), commonest(head, lowest, highest));
}

fn material_of(sample: u32) -> u32 {
  return (materials[sample >> 2u] >> (8u * (sample & 3u))) & 255u;
}

// Goes over the samples once for each material among them, in ascending order.
fn commonest(head: u32, lowest: u32, highest: u32) -> u32 {
  var best = lowest;
  var best_count = 0u;
  var material = lowest;
  loop {
    var next = highest;
    var count = 0u;
    for (var at = head; at != 0u; at = links[at - 1u]) {
      let own = material_of(at - 1u);
      if (own == material) {
        count++;
      } else if (own > material) {
        next = min(next, own);
      }
    }
    if (count > best_count) {
      best = material;
      best_count = count;
    }
    if (material == highest) {
      break;
    }
    material = next;
  }
  return best;
}
