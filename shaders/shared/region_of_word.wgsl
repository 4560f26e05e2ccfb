// Region whose directory holds a word, by binary search: directories lie one after another.
fn region_of_word(word: u32) -> u32 {
  var low = 0u;
  var high = grid.region_count - 1u;
  while (low < high) {
    let middle = (low + high + 1u) / 2u;
    if (grid.regions[middle].directory_base <= word) {
      low = middle;
    } else {
      high = middle - 1u;
    }
  }
  return low;
}
