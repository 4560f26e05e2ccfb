// Emits colours and materials of all nodes: means from the prefix sums over the leaves, materials by a look at each
// leaf. Nodes of many leaves are put on a list for `sorted_large`, in any order. A thread has a node.
// Needs: dispatch, grid, layout, sorted, node_range, color, commonest, emit

const FEW_LEAVES = 64u;

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> layouts: array<TreeLayout>;
@group(0) @binding(4) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> color_sums: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> output: array<atomic<u32>>;
// Their number, then the nodes.
@group(0) @binding(7) var<storage, read_write> large_nodes: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let node = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (node >= grid.nodes || grid.faults != 0u) {
    return;
  }
  let height = height_of(node);
  if (height == 0u) {
    let leaf = leaves[node];
    let place = layouts[leaf.y >> 8u].starts[0] + node;
    emit_color(place, leaf.x);
    emit_material(place, leaf.y & 255u);
    return;
  }
  let first = nodes[node];
  let region = leaves[first].y >> 8u;
  let place = layouts[region].starts[height] + node;
  let end = end_leaf(node, layouts[region].end_leaf);
  emit_color(place, pack_mean(color_sums[end] - color_sums[first], end - first));
  if (end - first > FEW_LEAVES) {
    atomicStore(&large_nodes[1u + atomicAdd(&large_nodes[0], 1u)], node);
    return;
  }
  emit_material(place, commonest(first, end));
}
