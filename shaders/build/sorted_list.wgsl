// Lists the nodes: of a leaf its first pair, of a node above its first leaf. Notes which further children a node has
// (the first shows in its code), and the first node of each height of each region.
// Needs: dispatch, grid, bits, sorted, top_height

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> nodes: array<u32>;
// One byte a node.
@group(0) @binding(4) var<storage, read_write> further: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> region_firsts: array<u32>;

// Eight words of thread bits a height: with which pairs of the block a node begins.
var<workgroup> begins: array<atomic<u32>, 72>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = linear_workgroup(workgroup, workgroups);
  let pair = block * SORT_BLOCK + local;
  var top = NO_NODE;
  if (pair < grid.sample_count) {
    top = top_height(pair);
  }
  if (top != NO_NODE) {
    for (var height = 0u; height <= top; height++) {
      atomicOr(&begins[8u * height + (local >> 5u)], 1u << (local & 31u));
    }
  }
  workgroupBarrier();
  if (top == NO_NODE) {
    return;
  }
  let leaf = nodes_before(0u, block, local);
  list_node(leaf, pair);
  for (var height = 1u; height <= top; height++) {
    list_node(nodes_before(height, block, local), leaf);
  }
  let code = pairs[pair].x;
  let region = code >> grid.key_bits;
  if (top < grid.regions[region].depth) {
    let parent = nodes_before(top + 1u, block, local) - 1u;
    if (parent < grid.node_capacity) {
      let child = 1u << ((code >> (3u * top)) & 7u);
      atomicOr(&further[parent >> 2u], child << (8u * (parent & 3u)));
    }
  } else {
    for (var height = 0u; height < HEIGHTS; height++) {
      region_firsts[region * HEIGHTS + height] = nodes_before(height, block, local);
    }
  }
}

fn list_node(node: u32, begin: u32) {
  if (node < grid.node_capacity) {
    nodes[node] = begin;
  }
}

// Number of the first node of a height that does not begin before this pair.
fn nodes_before(height: u32, block: u32, local: u32) -> u32 {
  var number = height_table[height * sort_blocks() + block].x;
  for (var word = 0u; word < (local >> 5u); word++) {
    number += countOneBits(atomicLoad(&begins[8u * height + word]));
  }
  return number + countOneBits(atomicLoad(&begins[8u * height + (local >> 5u)]) & bits_below(local & 31u));
}
