// Material of most of the leaves from `first` up to before `end`, the lowest of equals.
fn commonest(first: u32, end: u32) -> u32 {
  var lowest = 255u;
  var highest = 0u;
  for (var leaf = first; leaf < end; leaf++) {
    lowest = min(lowest, leaves[leaf].y & 255u);
    highest = max(highest, leaves[leaf].y & 255u);
  }
  return commonest_between(first, end, lowest, highest);
}

// The same where the lowest and the highest material are known; goes over the leaves once for each material among them,
// unless all have the same.
fn commonest_between(first: u32, end: u32, lowest: u32, highest: u32) -> u32 {
  var chosen = lowest;
  var most = 0u;
  var material = lowest;
  while (lowest != highest) {
    var next = highest;
    var equal = 0u;
    for (var leaf = first; leaf < end; leaf++) {
      let own = leaves[leaf].y & 255u;
      if (own == material) {
        equal++;
      } else if (own > material) {
        next = min(next, own);
      }
    }
    if (equal > most) {
      chosen = material;
      most = equal;
    }
    if (material == highest) {
      break;
    }
    material = next;
  }
  return chosen;
}
