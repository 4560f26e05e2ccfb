fn unpack_color(color: u32) -> vec4<u32> {
  return vec4<u32>(color & 255u, (color >> 8u) & 255u, (color >> 16u) & 255u, color >> 24u);
}

// The one rounding rule: floor((sum + floor(count / 2)) / count) a channel.
fn pack_mean(sums: vec4<u32>, count: u32) -> u32 {
  let mean = (sums + vec4<u32>(count >> 1u)) / vec4<u32>(count);
  return mean.x | (mean.y << 8u) | (mean.z << 16u) | (mean.w << 24u);
}
