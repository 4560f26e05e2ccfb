// How a pixel gets its colour; src/trace/shade.ts has the same functions and says more. A stage that shades declares
// picture: Picture. Points are in the space of scenes, lengths in edges of the world, colours numbers from 0 to 1.
struct Picture {
  eye: vec3<f32>,
  width: u32,
  // Of the picture's first pixel; the steps lead to the next one of its row and of its column.
  corner: vec3<f32>,
  // Of the band that is made.
  first_row: u32,
  step_x: vec3<f32>,
  rows: u32,
  step_y: vec3<f32>,
  cone_spread: f32,
  sun: vec3<f32>,
  has_shadows: u32,
  // Half width and half height of the sun.
  sun_x: vec3<f32>,
  ambient: f32,
  sun_y: vec3<f32>,
  fog: f32,
  zenith: vec3<f32>,
  zenith_color: vec3<f32>,
  horizon_color: vec3<f32>,
}

// Share of the light from everywhere that comes from above alone.
const SKY_SHARE = 0.25;
// Light of the sun on a face straight towards it, in shares of what the light from everywhere leaves dark.
const SUN_LIGHT = 1.4;
const HALF_SQRT = 0.70710678118654752;

fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn pixel_hash(x: u32, y: u32) -> u32 {
  return pcg(x + pcg(y));
}

fn towards_sun(hash: u32) -> vec3<f32> {
  let u = (f32(hash & 0xffffu) + 0.5) / 32768.0 - 1.0;
  let v = (f32(hash >> 16u) + 0.5) / 32768.0 - 1.0;
  return picture.sun + (picture.sun_x * u + picture.sun_y * v);
}

fn sky_color(direction: vec3<f32>) -> vec3<f32> {
  let height = max(0.0, dot(direction, picture.zenith));
  return mix(picture.horizon_color, picture.zenith_color, height * (2.0 - height));
}

fn hit_normal(face: u32, direction: vec3<f32>) -> vec3<f32> {
  if (face == INSIDE_FACE) {
    return -direction;
  }
  let family = face >> 1u;
  var normal = select(vec3<f32>(0.0), vec3<f32>(1.0), vec3<u32>(family) == vec3<u32>(0u, 1u, 2u));
  if (family == 3u) {
    normal = vec3<f32>(HALF_SQRT, -HALF_SQRT, 0.0);
  } else if (family == 4u) {
    normal = vec3<f32>(0.0, HALF_SQRT, -HALF_SQRT);
  } else if (family == 5u) {
    normal = vec3<f32>(HALF_SQRT, 0.0, -HALF_SQRT);
  }
  return select(-normal, normal, (face & 1u) == 1u);
}

fn shadow_gap(size: u32, t: f32) -> f32 {
  return f32(size) / f32(WORLD_UNITS) / 16.0 + (1.0 + t) * 0x1p-21f;
}

fn face_light(normal: vec3<f32>, sun_share: f32) -> f32 {
  let ambient = picture.ambient * (1.0 - SKY_SHARE + SKY_SHARE * dot(normal, picture.zenith));
  let sunlight = SUN_LIGHT * (1.0 - picture.ambient) * sun_share * max(0.0, dot(normal, picture.sun));
  return min(1.0, ambient + sunlight);
}

fn through_fog(color: vec3<f32>, t: f32) -> vec3<f32> {
  return mix(picture.horizon_color, color, exp2(-picture.fog * t));
}

fn unpack_rgb(word: u32) -> vec3<f32> {
  return vec3<f32>((vec3<u32>(word) >> vec3<u32>(0u, 8u, 16u)) & vec3<u32>(255u)) / 255.0;
}

fn pack_rgb(color: vec3<f32>) -> u32 {
  let bytes = vec3<u32>(floor(255.0 * clamp(color, vec3<f32>(0.0), vec3<f32>(1.0)) + 0.5));
  return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | 0xff000000u;
}
