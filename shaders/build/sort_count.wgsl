// Counts the pairs of each block by a digit of four bits: the first stage of a pass of a radix sort. Counts lie digit
// after digit, so that their prefix sums say where the pairs of a block and digit go.
// Needs: dispatch, grid, sorted

@group(0) @binding(0) var<storage, read> grid: Grid;
// Lowest bit of the digit, in one word.
@group(0) @binding(1) var<storage, read> shift: array<u32>;
@group(0) @binding(2) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> digits: array<vec4<u32>>;

var<workgroup> counts: array<atomic<u32>, 16>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = linear_workgroup(workgroup, workgroups);
  let blocks = arrayLength(&digits) / DIGITS;
  let pair = block * SORT_BLOCK + local;
  if (pair < grid.sample_count) {
    atomicAdd(&counts[(pairs[pair].x >> shift[0]) & 15u], 1u);
  }
  workgroupBarrier();
  if (local < DIGITS && block < blocks) {
    digits[local * blocks + block] = vec4<u32>(atomicLoad(&counts[local]), 0u, 0u, 0u);
  }
}
