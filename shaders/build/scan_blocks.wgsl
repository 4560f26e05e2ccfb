// Exclusive prefix sums of x, y and z inside blocks of 1,024 entries, in place, and the sum of each block. w is kept,
// or scanned as well.
// The first of three stages of a scan (reduce, scan the sums, add: no workgroup waits for another).
// Needs: dispatch, scan_workgroup

override SCANS_W: bool = false;

const BLOCK = 1024u;
const PER_THREAD = 4u;

@group(0) @binding(0) var<storage, read_write> entries: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> block_sums: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = linear_workgroup(workgroup, workgroups);
  let count = arrayLength(&entries);
  let first = block * BLOCK + local * PER_THREAD;
  var own: array<vec4<u32>, 4>;
  var sum = vec4<u32>(0u);
  for (var i = 0u; i < PER_THREAD; i++) {
    if (first + i < count) {
      own[i] = entries[first + i];
      sum += scanned(own[i]);
    }
  }
  var prefix = scan_workgroup(local, sum);
  for (var i = 0u; i < PER_THREAD; i++) {
    if (first + i < count) {
      entries[first + i] = vec4<u32>(prefix.xyz, select(own[i].w, prefix.w, SCANS_W));
      prefix += scanned(own[i]);
    }
  }
  if (local == 255u && block < arrayLength(&block_sums)) {
    block_sums[block] = partial[255];
  }
}

fn scanned(entry: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(entry.xyz, select(0u, entry.w, SCANS_W));
}
