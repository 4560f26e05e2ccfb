// Places each region's nodes and masks in the output, one region after another, and says whether all fit.
// Needs: dispatch, grid, layout

@group(0) @binding(0) var<storage, read_write> grid: Grid;
@group(0) @binding(1) var<storage, read> sizes: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> layouts: array<TreeLayout>;
@group(0) @binding(3) var<storage, read_write> headers: array<u32>;
@group(0) @binding(4) var<storage, read_write> args: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_workgroup(workgroup, workgroups) * 64u + local;
  if (index == 0u) {
    size_output();
  }
  if (index >= grid.region_count) {
    return;
  }
  let place = sizes[index];
  for (var height = 0u; height <= 8u; height++) {
    layouts[index].starts[height] += place.x;
  }
  layouts[index].mask_delta = place.y - place.x;
  headers[index * HEADER_WORDS + 9u] = place.x;
  headers[index * HEADER_WORDS + 10u] = place.y;
}

fn size_output() {
  let totals = sizes[grid.region_count];
  grid.nodes = totals.x;
  grid.inner = totals.y;
  if (totals.x > grid.node_capacity || totals.y > grid.mask_capacity) {
    grid.faults |= FAULT_NODES;
  }
  write_args(ARGS_EMIT_BRICKS, select(0u, grid.bricks, grid.faults == 0u));
  write_args(ARGS_EMIT_UPPERS, select(0u, grid.uppers, grid.faults == 0u));
}

fn write_args(at: u32, workgroups: u32) {
  let rows = rows_for(workgroups);
  args[at] = rows.x;
  args[at + 1u] = rows.y;
  args[at + 2u] = rows.z;
}
