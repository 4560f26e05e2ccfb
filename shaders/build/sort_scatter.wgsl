// Moves each pair to its place by a digit of four bits, keeping the order of pairs of one digit: the last stage of a
// pass of a radix sort. A pair's place inside its block comes from the bits of the threads that have the same digit.
// Needs: dispatch, grid, sorted, bits

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> shift: array<u32>;
@group(0) @binding(2) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> digits: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> moved: array<vec2<u32>>;

// Eight words of thread bits a digit.
var<workgroup> ballots: array<atomic<u32>, 128>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = linear_workgroup(workgroup, workgroups);
  let index = block * SORT_BLOCK + local;
  let own_word = local >> 5u;
  var pair = vec2<u32>(0u);
  var digit = 0u;
  if (index < grid.sample_count) {
    pair = pairs[index];
    digit = (pair.x >> shift[0]) & 15u;
    atomicOr(&ballots[8u * digit + own_word], 1u << (local & 31u));
  }
  workgroupBarrier();
  if (index >= grid.sample_count) {
    return;
  }
  var place = digits[digit * (arrayLength(&digits) / DIGITS) + block].x;
  for (var word = 0u; word < own_word; word++) {
    place += countOneBits(atomicLoad(&ballots[8u * digit + word]));
  }
  moved[place + countOneBits(atomicLoad(&ballots[8u * digit + own_word]) & bits_below(local & 31u))] = pair;
}
