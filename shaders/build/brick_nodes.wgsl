// Emits the nodes of each brick: its leaves, the nodes of heights 1 and 2, and the brick itself (height 3). Masks are the
// bytes of the bitmap; means are taken of the leaves below, never of means. A workgroup has a brick, a thread one byte.
// Needs: dispatch, grid, bits, color, commonest, layout, emit

// Whether colours and materials are wanted, or masks and counts alone.
override HAS_ATTRIBUTES: bool = true;

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> layouts: array<TreeLayout>;
@group(0) @binding(5) var<storage, read_write> output: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> brick_sums: array<BrickSum>;

var<workgroup> words: array<u32, 16>;
var<workgroup> sums: array<vec4<u32>, 64>;
// Leaves of each byte.
var<workgroup> counts: array<u32, 64>;
// Lowest and highest material of each byte.
var<workgroup> ranges: array<vec2<u32>, 64>;
var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> best: atomic<u32>;
var<workgroup> is_mixed: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = linear_workgroup(workgroup, workgroups);
  if (slot >= grid.bricks) {
    return;
  }
  if (local < BRICK_WORDS) {
    words[local] = bricks[slot * BRICK_WORDS + local];
  }
  workgroupBarrier();

  let entry = brick_table[slot];
  let region = brick_region(entry.w);
  let own_word = local >> 2u;
  let shift = 8u * (local & 3u);
  let mask = (words[own_word] >> shift) & 255u;
  var leaf = entry.x + countOneBits(words[own_word] & bits_below(shift));
  var rank_1 = entry.y + countOneBits(occupied_bytes(words[own_word]) & bits_below(shift));
  var rank_2 = entry.z;
  for (var word = 0u; word < own_word; word++) {
    leaf += countOneBits(words[word]);
    rank_1 += countOneBits(occupied_bytes(words[word]));
    if ((word & 1u) == 1u) {
      rank_2 += select(0u, 1u, (words[word - 1u] | words[word]) != 0u);
    }
  }
  let count = countOneBits(mask);
  let leaf_node = layouts[region].starts[0] + leaf;
  let node_1 = layouts[region].starts[1] + rank_1;
  let mask_delta = layouts[region].mask_delta;
  if (mask != 0u) {
    emit_mask(node_1 + mask_delta, mask);
  }

  let pair = own_word >> 1u;
  let is_group = (local & 7u) == 0u && (words[2u * pair] | words[2u * pair + 1u]) != 0u;
  let node_2 = layouts[region].starts[2] + rank_2;
  if (is_group) {
    emit_mask(node_2 + mask_delta, group_mask(words[2u * pair], words[2u * pair + 1u]));
  }
  let node_3 = layouts[region].starts[3] + slot;
  if (local == 0u) {
    var groups = 0u;
    for (var i = 0u; i < 8u; i++) {
      groups |= select(0u, 1u << i, (words[2u * i] | words[2u * i + 1u]) != 0u);
    }
    emit_mask(node_3 + mask_delta, groups);
  }
  if (!HAS_ATTRIBUTES) {
    return;
  }

  var sum = vec4<u32>(0u);
  var lowest = 255u;
  var highest = 0u;
  for (var i = 0u; i < count; i++) {
    let own = leaves[leaf + i];
    emit_color(leaf_node + i, own.x);
    emit_material(leaf_node + i, own.y);
    sum += unpack_color(own.x);
    lowest = min(lowest, own.y);
    highest = max(highest, own.y);
  }
  if (count > 0u) {
    emit_color(node_1, pack_mean(sum, count));
    emit_material(node_1, commonest_between(leaf, leaf + count, lowest, highest));
  }
  sums[local] = sum;
  counts[local] = count;
  ranges[local] = vec2<u32>(lowest, highest);
  workgroupBarrier();

  if (is_group) {
    for (var i = 1u; i < 8u; i++) {
      add_thread(local, local + i);
    }
    emit_color(node_2, pack_mean(sums[local], counts[local]));
    let end = leaf + counts[local];
    emit_material(node_2, commonest_between(leaf, end, ranges[local].x, ranges[local].y));
  }
  workgroupBarrier();
  if (local == 0u) {
    for (var i = 8u; i < 64u; i += 8u) {
      add_thread(0u, i);
    }
    is_mixed = select(0u, 1u, ranges[0].x != ranges[0].y);
    emit_color(node_3, pack_mean(sums[0], counts[0]));
    brick_sums[slot] = BrickSum(sums[0], counts[0], ranges[0].x | (ranges[0].y << 8u), entry.x, 0u);
    if (is_mixed == 0u) {
      emit_material(node_3, ranges[0].x);
    }
  }
  if (workgroupUniformLoad(&is_mixed) == 0u) {
    return;
  }

  for (var i = 0u; i < count; i++) {
    atomicAdd(&histogram[leaves[leaf + i].y], 1u);
  }
  workgroupBarrier();
  for (var material = local; material < 256u; material += 64u) {
    // The lowest of equals has the highest rest.
    atomicMax(&best, (atomicLoad(&histogram[material]) << 8u) | (255u - material));
  }
  workgroupBarrier();
  if (local == 0u) {
    emit_material(node_3, 255u - (atomicLoad(&best) & 255u));
  }
}

fn add_thread(to: u32, from_thread: u32) {
  sums[to] += sums[from_thread];
  counts[to] += counts[from_thread];
  ranges[to] = vec2<u32>(
    min(ranges[to].x, ranges[from_thread].x),
    max(ranges[to].y, ranges[from_thread].y),
  );
}

// Child mask of a node of height 2: which of the eight bytes of its two words are not zero.
fn group_mask(low: u32, high: u32) -> u32 {
  return gather_bytes(occupied_bytes(low)) | (gather_bytes(occupied_bytes(high)) << 4u);
}

fn gather_bytes(tops: u32) -> u32 {
  return ((tops >> 7u) & 1u) | ((tops >> 14u) & 2u) | ((tops >> 21u) & 4u) | ((tops >> 28u) & 8u);
}
