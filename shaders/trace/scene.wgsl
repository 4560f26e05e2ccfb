// The world as rays see it; src/tree/trace/scene.ts says what its arrays hold. A stage that traces declares them as
// top_nodes: array<u32>, regions: array<Region> and nodes: array<u32>.
struct Region {
  // Place of the root in nodes.
  nodes: u32,
  // Place of the root in colors.
  colors: u32,
  // Number of inner nodes: leaf i is at colors + leaves + i.
  leaves: u32,
  depth: u32,
}

const TOP_HEADER_WORDS = 2u;
const MANTISSA_BITS = 23u;
const WORLD_UNITS = 0x800000u;
// The number 1: a coordinate in [1, 2] is these bits plus the units of its mantissa.
const ONE_BITS = 0x3f800000u;
const LEAST_COMPONENT = 0x1p-23f;
// Directions whose largest component is not between these have no reciprocal to reckon with.
const MIN_LENGTH = 0x1p-60f;
const MAX_LENGTH = 0x1p+60f;
// What the axis is before the first plane is crossed.
const NO_AXIS = 3u;

// Level of the regions.
fn scene_level() -> u32 {
  return top_nodes[0];
}

fn has_regions() -> bool {
  return top_nodes[1] > 0u;
}

// The coordinate of so many units, exactly.
fn coordinate(units: vec3<u32>) -> vec3<f32> {
  return bitcast<vec3<f32>>(units + ONE_BITS);
}

// Width of a cell of 2^scale units, 1 = the world.
fn scale_width(scale: u32) -> f32 {
  return bitcast<f32>((scale + 127u - MANTISSA_BITS) << MANTISSA_BITS);
}

// Where a ray crosses planes of three families. Every plane of either kind of tree goes through this one expression, so that
// two cells agree on where the ray crosses the face that they share.
fn crossings(planes: vec3<f32>, inverse: vec3<f32>, bias: vec3<f32>) -> vec3<f32> {
  return fma(planes, inverse, -bias);
}

// The largest component of a direction, by size; 0 where that is out of bounds or one is not a number.
fn largest_component(direction: vec3<f32>) -> f32 {
  let sizes = abs(direction);
  let largest = max(sizes.x, max(sizes.y, sizes.z));
  return select(0.0, largest, largest >= MIN_LENGTH && all(sizes <= vec3<f32>(MAX_LENGTH)));
}

// Components nearer to 0 than `least` become that, with their sign, so that they can be divided by.
fn away_from_zero(components: vec3<f32>, least: f32) -> vec3<f32> {
  let nearest = select(vec3<f32>(least), vec3<f32>(-least), components < vec3<f32>(0.0));
  return select(components, nearest, abs(components) < vec3<f32>(least));
}

fn least_of(values: vec3<f32>) -> f32 {
  return min(values.x, min(values.y, values.z));
}
