// Counts, for each word of the directories, the nodes that begin in it: bricks, nodes of height 4 (bytes that are not
// zero) and of height 5 (pairs of words), and keeps the word itself beside them. One entry past the end stays zero and
// takes the totals.
// Needs: dispatch, grid, bits, region_of_word

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> bricks_marked: array<u32>;
@group(0) @binding(2) var<storage, read_write> directory: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let word = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (word > grid.directory_words) {
    return;
  }
  if (word == grid.directory_words) {
    directory[word] = vec4<u32>(0u);
    return;
  }
  let region = grid.regions[region_of_word(word)];
  let bits = bricks_marked[word];
  var height_4 = 0u;
  var height_5 = 0u;
  if (region.depth >= 4u) {
    height_4 = countOneBits(occupied_bytes(bits));
  }
  if (region.depth >= 5u && ((word - region.directory_base) & 1u) == 0u) {
    height_5 = select(0u, 1u, (bits | bricks_marked[word + 1u]) != 0u);
  }
  directory[word] = vec4<u32>(countOneBits(bits), height_4, height_5, bits);
}
