// Codes of cells, as in src/tree/trace/tet_sides.ts: the order of the coordinates in a tetrahedron (bit 0: x >= y, bit 1:
// y >= z, bit 2: x >= z), and the two codes that contradict themselves for cubes.
const REGION_CELL = 3u;
const TOP_CELL = 4u;
const NO_FAMILY = 6u;
const STACK_WORDS = 25u;
const LEAST_DIFFERENCE = 0x1p-20f;
const NEVER = 0x1.fffffep+127f;

// Tables by code are words with four bits an entry, the first in the lowest bits. As arrays, compilers would copy them to
// memory wherever they are indexed. A test compares them with those of src/tree/trace.
const TYPE_OF_ORDER = 0x12000354u;
const CODES = 0x76543210u;
// The axis of the greatest coordinate and of the least one; all for cubes. The pair of the first two and of the outer two
// in this order; all are outer for cubes.
const FIRST_OF_ORDER = 0x12177244u;
const LAST_OF_ORDER = 0x44277121u;
const UPPER_OF_ORDER = 0x11400242u;
const OUTER_OF_ORDER = 0x42177124u;
// Lower two bits of a child's index, by 8 * code + octant: one bit an entry, codes below 4 and from there.
const INDEX_OF_LOW_ORDER = vec2<u32>(0x008e96f0u, 0x00d2fe9eu);
const INDEX_OF_HIGH_ORDER = vec2<u32>(0xaad49600u, 0x94a68000u);
// By family.
const TURNS = 0x421635u;

// The six families of planes that hold all faces, as the ray crosses them: equal x, y, z, and equal x - y, y - z, x - z.
struct Planes {
  axis_inverse: vec3<f32>,
  axis_bias: vec3<f32>,
  // Of differences in units.
  pair_inverse: vec3<f32>,
  pair_bias: vec3<f32>,
  // Families along which the ray goes to lesser values, a bit each.
  descents: u32,
  // All bits of an axis along which it goes to greater values.
  ascents: vec3<u32>,
  // Families of the faces that it may leave a cell by: axes and pairs, by code.
  exit_axes: u32,
  exit_pairs: u32,
}

fn bits_of(flags: vec3<bool>) -> u32 {
  let bits = select(vec3<u32>(0u), vec3<u32>(1u, 2u, 4u), flags);
  return bits.x | bits.y | bits.z;
}

fn flags_of(bits: u32) -> vec3<bool> {
  return (vec3<u32>(bits) & vec3<u32>(1u, 2u, 4u)) != vec3<u32>(0u);
}

fn nibble(word: u32, index: u32) -> u32 {
  return (word >> (4u * index)) & 7u;
}

fn planes_of(ray: Ray, largest: f32) -> Planes {
  let axes = away_from_zero(ray.direction, largest * LEAST_COMPONENT);
  let pairs = away_from_zero(ray.direction.xyx - ray.direction.yzz, largest * LEAST_DIFFERENCE);
  let axis_inverse = vec3<f32>(1.0) / axes;
  let pair_inverse = vec3<f32>(1.0) / pairs;
  let axis_descents = bits_of(axes < vec3<f32>(0.0));
  let pair_descents = bits_of(pairs < vec3<f32>(0.0));
  let of_every_code = 0x11111111u * axis_descents;
  return Planes(
    axis_inverse,
    ray.origin * axis_inverse,
    pair_inverse * 0x1p-23f,
    (ray.origin.xyx - ray.origin.yzz) * pair_inverse,
    axis_descents | (pair_descents << 3u),
    select(vec3<u32>(0u), vec3<u32>(0xffffffffu), axes > vec3<f32>(0.0)),
    (~of_every_code & FIRST_OF_ORDER) | (of_every_code & LAST_OF_ORDER),
    ~((0x11111111u * pair_descents) ^ CODES) & ~OUTER_OF_ORDER,
  );
}

// When the ray crosses the planes of equal coordinates at a place.
fn axis_crossings(planes: Planes, place: vec3<u32>) -> vec3<f32> {
  return crossings(coordinate(place), planes.axis_inverse, planes.axis_bias);
}

// When it crosses those of equal differences, `beyond` units from the ones at a place.
fn pair_crossings(planes: Planes, place: vec3<u32>, beyond: vec3<u32>) -> vec3<f32> {
  let differences = vec3<f32>(bitcast<vec3<i32>>(place.xyx - place.yzz + beyond));
  return crossings(differences, planes.pair_inverse, planes.pair_bias);
}

// Where the ray leaves a cell.
struct Exit {
  t: f32,
  family: u32,
}

fn exit_of(planes: Planes, code: u32, place: vec3<u32>, scale: u32) -> Exit {
  let far = place + (planes.ascents & vec3<u32>(1u << scale));
  let is_axis = flags_of(nibble(planes.exit_axes, code));
  let is_pair = flags_of(nibble(planes.exit_pairs, code));
  let axes = select(vec3<f32>(NEVER), axis_crossings(planes, far), is_axis);
  let pairs = select(vec3<f32>(NEVER), pair_crossings(planes, place, vec3<u32>(0u)), is_pair);
  let t = min(least_of(axes), least_of(pairs));
  // The first of those that are crossed then.
  let families = bits_of(axes == vec3<f32>(t)) | (bits_of(pairs == vec3<f32>(t)) << 3u);
  return Exit(t, countTrailingZeros(families));
}

