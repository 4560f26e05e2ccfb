// Says how many workgroups go over the large nodes. One thread.
// Needs: dispatch

@group(0) @binding(0) var<storage, read> large_nodes: array<u32>;
@group(0) @binding(1) var<storage, read_write> args: array<u32>;

@compute @workgroup_size(1)
fn main() {
  let rows = rows_for(large_nodes[0]);
  args[0] = rows.x;
  args[1] = rows.y;
  args[2] = rows.z;
}
