// Traces rays as the host gives them, one a thread: for picking, tests and benchmarks.
// Needs: dispatch, ray, scene, traverse

@group(0) @binding(0) var<storage, read> top_nodes: array<u32>;
@group(0) @binding(1) var<storage, read> regions: array<Region>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> rays: array<Ray>;
@group(0) @binding(4) var<storage, read_write> hits: array<Hit>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = 64u * linear_workgroup(workgroup, workgroups) + local;
  if (index < arrayLength(&hits)) {
    hits[index] = trace(rays[index]);
  }
}
