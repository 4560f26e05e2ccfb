// Counts what each brick holds: leaves (bits), nodes of height 1 (bytes that are not zero) and of height 2 (pairs of words).
// The entry past the last brick stays zero and takes the totals.
// Needs: dispatch, grid, bits

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read_write> brick_table: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let brick = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (brick > grid.bricks) {
    return;
  }
  if (brick == grid.bricks) {
    brick_table[brick] = vec4<u32>(0u);
    return;
  }
  var counts = vec3<u32>(0u);
  for (var pair = 0u; pair < BRICK_WORDS / 2u; pair++) {
    let low = bricks[brick * BRICK_WORDS + 2u * pair];
    let high = bricks[brick * BRICK_WORDS + 2u * pair + 1u];
    counts += vec3<u32>(
      countOneBits(low) + countOneBits(high),
      countOneBits(occupied_bytes(low)) + countOneBits(occupied_bytes(high)),
      select(0u, 1u, (low | high) != 0u),
    );
  }
  brick_table[brick] = vec4<u32>(counts, brick_table[brick].w);
}
