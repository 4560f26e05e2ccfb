// Codes of cells, as in src/tree/trace/tet_sides.ts: the order of the coordinates in a tetrahedron (bit 0: x >= y, bit 1:
// y >= z, bit 2: x >= z), and the two codes that contradict themselves for cubes.
const REGION_CELL = 3u;
const TOP_CELL = 4u;
const NO_FAMILY = 6u;
const NO_SCALE = 25u;
const LEAST_DIFFERENCE = 0x1p-20f;
const NEVER = 0x1.fffffep+127f;

// Four bits an entry, the first in the lowest bits; a test compares them with those of src/tree/trace.
const TYPE_OF_ORDER = 0x12000354u;
const TURNS = 0x421635u;
// By octant, then code, and by code, then octant.
const PARENT_ORDER = array<u32, 8>(0x76500210u, 0x77500755u, 0x66600222u, 0x76700676u, 0x10100010u, 0x55500111u, 0x22000200u, 0x76500210u);
const INDEX_OF_ORDER = array<u32, 8>(0x75536220u, 0x76636330u, 0x76425130u, 0x00000000u, 0x00000000u, 0x74414110u, 0x75614320u, 0x74525210u);
// By code, three bits each: the axis of the greatest coordinate, of the middle one, of the least one, the pair of the first
// two, of the last two, and of the outer two.
const AXES_OF_ORDER = array<u32, 8>(0x21454u, 0x1188cu, 0xc462u, 0u, 0u, 0xa8a1u, 0x1430au, 0x22311u);

// The six families of planes that hold all faces, as the ray crosses them: equal x, y, z, and equal x - y, y - z, x - z.
struct Planes {
  axis_inverse: vec3<f32>,
  axis_bias: vec3<f32>,
  pair_inverse: vec3<f32>,
  pair_bias: vec3<f32>,
  // Families along which the ray goes to lesser values, a bit each.
  descents: u32,
}

fn bits_of(flags: vec3<bool>) -> u32 {
  return dot(select(vec3<u32>(0u), vec3<u32>(1u, 2u, 4u), flags), vec3<u32>(1u));
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
  let descents = bits_of(axes < vec3<f32>(0.0)) | (bits_of(pairs < vec3<f32>(0.0)) << 3u);
  return Planes(
    axis_inverse,
    ray.origin * axis_inverse,
    pair_inverse,
    (ray.origin.xyx - ray.origin.yzz) * pair_inverse,
    descents,
  );
}

// When the ray crosses the planes of equal coordinates at a place.
fn axis_crossings(planes: Planes, place: vec3<u32>) -> vec3<f32> {
  return crossings(coordinate(place), planes.axis_inverse, planes.axis_bias);
}

// When it crosses those of equal differences, `beyond` units from the ones at a place.
fn pair_crossings(planes: Planes, place: vec3<u32>, beyond: vec3<i32>) -> vec3<f32> {
  let units = vec3<i32>(place);
  let differences = vec3<f32>(units.xyx - units.yzz + beyond) * 0x1p-23f;
  return crossings(differences, planes.pair_inverse, planes.pair_bias);
}

// When the ray leaves a cell by each face; NEVER by one that is none of its, or that it comes in by.
struct Exits {
  axes: vec3<f32>,
  pairs: vec3<f32>,
}

fn exits_of(planes: Planes, code: u32, place: vec3<u32>, scale: u32) -> Exits {
  var axes = 7u;
  var pairs = 0u;
  if (code != REGION_CELL && code != TOP_CELL) {
    let of_order = AXES_OF_ORDER[code];
    axes = (~planes.descents & of_order) | (planes.descents & (of_order >> 6u));
    pairs = ~((planes.descents >> 3u) ^ code) & ((of_order >> 9u) | (of_order >> 12u));
  }
  let far = place + select(vec3<u32>(1u << scale), vec3<u32>(0u), flags_of(planes.descents));
  return Exits(
    select(vec3<f32>(NEVER), axis_crossings(planes, far), flags_of(axes)),
    select(vec3<f32>(NEVER), pair_crossings(planes, place, vec3<i32>(0)), flags_of(pairs)),
  );
}

// A child: its code, its index among its siblings, and its octant.
struct Child {
  code: u32,
  index: u32,
  octant: u32,
}

fn tet_child(code: u32, octant: u32) -> Child {
  return Child(code, nibble(INDEX_OF_ORDER[code], octant), octant);
}

