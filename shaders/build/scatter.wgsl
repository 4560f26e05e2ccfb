// Sets the bit of each sample in its brick's bitmap, and notes in which brick the sample lies.
// Needs: dispatch, grid, span, bits

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> spans: array<Span>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> directory: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> bricks: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> sample_slots: array<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let id = linear_workgroup(workgroup, workgroups);
  if (id >= arrayLength(&spans) || grid.faults != 0u) {
    return;
  }
  let span = spans[id];
  let region = grid.regions[span.region];
  for (var i = local; i < span.count; i += 256u) {
    let key = keys[span.first + i];
    let brick = key >> 9u;
    let entry = directory[region.directory_base + (brick >> 5u)];
    let slot = entry.x + countOneBits(entry.w & bits_below(brick & 31u));
    sample_slots[span.first + i] = slot;
    // A key that no region of this depth has was refused by `mark`, and its slot may lie anywhere.
    if (slot < grid.bricks) {
      atomicOr(&bricks[slot * BRICK_WORDS + ((key >> 5u) & 15u)], 1u << (key & 31u));
    }
  }
}
