// Emits the masks of the nodes above the leaves. A thread has a node.
// Needs: dispatch, grid, layout, sorted, node_range, emit

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> nodes: array<u32>;
@group(0) @binding(4) var<storage, read> further: array<u32>;
@group(0) @binding(5) var<storage, read> layouts: array<TreeLayout>;
@group(0) @binding(6) var<storage, read_write> output: array<atomic<u32>>;

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
    return;
  }
  let code = pairs[nodes[nodes[node]]].x;
  let place = layouts[code >> grid.key_bits];
  let first_child = 1u << ((code >> (3u * (height - 1u))) & 7u);
  let mask = ((further[node >> 2u] >> (8u * (node & 3u))) & 255u) | first_child;
  emit_mask(place.starts[height] + node + place.mask_delta, mask);
}
