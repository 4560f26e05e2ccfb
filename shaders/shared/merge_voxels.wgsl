// Mean colour and commonest material (the lowest of equals) of those voxels of a cube that overlap a tetrahedron, at most
// four. `first` is the leaf of the cube's first voxel; `octants` are those that its voxels fill.
fn merge_voxels(first: u32, octants: u32, overlapping: u32) -> vec2<u32> {
  var sums = vec4<u32>(0u);
  var count = 0u;
  var materials: array<u32, 4>;
  for (var rest = octants & overlapping; rest != 0u; rest &= rest - 1u) {
    let octant = firstTrailingBit(rest);
    let leaf = leaves[first + countOneBits(octants & bits_below(octant))];
    sums += unpack_color(leaf.x);
    materials[count] = leaf.y & 255u;
    count++;
  }
  var best = 255u;
  var best_count = 0u;
  for (var i = 0u; i < count; i++) {
    var equal = 0u;
    for (var j = 0u; j < count; j++) {
      equal += select(0u, 1u, materials[j] == materials[i]);
    }
    if (equal > best_count || (equal == best_count && materials[i] < best)) {
      best = materials[i];
      best_count = equal;
    }
  }
  return vec2<u32>(pack_mean(sums, count), best);
}