// A child: its code, and its octant.
struct Child {
  code: u32,
  octant: u32,
}

// The child where the ray comes into a cell by the face of this family, beyond the middle planes in `sides`: ENTRIES of
// src/tree/trace/tet_sides.ts.
fn entry_child(code: u32, family: u32, sides: u32) -> Child {
  if (code == TOP_CELL) {
    return Child(TOP_CELL, sides & 7u);
  }
  if (code == REGION_CELL) {
    return Child(region_child(family, sides), 0u);
  }
  let first = nibble(FIRST_OF_ORDER, code);
  let last = nibble(LAST_OF_ORDER, code);
  let upper = nibble(UPPER_OF_ORDER, code);
  let outer = nibble(OUTER_OF_ORDER, code);
  let lower = 7u ^ upper ^ outer;
  let apart = ~((sides >> 3u) ^ code);
  // The octahedron in the middle is cut into four: the child that has a part of the face that the ray comes in by.
  let entered = 1u << family;
  let is_inside = family == NO_FAMILY;
  let middle = 7u ^ first ^ last;
  let is_at_first = (entered & (last | (lower << 3u))) != 0u || (is_inside && (sides & middle) == 0u);
  let is_outer = (entered & (first | last)) != 0u || (is_inside && (apart & outer) != 0u);
  let order = code ^ select(lower, upper, is_at_first) ^ select(outer, 0u, is_outer);
  // Each corner is cut off by one plane, and what is there is ordered as the parent is.
  let is_lowest = (sides & first) == 0u;
  let is_highest = (sides & last) != 0u;
  let is_upper = (apart & upper) != 0u;
  let is_corner = is_lowest || is_highest || is_upper || (apart & lower) != 0u;
  let octant = select(7u ^ last, first, is_upper || (!is_corner && is_at_first));
  return Child(
    select(order, code, is_corner),
    select(select(octant, 7u, is_highest), 0u, is_lowest),
  );
}

// At a face of a cube are the two tetrahedra in which its coordinate is the greatest or the least of the three.
fn region_child(family: u32, sides: u32) -> u32 {
  var order = sides >> 3u;
  if (family < 3u) {
    let orders = nibble(TURNS, family);
    let greatest = nibble(0x025u, family);
    order = (order & ~orders) | select(orders & ~greatest, greatest, ((sides >> family) & 1u) != 0u);
  }
  return select(order, 5u, order == REGION_CELL || order == TOP_CELL);
}

// Index of a tetrahedron among its siblings.
fn tet_index(code: u32, octant: u32) -> u32 {
  let of_code = select(INDEX_OF_LOW_ORDER, INDEX_OF_HIGH_ORDER, code > 3u);
  let bits = (of_code >> vec2<u32>(((8u * code) & 31u) + octant)) & vec2<u32>(1u);
  return bits.x | (bits.y << 1u) | (((0xe8u >> octant) & 1u) << 2u);
}

fn octant_at(place: vec3<u32>, scale: u32) -> u32 {
  let bits = (place >> vec3<u32>(scale)) & vec3<u32>(1u);
  return bits.x | (bits.y << 1u) | (bits.z << 2u);
}

fn start_at(place: vec3<u32>, scale: u32) -> vec3<u32> {
  return place & vec3<u32>(0xffffffffu << scale);
}

// The code of the tetrahedron of this scale that is around the one of a code at a place: where two coordinates differ in
// it, that is their order, and where they do not, the order in the lesser one is.
fn code_around(code: u32, place: vec3<u32>, scale: u32) -> u32 {
  let inside = place & vec3<u32>((1u << scale) - 1u);
  let first = inside.xyx;
  let second = inside.yzz;
  return bits_of(first > second) | (bits_of(first == second) & code);
}

