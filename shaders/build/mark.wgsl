// Marks, in the directory of each region, the bricks of 8^3 cells that hold a sample, and looks for samples that no region
// can hold. A workgroup has the samples of one span, which never crosses regions.
// Needs: dispatch, grid, span

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> spans: array<Span>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> colors: array<u32>;
@group(0) @binding(4) var<storage, read_write> bricks_marked: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> counters: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let id = linear_workgroup(workgroup, workgroups);
  if (id >= arrayLength(&spans)) {
    return;
  }
  let span = spans[id];
  let region = grid.regions[span.region];
  for (var i = local; i < span.count; i += 256u) {
    let key = keys[span.first + i];
    if ((key >> (3u * region.depth)) != 0u) {
      atomicStore(&counters[COUNTER_BAD_KEYS], 1u);
      continue;
    }
    if ((colors[span.first + i] >> 24u) == 0u) {
      atomicStore(&counters[COUNTER_TRANSPARENT], 1u);
      continue;
    }
    let brick = key >> 9u;
    let word = region.directory_base + (brick >> 5u);
    let bit = 1u << (brick & 31u);
    // A surface hits each brick many times, and looking is cheaper than an atomic write.
    if ((atomicLoad(&bricks_marked[word]) & bit) == 0u) {
      atomicOr(&bricks_marked[word], bit);
    }
  }
}
