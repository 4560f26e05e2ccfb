// Makes a pair of code and sample of each sample, and looks for samples that no region can hold. A workgroup has the
// samples of one span, which never crosses regions.
// Needs: dispatch, grid, span

@group(0) @binding(0) var<storage, read> grid: Grid;
@group(0) @binding(1) var<storage, read> spans: array<Span>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> colors: array<u32>;
@group(0) @binding(4) var<storage, read_write> pairs: array<vec2<u32>>;
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
  let bits = 3u * grid.regions[span.region].depth;
  for (var i = local; i < span.count; i += 256u) {
    let sample = span.first + i;
    let key = keys[sample];
    if ((key >> bits) != 0u) {
      atomicStore(&counters[COUNTER_BAD_KEYS], 1u);
    }
    if ((colors[sample] >> 24u) == 0u) {
      atomicStore(&counters[COUNTER_TRANSPARENT], 1u);
    }
    // What comes of a refused sample is thrown away, but it must stay inside its region.
    pairs[sample] = vec2<u32>((span.region << grid.key_bits) | (key & ((1u << bits) - 1u)), sample);
  }
}
