var<workgroup> partial: array<vec4<u32>, 256>;

// Exclusive prefix sums over the 256 threads of a workgroup, which must all call it; `partial[255]` is the sum of all then.
fn scan_workgroup(local: u32, own: vec4<u32>) -> vec4<u32> {
  partial[local] = own;
  workgroupBarrier();
  for (var step = 1u; step < 256u; step *= 2u) {
    var before = vec4<u32>(0u);
    if (local >= step) {
      before = partial[local - step];
    }
    workgroupBarrier();
    partial[local] += before;
    workgroupBarrier();
  }
  return partial[local] - own;
}
