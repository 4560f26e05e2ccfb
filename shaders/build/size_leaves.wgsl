// Says how many leaves and upper nodes there are, whether they fit, and how many workgroups go over the leaves. One thread.
// Needs: dispatch, grid

@group(0) @binding(0) var<storage, read_write> grid: Grid;
@group(0) @binding(1) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> counters: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> args: array<u32>;

@compute @workgroup_size(1)
fn main() {
  grid.uppers = grid.heights_4 + grid.heights_5 + atomicLoad(&counters[COUNTER_HIGH]);
  if (grid.uppers > grid.upper_capacity) {
    grid.faults |= FAULT_UPPERS;
  }
  var leaves = 0u;
  // Where the bricks did not fit, nothing was counted.
  if ((grid.faults & FAULT_BRICKS) == 0u) {
    leaves = brick_table[grid.bricks].x;
  }
  grid.leaves = leaves;
  if (leaves > grid.leaf_capacity) {
    grid.faults |= FAULT_LEAVES;
  }
  let rows = rows_for(select(0u, (leaves + 255u) / 256u, grid.faults == 0u));
  args[ARGS_LEAF_THREADS] = rows.x;
  args[ARGS_LEAF_THREADS + 1u] = rows.y;
  args[ARGS_LEAF_THREADS + 2u] = rows.z;
}