// The child where the ray comes into a cell by the face of this family, beyond the middle planes in `sides`: ENTRIES of
// src/tree/trace/tet_sides.ts.
fn entry_child(code: u32, family: u32, sides: u32) -> Child {
  if (code == TOP_CELL) {
    return Child(TOP_CELL, sides & 7u, sides & 7u);
  }
  if (code == REGION_CELL) {
    return region_child(family, sides);
  }
  let of_order = AXES_OF_ORDER[code];
  let first = of_order & 7u;
  let last = (of_order >> 6u) & 7u;
  let upper = (of_order >> 9u) & 7u;
  let lower = (of_order >> 12u) & 7u;
  let outer = (of_order >> 15u) & 7u;
  let apart = ~((sides >> 3u) ^ code);
  // Corners that one plane cuts off.
  if ((sides & first) == 0u) {
    return tet_child(code, 0u);
  }
  if ((sides & last) != 0u) {
    return tet_child(code, 7u);
  }
  if ((apart & upper) != 0u) {
    return tet_child(code, first);
  }
  if ((apart & lower) != 0u) {
    return tet_child(code, 7u ^ last);
  }
  let entered = 1u << family;
  let is_inside = family == NO_FAMILY;
  let middle = 7u ^ first ^ last;
  let is_at_first = (entered & (last | (lower << 3u))) != 0u || (is_inside && (sides & middle) == 0u);
  let is_outer = (entered & (first | last)) != 0u || (is_inside && (apart & outer) != 0u);
  let order = code ^ select(lower, upper, is_at_first) ^ select(outer, 0u, is_outer);
  return tet_child(order, select(7u ^ last, first, is_at_first));
}

// At a face of a cube are the two tetrahedra in which its coordinate is the greatest or the least of the three.
fn region_child(family: u32, sides: u32) -> Child {
  var order = sides >> 3u;
  if (family < 3u) {
    let orders = nibble(TURNS, family);
    let greatest = nibble(0x025u, family);
    order = (order & ~orders) | select(orders & ~greatest, greatest, ((sides >> family) & 1u) != 0u);
  }
  order = select(order, 5u, order == REGION_CELL || order == TOP_CELL);
  return Child(order, nibble(TYPE_OF_ORDER, order), 0u);
}

fn octant_at(place: vec3<u32>, scale: u32) -> u32 {
  return dot((place >> vec3<u32>(scale)) & vec3<u32>(1u), vec3<u32>(1u, 2u, 4u));
}

fn start_at(place: vec3<u32>, scale: u32) -> vec3<u32> {
  return (place >> vec3<u32>(scale)) << vec3<u32>(scale);
}

// A cell, and the codes of the tetrahedra on the way down from it, three bits each, the next one lowest.
struct Ancestor {
  code: u32,
  scale: u32,
  way: u32,
}

// The first cell that holds a tetrahedron at a place and the one that the ray comes from. `changed` are the bits in which
// their places differ, `around` the codes of the tetrahedra around the latter, three bits a scale.
fn common_cell(
  goal: vec3<u32>,
  changed: u32,
  tet: u32,
  tet_scale: u32,
  region_scale: u32,
  around: u32,
) -> Ancestor {
  var code = tet;
  var scale = tet_scale;
  var way = 0u;
  loop {
    way = (way << 3u) | code;
    if (scale == region_scale) {
      code = REGION_CELL;
      if ((changed >> scale) != 0u) {
        code = TOP_CELL;
        scale = firstLeadingBit(changed) + 1u;
      }
      break;
    }
    code = nibble(PARENT_ORDER[octant_at(goal, scale)], code);
    scale += 1u;
    if ((changed >> scale) == 0u && ((around >> (3u * (region_scale - scale))) & 7u) == code) {
      break;
    }
  }
  return Ancestor(code, scale, way);
}

