// Says how many tetrahedra there are, and whether they fit. One thread.
// Needs: grid

// The grid of the tetrahedra.
@group(0) @binding(0) var<storage, read_write> grid: Grid;
@group(0) @binding(1) var<storage, read> cube_table: array<vec4<u32>>;

@compute @workgroup_size(1)
fn main() {
  let tets = cube_table[arrayLength(&cube_table) - 1u].x;
  grid.leaves = tets;
  grid.sample_count = tets;
  if (tets > grid.leaf_capacity) {
    grid.faults |= FAULT_LEAVES;
    grid.sample_count = 0u;
  }
}
