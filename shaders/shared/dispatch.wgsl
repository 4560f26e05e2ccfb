// A device runs at most 65,535 workgroups along an axis, so large grids are laid out in rows.
const ROW_WORKGROUPS = 32768u;

fn linear_workgroup(id: vec3<u32>, count: vec3<u32>) -> u32 {
  return id.x + id.y * count.x;
}

fn rows_for(workgroups: u32) -> vec3<u32> {
  if (workgroups <= ROW_WORKGROUPS) {
    return vec3<u32>(workgroups, 1u, 1u);
  }
  return vec3<u32>(ROW_WORKGROUPS, (workgroups + ROW_WORKGROUPS - 1u) / ROW_WORKGROUPS, 1u);
}
