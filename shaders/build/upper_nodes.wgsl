// Emits the nodes above the bricks, each straight from the sums of all bricks below it. A workgroup has a node.
// Needs: dispatch, grid, bits, color, layout, emit

// Whether colours and materials are wanted, or masks and counts alone.
override HAS_ATTRIBUTES: bool = true;

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> uppers: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> directory: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> brick_sums: array<BrickSum>;
@group(0) @binding(4) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> layouts: array<TreeLayout>;
@group(0) @binding(6) var<storage, read_write> output: array<atomic<u32>>;

var<workgroup> mask: atomic<u32>;
var<workgroup> rank: atomic<u32>;
var<workgroup> sums: array<atomic<u32>, 4>;
var<workgroup> count: atomic<u32>;
var<workgroup> lowest: atomic<u32>;
var<workgroup> highest: atomic<u32>;
var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> best: atomic<u32>;
var<workgroup> is_mixed: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let id = linear_workgroup(workgroup, workgroups);
  if (id >= grid.uppers) {
    return;
  }
  if (local == 0u) {
    atomicStore(&lowest, 255u);
  }
  workgroupBarrier();

  let upper = uppers[id];
  let height = upper.y >> 16u;
  let key = upper.y & 0xffffu;
  let base = layouts[upper.x].directory_base;
  // Bits of the directory that lie below the node, and below each of its children.
  let width = 1u << (3u * (height - 3u));
  let child_width = width >> 3u;
  let first = bricks_before(base, key * width);
  let end = bricks_before(base, (key + 1u) * width);
  if (local < 8u) {
    let child = key * width + local * child_width;
    if (bricks_before(base, child + child_width) > bricks_before(base, child)) {
      atomicOr(&mask, 1u << local);
    }
  }
  if (height == 4u && local == 0u) {
    let entry = directory[base + (key >> 2u)];
    atomicStore(&rank, entry.y + countOneBits(occupied_bytes(entry.w) & bits_below(8u * (key & 3u))));
  } else if (height == 5u && local == 0u) {
    atomicStore(&rank, directory[base + 2u * key].z);
  } else if (height >= 6u && local < key) {
    // Few enough (64 at most, and only 63 before the last) to be looked at one by one.
    if (bricks_before(base, (local + 1u) * width) > bricks_before(base, local * width)) {
      atomicAdd(&rank, 1u);
    }
  }
  var own_lowest = 255u;
  var own_highest = 0u;
  if (HAS_ATTRIBUTES) {
    var own_sums = vec4<u32>(0u);
    var own_count = 0u;
    for (var brick = first + local; brick < end; brick += 64u) {
      let sum = brick_sums[brick];
      own_sums += sum.channels;
      own_count += sum.leaves;
      own_lowest = min(own_lowest, sum.materials & 255u);
      own_highest = max(own_highest, sum.materials >> 8u);
    }
    if (own_count > 0u) {
      for (var channel = 0u; channel < 4u; channel++) {
        atomicAdd(&sums[channel], own_sums[channel]);
      }
      atomicAdd(&count, own_count);
      atomicMin(&lowest, own_lowest);
      atomicMax(&highest, own_highest);
    }
  }
  workgroupBarrier();

  let node = layouts[upper.x].starts[height] + atomicLoad(&rank);
  if (local == 0u) {
    emit_mask(node + layouts[upper.x].mask_delta, atomicLoad(&mask));
    is_mixed = 0u;
    if (HAS_ATTRIBUTES) {
      let channels = vec4<u32>(
        atomicLoad(&sums[0]),
        atomicLoad(&sums[1]),
        atomicLoad(&sums[2]),
        atomicLoad(&sums[3]),
      );
      emit_color(node, pack_mean(channels, atomicLoad(&count)));
      if (atomicLoad(&lowest) == atomicLoad(&highest)) {
        emit_material(node, atomicLoad(&lowest));
      } else {
        is_mixed = 1u;
      }
    }
  }
  if (workgroupUniformLoad(&is_mixed) == 0u) {
    return;
  }

  let first_leaf = brick_sums[first].first_leaf;
  let end_leaf = first_leaf + atomicLoad(&count);
  // Eight leaves a round: a software device ends a thread's loops after 65,535 rounds in all.
  for (var leaf = first_leaf + local; leaf < end_leaf; leaf += 512u) {
    add_leaf(leaf, end_leaf);
    add_leaf(leaf + 64u, end_leaf);
    add_leaf(leaf + 128u, end_leaf);
    add_leaf(leaf + 192u, end_leaf);
    add_leaf(leaf + 256u, end_leaf);
    add_leaf(leaf + 320u, end_leaf);
    add_leaf(leaf + 384u, end_leaf);
    add_leaf(leaf + 448u, end_leaf);
  }
  workgroupBarrier();
  for (var material = local; material < 256u; material += 64u) {
    // The lowest of equals has the highest rest. A region of mixed materials has fewer than 2^24 leaves of one.
    atomicMax(&best, (atomicLoad(&histogram[material]) << 8u) | (255u - material));
  }
  workgroupBarrier();
  if (local == 0u) {
    emit_material(node, 255u - (atomicLoad(&best) & 255u));
  }
}

fn add_leaf(leaf: u32, end: u32) {
  if (leaf < end) {
    atomicAdd(&histogram[leaves[leaf].y], 1u);
  }
}

// Bricks of all regions before this bit of a region's directory.
fn bricks_before(base: u32, bit: u32) -> u32 {
  let entry = directory[base + (bit >> 5u)];
  return entry.x + countOneBits(entry.w & bits_below(bit & 31u));
}
