// Finds where a ray first meets a scene of octrees: src/tree/trace/trace_esvo.ts, line by line, in f32.
fn trace(ray: Ray) -> Hit {
  var hit = miss();
  let largest = largest_component(ray.direction);
  if (largest == 0.0 || !has_regions()) {
    return hit;
  }
  let direction = away_from_zero(ray.direction, largest * LEAST_COMPONENT);
  let inverse = vec3<f32>(1.0) / direction;
  let bias = ray.origin * inverse;
  let ascends = direction > vec3<f32>(0.0);
  // The true coordinate of a mirrored one, which is in [1, 2], is origin + it * flip: exactly so.
  let origin = select(vec3<f32>(0.0), vec3<f32>(3.0), ascends);
  let flip = select(vec3<f32>(1.0), vec3<f32>(-1.0), ascends);
  let mirror = dot(select(vec3<u32>(0u), vec3<u32>(1u, 2u, 4u), ascends), vec3<u32>(1u));

  // Where the ray leaves its cell by each axis. The first cell is the world.
  var exits = crossings(origin + flip, inverse, bias);
  let entries = crossings(origin + 2.0 * flip, inverse, bias);
  var t = ray.t_min;
  var axis = NO_AXIS;
  if (entries.x > t) {
    t = entries.x;
    axis = 0u;
  }
  if (entries.y > t) {
    t = entries.y;
    axis = 1u;
  }
  if (entries.z > t) {
    t = entries.z;
    axis = 2u;
  }
  if (!(t <= min(least_of(exits), ray.t_max))) {
    return hit;
  }

  // Words of the nodes above the ray's cell, by the scale of their children.
  var stack: array<u32, MANTISSA_BITS>;
  let level = scene_level();
  let region_scale = MANTISSA_BITS - level;
  var leaf_scale = 0u;
  var record = 0u;
  var first_node = 0u;
  var scale = MANTISSA_BITS;
  // Mirrored coordinates of the cell.
  var place = vec3<u32>(0u);
  var slot = 0u;
  var index = 0u;
  var is_hit = false;
  // A node above the world whose one child is the world.
  var word = 1u | (select(TOP_HEADER_WORDS, 0u, level == 0u) << 8u);
  loop {
    if (((word >> slot) & 1u) != 0u) {
      // The ray is in a cell that is there: number `index` of its level's array.
      index = (word >> 8u) + countOneBits(word & ((1u << slot) - 1u));
      if (scale > region_scale) {
        word = top_nodes[index];
      } else {
        if (scale == region_scale) {
          record = index;
          let region = regions[record];
          leaf_scale = scale - region.depth;
          first_node = region.nodes;
          index = 0u;
        }
        let is_leaf = scale == leaf_scale;
        if (is_leaf || scale_width(scale) <= fma(least_of(exits), ray.cone_spread, ray.cone_size)) {
          is_hit = true;
          break;
        }
        word = nodes[first_node + index];
      }

      // Down: into the half that lies before the middle plane, as long as that is ahead.
      scale -= 1u;
      stack[scale] = word;
      let middle_place = place + vec3<u32>(1u << scale);
      let middles = crossings(fma(coordinate(middle_place), flip, origin), inverse, bias);
      let is_ahead = middles >= vec3<f32>(t);
      place = select(place, middle_place, is_ahead);
      exits = select(exits, middles, is_ahead);
      slot = mirror ^ dot(select(vec3<u32>(0u), vec3<u32>(1u, 2u, 4u), is_ahead), vec3<u32>(1u));
    } else {
      // Along: over the plane that comes first.
      axis = select(select(2u, 1u, exits.y <= exits.z), 0u, exits.x <= exits.y && exits.x <= exits.z);
      t = least_of(exits);
      if (t > ray.t_max) {
        break;
      }
      let stepped = vec3<u32>(axis) == vec3<u32>(0u, 1u, 2u);
      let next = place - select(vec3<u32>(0u), vec3<u32>(1u << scale), stepped);
      let changes = place ^ next;
      let changed = changes.x | changes.y | changes.z;
      place = next;
      if (changed != 1u << scale) {
        // Up: the highest bit that changed is the scale of the next cell; one above the world's is outside of it.
        if (changed >= WORLD_UNITS) {
          break;
        }
        scale = firstLeadingBit(changed);
        word = stack[scale];
        place = (place >> vec3<u32>(scale)) << vec3<u32>(scale);
      }
      exits = crossings(fma(coordinate(place), flip, origin), inverse, bias);
      slot = mirror ^ dot((place >> vec3<u32>(scale)) & vec3<u32>(1u), vec3<u32>(1u, 2u, 4u));
    }
  }
  // After the loop, where all rays of a workgroup do it at once.
  if (is_hit) {
    let region = regions[record];
    hit.t = t;
    hit.region = record;
    hit.node = region.colors + index + select(0u, region.leaves, scale == leaf_scale);
    hit.level = region_scale - scale;
    hit.size = 1u << scale;
    hit.anchor = select(place, vec3<u32>(WORLD_UNITS - hit.size) - place, ascends);
    hit.face = select(2u * axis + (((mirror >> axis) & 1u) ^ 1u), INSIDE_FACE, axis == NO_AXIS);
  }
  return hit;
}
