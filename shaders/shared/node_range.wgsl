fn height_of(node: u32) -> u32 {
  var height = 0u;
  while (height + 1u < HEIGHTS && height_table[(height + 1u) * sort_blocks()].x <= node) {
    height++;
  }
  return height;
}

// One past the last leaf of a node above the leaves: where the next node of its height begins, or its region ends. What
// comes next is of another height if this is the last of its own, and then begins before it or in a region behind.
fn end_leaf(node: u32, region_end: u32) -> u32 {
  if (node + 1u < grid.nodes && nodes[node + 1u] > nodes[node]) {
    return min(nodes[node + 1u], region_end);
  }
  return region_end;
}