// Finds where a ray first meets a scene of tetrees: src/tree/trace/trace_esvt.ts, line by line, in f32.
fn trace(ray: Ray) -> Hit {
  var hit = miss();
  let largest = largest_component(ray.direction);
  if (largest == 0.0 || !has_regions()) {
    return hit;
  }
  let planes = planes_of(ray, largest);
  let has_cone = ray.cone_size > 0.0 || ray.cone_spread > 0.0;

  // Where the ray comes into the world.
  let enters = axis_crossings(planes, select(vec3<u32>(0u), vec3<u32>(WORLD_UNITS), flags_of(planes.descents)));
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
  if (!(t <= min(ray.t_max, least_of(exits_of(planes, TOP_CELL, vec3<u32>(0u), MANTISSA_BITS).axes)))) {
    return hit;
  }

  // Words of the nodes around the ray's cell, cubes of the octree over regions and tetrahedra, by their scale.
  var words: array<u32, NO_SCALE>;
  let level = scene_level();
  let region_scale = MANTISSA_BITS - level;
  var leaf_scale = 0u;
  var record = 0u;
  var first_node = 0u;
  var root_word = 0u;
  // The ray's cell. The first is a node above the world, whose one child is the world.
  var code = TOP_CELL;
  var scale = MANTISSA_BITS + 1u;
  var place = vec3<u32>(0u);
  var word = 1u | (select(TOP_HEADER_WORDS, 0u, level == 0u) << 8u);
  // The cell that the ray comes to, and down to which scales cubes and tetrahedra around it are known.
  var goal = vec3<u32>(0u);
  var cube_scale = MANTISSA_BITS;
  var tet_scale = NO_SCALE;
  // Codes of tetrahedra, three bits each: those around the ray's cell, by scale, and those on the way, the next one lowest.
  var around = 0u;
  var way = 0u;
  loop {
    // Down, to a child of a node.
    let is_cube = code == TOP_CELL;
    let is_region = code == REGION_CELL;
    let child_scale = select(scale - 1u, scale, is_region);
    var index: u32;
    if (child_scale >= select(tet_scale, cube_scale, is_cube)) {
      // The way to the cell behind the face.
      place = start_at(goal, child_scale);
      let octant = octant_at(goal, child_scale);
      if (is_cube) {
        index = octant;
      } else {
        code = way & 7u;
        way >>= 3u;
        index = select(nibble(INDEX_OF_ORDER[code], octant), nibble(TYPE_OF_ORDER, code), is_region);
      }
    } else {
      // The child at the face that the ray comes in by.
      let half = 1u << child_scale;
      var crossed = bits_of(axis_crossings(planes, place + vec3<u32>(half)) < vec3<f32>(t));
      if (!is_cube) {
        let apart = select(i32(half), 0, is_region);
        let beyond = select(vec3<i32>(-apart), vec3<i32>(apart), flags_of(code));
        crossed |= bits_of(pair_crossings(planes, place, beyond) < vec3<f32>(t)) << 3u;
      }
      let child = entry_child(code, family, (crossed & ~(1u << family)) ^ planes.descents);
      code = child.code;
      index = child.index;
      place += select(vec3<u32>(0u), vec3<u32>(half), flags_of(child.octant));
    }
    scale = child_scale;
    if (((word >> index) & 1u) != 0u) {
      var node = (word >> 8u) + countOneBits(word & ((1u << index) - 1u));
      if (code == TOP_CELL && scale > region_scale) {
        word = top_nodes[node];
        words[scale] = word;
        continue;
      }
      var node_level = region_scale + 1u - scale;
      if (code == TOP_CELL) {
        record = node;
        first_node = regions[record].nodes;
        // The six tetrahedra of a region are as wide as itself.
        leaf_scale = scale + 1u - regions[record].depth;
        code = REGION_CELL;
        node = 0u;
        node_level = 0u;
      }
      // A region without levels is one cube.
      let is_leaf = select(leaf_scale == scale, leaf_scale > scale, code == REGION_CELL);
      var is_met = is_leaf;
      if (has_cone && !is_leaf) {
        let exits = exits_of(planes, code, place, scale);
        let exit = min(least_of(exits.axes), least_of(exits.pairs));
        is_met = scale_width(scale) <= fma(exit, ray.cone_spread, ray.cone_size);
      }
      if (is_met) {
        hit.t = t;
        hit.region = record;
        hit.node = regions[record].colors + node + select(0u, regions[record].leaves, is_leaf);
        hit.level = node_level;
        hit.anchor = place;
        hit.size = 1u << scale;
        hit.tet = select(i32(nibble(TYPE_OF_ORDER, code)), CUBE_TYPE, code == REGION_CELL);
        hit.face = select(2u * family + ((planes.descents >> family) & 1u), INSIDE_FACE, family == NO_FAMILY);
        return hit;
      }
      word = nodes[first_node + node];
      if (code == REGION_CELL) {
        root_word = word;
      } else {
        let shift = 3u * (region_scale - scale);
        words[scale] = word;
        around = (around & ~(7u << shift)) | (code << shift);
      }
      continue;
    }

    // Along, over the face that the ray leaves the cell by.
    let exits = exits_of(planes, code, place, scale);
    var next = exits.axes.x;
    family = 0u;
    if (exits.axes.y < next) {
      next = exits.axes.y;
      family = 1u;
    }
    if (exits.axes.z < next) {
      next = exits.axes.z;
      family = 2u;
    }
    if (exits.pairs.x < next) {
      next = exits.pairs.x;
      family = 3u;
    }
    if (exits.pairs.y < next) {
      next = exits.pairs.y;
      family = 4u;
    }
    if (exits.pairs.z < next) {
      next = exits.pairs.z;
      family = 5u;
    }
    t = max(t, next);
    if (!(t <= ray.t_max) || next == NEVER) {
      break;
    }
    let stepped = vec3<u32>(family) == vec3<u32>(0u, 1u, 2u);
    let step = select(vec3<u32>(1u << scale), vec3<u32>(0u) - vec3<u32>(1u << scale), flags_of(planes.descents));
    goal = place + select(vec3<u32>(0u), step, stepped);
    let changes = place ^ goal;
    let changed = changes.x | changes.y | changes.z;
    if (changed >= WORLD_UNITS) {
      break;
    }

    // Up, to the first cell that holds this one and the next.
    if (code == TOP_CELL) {
      cube_scale = scale;
      tet_scale = NO_SCALE;
      scale = firstLeadingBit(changed) + 1u;
      word = words[scale];
      continue;
    }
    cube_scale = 0u;
    tet_scale = scale;
    let found = common_cell(goal, changed, code ^ nibble(TURNS, family), scale, region_scale, around);
    code = found.code;
    scale = found.scale;
    way = found.way;
    word = words[scale];
    if (code == REGION_CELL) {
      word = root_word;
    }
  }
  return hit;
}
