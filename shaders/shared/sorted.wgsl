// Pairs of a code (region << key_bits | key) and a sample, sorted by code. A node of height h is a run of pairs whose
// codes agree above their lowest 3h bits. Nodes are numbered height after height from the leaves up, in key order over
// all regions.
const SORT_BLOCK = 256u;
// Of a pass of the sort, which takes four bits.
const DIGITS = 16u;
const HEIGHTS = 9u;

// Blocks of pairs that tables are laid out for.
fn sort_blocks() -> u32 {
  return (grid.leaf_capacity + SORT_BLOCK - 1u) / SORT_BLOCK;
}
