// Emits the material of each node of many leaves: the commonest of them, the lowest of equals. A workgroup has a node.
// Needs: dispatch, grid, layout, sorted, node_range, emit

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> height_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> layouts: array<TreeLayout>;
@group(0) @binding(4) var<storage, read> leaves: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> large_nodes: array<u32>;
@group(0) @binding(6) var<storage, read_write> output: array<atomic<u32>>;

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> best: atomic<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let id = linear_workgroup(workgroup, workgroups);
  if (id >= large_nodes[0]) {
    return;
  }
  let node = large_nodes[1u + id];
  let region = leaves[nodes[node]].y >> 8u;
  let end = end_leaf(node, layouts[region].end_leaf);
  for (var leaf = nodes[node] + local; leaf < end; leaf += 256u) {
    atomicAdd(&histogram[leaves[leaf].y & 255u], 1u);
  }
  workgroupBarrier();
  // The lowest of equals has the highest rest. A full region of one material has 2^24 leaves, which the shift would
  // lose.
  let count = min(atomicLoad(&histogram[local]), 0xffffffu);
  atomicMax(&best, (count << 8u) | (255u - local));
  workgroupBarrier();
  if (local == 0u) {
    emit_material(layouts[region].starts[height_of(node)] + node, 255u - (atomicLoad(&best) & 255u));
  }
}
