const NO_NODE = 0xffffffffu;

// The highest node that begins with a pair; nodes of all lower heights begin there, too. NO_NODE if the pair repeats
// the code before.
fn top_height(pair: u32) -> u32 {
  let code = pairs[pair].x;
  let region = code >> grid.key_bits;
  if (pair == 0u || (pairs[pair - 1u].x >> grid.key_bits) != region) {
    return grid.regions[region].depth;
  }
  let difference = code ^ pairs[pair - 1u].x;
  if (difference == 0u) {
    return NO_NODE;
  }
  return firstLeadingBit(difference) / 3u;
}
