// Adds to each entry what the blocks before its own sum up to.
// Needs: dispatch

override SCANS_W: bool = false;

@group(0) @binding(0) var<storage, read_write> entries: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> block_sums: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_workgroup(workgroup, workgroups) * 256u + local;
  if (i < arrayLength(&entries)) {
    let before = block_sums[i >> 10u];
    entries[i] += vec4<u32>(before.xyz, select(0u, before.w, SCANS_W));
  }
}
