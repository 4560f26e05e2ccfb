// Exclusive prefix sums of the blocks' sums, by one workgroup that goes along them 256 at a time.
// Needs: scan_workgroup

@group(0) @binding(0) var<storage, read_write> block_sums: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let count = arrayLength(&block_sums);
  var carry = vec4<u32>(0u);
  for (var first = 0u; first < count; first += 256u) {
    var own = vec4<u32>(0u);
    if (first + local < count) {
      own = block_sums[first + local];
    }
    let prefix = scan_workgroup(local, own);
    if (first + local < count) {
      block_sums[first + local] = carry + prefix;
    }
    carry += partial[255];
    workgroupBarrier();
  }
}
