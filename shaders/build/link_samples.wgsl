// Chains the samples of each leaf: in any order, as what is made of them does not depend on it. Links are indices plus 1.
// Needs: dispatch, grid, bits

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> sample_slots: array<u32>;
@group(0) @binding(3) var<storage, read> bricks: array<u32>;
@group(0) @binding(4) var<storage, read> brick_table: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> heads: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> links: array<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let sample = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (sample >= grid.sample_count || grid.faults != 0u) {
    return;
  }
  let slot = sample_slots[sample];
  if (slot >= grid.bricks) {
    return;
  }
  let cell = keys[sample] & 511u;
  var leaf = brick_table[slot].x;
  for (var word = 0u; word < (cell >> 5u); word++) {
    leaf += countOneBits(bricks[slot * BRICK_WORDS + word]);
  }
  leaf += countOneBits(bricks[slot * BRICK_WORDS + (cell >> 5u)] & bits_below(cell & 31u));
  links[sample] = atomicExchange(&heads[leaf], sample + 1u);
}
