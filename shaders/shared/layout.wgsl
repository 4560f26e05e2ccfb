// Where the nodes of one region go in the output. Heights count from the leaves: 0 a leaf, 3 a brick, `depth` the root.
struct TreeLayout {
  // Output index of a node of height h is starts[h] + its rank; ranks count over all regions up to height 5, inside the
  // region from height 6 on. On the sorted path they are the numbers of the nodes at all heights. Sums may wrap.
  starts: array<u32, 9>,
  directory_base: u32,
  // Index of a node's mask minus the index of the node. May wrap.
  mask_delta: u32,
  // One past the region's last leaf of all leaves, on the sorted path.
  end_leaf: u32,
}

// Sums over the leaves of a brick.
struct BrickSum {
  channels: vec4<u32>,
  leaves: u32,
  // Lowest material | highest << 8.
  materials: u32,
  first_leaf: u32,
  padding: u32,
}

const HEADER_WORDS = 12u;
