// Draws a band of a picture, one pixel a thread: src/trace/cpu_picture.ts, line by line, in f32. Workgroups are squares of
// 8 x 8 pixels, whose rays stay together.
// Needs: dispatch, ray, scene, traverse, shade

@group(0) @binding(0) var<storage, read> top_nodes: array<u32>;
@group(0) @binding(1) var<storage, read> regions: array<Region>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read> colors: array<u32>;
@group(0) @binding(4) var<storage, read> picture: Picture;
// RGBA8 of the band, row by row.
@group(0) @binding(5) var<storage, read_write> pixels: array<u32>;

const FARTHEST = 0x1p+127f;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = (picture.width + 7u) / 8u;
  let square = linear_workgroup(workgroup, workgroups);
  let x = 8u * (square % across) + local.x;
  let row = 8u * (square / across) + local.y;
  if (x < picture.width && row < picture.rows) {
    pixels[row * picture.width + x] = pack_rgb(ray_color(x, picture.first_row + row));
  }
}

// What a pixel's ray sees.
fn ray_color(x: u32, y: u32) -> vec3<f32> {
  let direction = pixel_direction(x, y);
  let hit = trace(Ray(picture.eye, 0.0, direction, FARTHEST, 0.0, picture.cone_spread));
  if (hit.region == NO_REGION) {
    return sky_color(direction);
  }
  let normal = hit_normal(hit.face, direction);
  let gap = shadow_gap(hit.size, hit.t);
  let point = picture.eye + direction * hit.t + normal * gap;
  let share = sun_share(point, normal, hit.t, pixel_hash(x, y));
  return through_fog(unpack_rgb(colors[hit.node]) * face_light(normal, share), hit.t);
}

// Whether a point sees the sun: 1 or 0.
fn sun_share(point: vec3<f32>, normal: vec3<f32>, t: f32, hash: u32) -> f32 {
  let towards = towards_sun(hash);
  // A face that turns away has no light to lose.
  if (picture.has_shadows == 0u || dot(towards, normal) <= 0.0) {
    return 1.0;
  }
  // As coarse as what the eye sees there, so that nodes drawn as a whole shade as a whole.
  let hit = trace(Ray(point, 0.0, towards, FARTHEST, picture.cone_spread * t, 0.0));
  return select(0.0, 1.0, hit.region == NO_REGION);
}

// Unit vector through the middle of a pixel.
fn pixel_direction(x: u32, y: u32) -> vec3<f32> {
  return normalize(picture.corner + (picture.step_x * f32(x) + picture.step_y * f32(y)));
}
