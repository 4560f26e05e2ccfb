// A ray through the world's cube [1, 2)^3, and where it first meets the scene; src/tree/trace/ray.ts and hit.ts say more.
struct Ray {
  origin: vec3<f32>,
  t_min: f32,
  direction: vec3<f32>,
  t_max: f32,
  // A node is hit as a whole where its width (1 = the world) is not above cone_size + t * cone_spread.
  cone_size: f32,
  cone_spread: f32,
}

struct Hit {
  t: f32,
  // Record of the region, or NO_REGION.
  region: u32,
  // Place of the node in the scene's colours and materials.
  node: u32,
  // Level of the node in its region.
  level: u32,
  // Lowest corner of the cell's cube, and the cube's width, in units of 2^-23 of the world.
  anchor: vec3<u32>,
  size: u32,
  // Type of the tetrahedron, or CUBE_TYPE.
  tet: i32,
  // 2 * family + (1 if the outward normal points to its + side), or INSIDE_FACE.
  face: u32,
}

const NO_REGION = 0xffffffffu;
const CUBE_TYPE = -1;
const INSIDE_FACE = 255u;

fn miss() -> Hit {
  return Hit(0.0, NO_REGION, 0u, 0u, vec3<u32>(0u), 0u, CUBE_TYPE, INSIDE_FACE);
}