// Finds where a ray first meets a scene of tetrees: src/tree/trace/trace_esvt.ts, line by line, in f32.
fn trace(ray: Ray) -> Hit {
  var hit = miss();
  let largest = largest_component(ray.direction);
  if (largest == 0.0 || !has_regions()) {
    return hit;
  }
  let planes = planes_of(ray, largest);

  // Where the ray comes into the world.
  let enters = axis_crossings(planes, ~planes.ascents & vec3<u32>(WORLD_UNITS));
  var t = ray.t_min;
  var family = NO_FAMILY;
  if (enters.x > t) {
    t = enters.x;
    family = 0u;
  }
  if (enters.y > t) {
    t = enters.y;
    family = 1u;
  }
  if (enters.z > t) {
    t = enters.z;
    family = 2u;
  }
  if (!(t <= min(ray.t_max, exit_of(planes, TOP_CELL, vec3<u32>(0u), MANTISSA_BITS).t))) {
    return hit;
  }

  // Words of the nodes around the ray's cell by their height: the scale of a tetrahedron, one more for a cube, so that a
  // child is one below its parent, also where these are as wide as each other.
  var words: array<u32, STACK_WORDS>;
  let level = scene_level();
  let region_height = MANTISSA_BITS + 1u - level;
  var leaf_height = 0u;
  var record = 0u;
  var first_node = 0u;
  // The ray's place: the start of the cell at the height `known`, whose code this is. Above it the way down is known.
  var place = vec3<u32>(0u);
  var code = TOP_CELL;
  var known = MANTISSA_BITS + 1u;
  // The first cell is a node above the world, whose one child is the world.
  var height = MANTISSA_BITS + 2u;
  var node = 0u;
  var is_hit = false;
  var word = 1u | (select(TOP_HEADER_WORDS, 0u, level == 0u) << 8u);
  loop {
    // Down, to a child of a node.
    height -= 1u;
    let is_cube = height >= region_height;
    let scale = height - select(0u, 1u, is_cube);
    if (height < known) {
      // The child at the face that the ray comes in by.
      let half = vec3<u32>(1u << scale);
      let is_of_region = height + 1u == region_height;
      let parent = select(select(code, REGION_CELL, is_of_region), TOP_CELL, is_cube);
      let beyond = select(vec3<u32>(0u) - half, half, flags_of(parent));
      let apart = select(beyond, vec3<u32>(0u), is_of_region);
      let crossed = bits_of(axis_crossings(planes, place + half) < vec3<f32>(t)) |
        (bits_of(pair_crossings(planes, place, apart) < vec3<f32>(t)) << 3u);
      let child = entry_child(parent, family, (crossed & ~(1u << family)) ^ planes.descents);
      code = child.code;
      place += select(vec3<u32>(0u), half, flags_of(child.octant));
      known = height;
    }
    let start = start_at(place, scale);
    let octant = octant_at(place, scale);
    var cell_code = code_around(code, place, scale);
    var index = tet_index(cell_code, octant);
    if (height + 1u >= region_height) {
      index = select(nibble(TYPE_OF_ORDER, cell_code), octant, is_cube);
    }
    if (is_cube) {
      cell_code = TOP_CELL;
    }
    let exit = exit_of(planes, cell_code, start, scale);
    if (((word >> index) & 1u) != 0u) {
      node = (word >> 8u) + countOneBits(word & ((1u << index) - 1u));
      if (height > region_height) {
        word = top_nodes[node];
      } else {
        if (height == region_height) {
          record = node;
          let region = regions[record];
          first_node = region.nodes;
          leaf_height = region_height - region.depth;
          node = 0u;
        }
        let is_leaf = height == leaf_height;
        if (is_leaf || scale_width(scale) <= fma(exit.t, ray.cone_spread, ray.cone_size)) {
          is_hit = true;
          break;
        }
        word = nodes[first_node + node];
      }
      words[height] = word;
    } else {
      // Along, over the face that the ray leaves the cell by.
      t = max(t, exit.t);
      if (!(t <= ray.t_max) || exit.t == NEVER) {
        break;
      }
      family = exit.family;
      known = height;
      code = cell_code ^ nibble(TURNS, family);
      // Up, to the first cell that holds this one and the next: over a face square to an axis, as high as bits change, and
      // over the others, as far as the two coordinates are the same.
      let families = vec3<u32>(family) == vec3<u32>(0u, 1u, 2u);
      let size = vec3<u32>(1u << scale);
      let step = select(vec3<u32>(0u), (planes.ascents & (size + size)) - size, families);
      place = start + step;
      let changes = start ^ place;
      let changed = changes.x | changes.y | changes.z;
      if (changed >= WORLD_UNITS) {
        break;
      }
      if (family < 3u) {
        height = firstLeadingBit(changed) + 1u;
        height += select(0u, 1u, height >= region_height);
      } else {
        let differences = select(vec3<u32>(0u), start.xyx ^ start.yzz, vec3<u32>(family) == vec3<u32>(3u, 4u, 5u));
        height = min(countTrailingZeros(differences.x | differences.y | differences.z) + 1u, region_height);
      }
      word = words[height];
    }
  }
  // After the loop, where all rays of a workgroup do it at once.
  if (is_hit) {
    let region = regions[record];
    let is_cube = height == region_height;
    let scale = height - select(0u, 1u, is_cube);
    hit.t = t;
    hit.region = record;
    hit.node = region.colors + node + select(0u, region.leaves, height == leaf_height);
    hit.level = region_height - height;
    hit.anchor = start_at(place, scale);
    hit.size = 1u << scale;
    hit.tet = select(i32(nibble(TYPE_OF_ORDER, code_around(code, place, scale))), CUBE_TYPE, is_cube);
    hit.face = select(2u * family + ((planes.descents >> family) & 1u), INSIDE_FACE, family == NO_FAMILY);
  }
  return hit;
}
