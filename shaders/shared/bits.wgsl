// One bit (the highest) for each byte of a word that is not zero.
fn occupied_bytes(word: u32) -> u32 {
  return (((word & 0x7f7f7f7fu) + 0x7f7f7f7fu) | word) & 0x80808080u;
}

// The bits below bit `at`, which may be 0 to 31.
fn bits_below(at: u32) -> u32 {
  return (1u << at) - 1u;
}
