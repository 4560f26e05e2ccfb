import { popcount8 } from "../popcount.ts";
import { type Hit, INSIDE_FACE, NO_REGION } from "./hit.ts";
import { MANTISSA_BITS, type Ray, UNIT, WORLD_UNITS } from "./ray.ts";
import { PLANE_FAMILIES, RayPlanes } from "./ray_planes.ts";
import { REGION_FIELD, REGION_WORDS, type Scene, TOP_HEADER_WORDS } from "./scene.ts";
import {
  ASKED,
  codeAround,
  ENTRIES,
  EXITS,
  INDEX_OF_ORDER,
  NO_FAMILY,
  REGION_CELL,
  TOP_CELL,
  TURNS,
  TYPE_OF_ORDER,
} from "./tet_sides.ts";

const planes = new RayPlanes();
/**
 * Words of the nodes around the ray's cell, by their height: the scale of a tetrahedron, one more for a cube, so that a
 * child is one below its parent, also where these are as wide as each other.
 */
const words = new Uint32Array(MANTISSA_BITS + 2);

/**
 * Finds where a ray first meets a scene of tetrees, `tMin <= t <= tMax`; tells whether it does. A cell of scale s is, or is
 * in, a cube 2^s units of the mantissa wide. Steps are linear in the cells crossed, no triangle is tested, nothing is
 * allocated.
 *
 * The ray goes from a cell without children to the one behind the face that it leaves by: another order of the coordinates,
 * perhaps in the next cube. Their common ancestor is found by whole numbers alone, and so is the way down from there; only
 * in a cell that is finer than the last one, times say which child at that face comes first. So whatever rounding does, each
 * cell shares a face with the one before, and a closed shell of cells that share faces stops every ray. Cells are closed:
 * a plane whose t is that of the entry is still ahead, and one plane is crossed at a time.
 */
export function traceEsvt(scene: Scene, ray: Ray, hit: Hit): boolean {
  hit.region = NO_REGION;
  const { top, regions, nodes } = scene;
  if (regions.length === 0 || !planes.set(ray)) return false;
  const { inverse, bias, descents } = planes;
  const inverseX = inverse[0]!;
  const inverseY = inverse[1]!;
  const inverseZ = inverse[2]!;
  const inverseXy = inverse[3]!;
  const inverseYz = inverse[4]!;
  const inverseXz = inverse[5]!;
  const biasX = bias[0]!;
  const biasY = bias[1]!;
  const biasZ = bias[2]!;
  const biasXy = bias[3]!;
  const biasYz = bias[4]!;
  const biasXz = bias[5]!;
  const ascentX = (descents & 1) - 1;
  const ascentY = ((descents >> 1) & 1) - 1;
  const ascentZ = ((descents >> 2) & 1) - 1;
  const { tMax, coneSize, coneSpread } = ray;
  const isCone = coneSize > 0 || coneSpread > 0;

  // Where the ray comes into the world.
  const enterX = ((descents & 1) !== 0 ? WORLD_UNITS : 0) * inverseX - biasX;
  const enterY = ((descents & 2) !== 0 ? WORLD_UNITS : 0) * inverseY - biasY;
  const enterZ = ((descents & 4) !== 0 ? WORLD_UNITS : 0) * inverseZ - biasZ;
  let t = ray.tMin;
  let family = NO_FAMILY;
  if (enterX > t) {
    t = enterX;
    family = 0;
  }
  if (enterY > t) {
    t = enterY;
    family = 1;
  }
  if (enterZ > t) {
    t = enterZ;
    family = 2;
  }
  if (!(t <= tMax && t <= exitOf(TOP_CELL, 0, 0, 0, WORLD_UNITS))) return false;

  const regionHeight = MANTISSA_BITS + 1 - scene.level;
  let leafHeight = 0;
  let record = 0;
  let firstNode = 0;
  // The ray's place: the start of the cell at the height `known`, whose code this is. Above it the way down is known.
  let x = 0;
  let y = 0;
  let z = 0;
  let code = TOP_CELL;
  let known = MANTISSA_BITS + 1;
  // The first cell is a node above the world, whose one child is the world.
  let height = MANTISSA_BITS + 2;
  let word = 1 | ((scene.level === 0 ? 0 : TOP_HEADER_WORDS) << 8);

  for (;;) {
    // Down, to a child of a node.
    height--;
    const isCube = height >= regionHeight;
    const scale = isCube ? height - 1 : height;
    const size = 1 << scale;
    let index: number;
    let cellCode: number;
    let startX: number;
    let startY: number;
    let startZ: number;
    if (height < known) {
      // The child at the face that the ray comes in by.
      const isOfRegion = height + 1 === regionHeight;
      const parent = isCube ? TOP_CELL : isOfRegion ? REGION_CELL : code;
      const asked = ASKED[(parent << 3) | family]!;
      const apart = isOfRegion ? 0 : size;
      let crossed = 0;
      if ((asked & 1) !== 0 && (x + size) * inverseX - biasX < t) crossed |= 1;
      if ((asked & 2) !== 0 && (y + size) * inverseY - biasY < t) crossed |= 2;
      if ((asked & 4) !== 0 && (z + size) * inverseZ - biasZ < t) crossed |= 4;
      if ((asked & 8) !== 0 && (x - y + ((parent & 1) !== 0 ? apart : -apart)) * inverseXy - biasXy < t) {
        crossed |= 8;
      }
      if ((asked & 16) !== 0 && (y - z + ((parent & 2) !== 0 ? apart : -apart)) * inverseYz - biasYz < t) {
        crossed |= 16;
      }
      if ((asked & 32) !== 0 && (x - z + ((parent & 4) !== 0 ? apart : -apart)) * inverseXz - biasXz < t) {
        crossed |= 32;
      }
      const child = ENTRIES[(parent << 9) | (family << 6) | (crossed ^ descents)]!;
      code = cellCode = child & 7;
      index = (child >> 3) & 7;
      x = startX = x + (size & -((child >> 6) & 1));
      y = startY = y + (size & -((child >> 7) & 1));
      z = startZ = z + (size & -(child >> 8));
      known = height;
    } else {
      // The way to the cell behind the face.
      startX = x & -size;
      startY = y & -size;
      startZ = z & -size;
      const octant = ((x >> scale) & 1) | (((y >> scale) & 1) << 1) | (((z >> scale) & 1) << 2);
      if (isCube) {
        cellCode = TOP_CELL;
        index = octant;
      } else {
        cellCode = height === known ? code : codeAround(code, x - startX, y - startY, z - startZ);
        index = height + 1 === regionHeight
          ? TYPE_OF_ORDER[cellCode]!
          : INDEX_OF_ORDER[8 * cellCode + octant]!;
      }
    }

    if (((word >>> index) & 1) !== 0) {
      let node = (word >>> 8) + popcount8(word & ((1 << index) - 1));
      if (height > regionHeight) {
        word = top[node]!;
        words[height] = word;
        continue;
      }
      if (isCube) {
        record = node * REGION_WORDS;
        firstNode = regions[record + REGION_FIELD.nodes]!;
        leafHeight = regionHeight - regions[record + REGION_FIELD.depth]!;
        node = 0;
      }
      const isLeaf = height === leafHeight;
      if (
        isLeaf ||
        (isCone && size * UNIT <= coneSize + exitOf(cellCode, startX, startY, startZ, size) * coneSpread)
      ) {
        hit.t = t;
        hit.region = record / REGION_WORDS;
        hit.node = regions[record + REGION_FIELD.colors]! + node +
          (isLeaf ? regions[record + REGION_FIELD.leaves]! : 0);
        hit.level = regionHeight - height;
        hit.x = startX;
        hit.y = startY;
        hit.z = startZ;
        hit.size = size;
        hit.type = TYPE_OF_ORDER[cellCode]!;
        hit.face = family === NO_FAMILY ? INSIDE_FACE : 2 * family + ((descents >> family) & 1);
        return true;
      }
      word = nodes[firstNode + node]!;
      words[height] = word;
      continue;
    }

    // Along, over the face that the ray leaves the cell by.
    const exits = EXITS[(cellCode << 6) | descents]!;
    let next = Infinity;
    if ((exits & 1) !== 0) {
      next = (startX + (size & ascentX)) * inverseX - biasX;
      family = 0;
    }
    if ((exits & 2) !== 0) {
      const exit = (startY + (size & ascentY)) * inverseY - biasY;
      if (exit < next) {
        next = exit;
        family = 1;
      }
    }
    if ((exits & 4) !== 0) {
      const exit = (startZ + (size & ascentZ)) * inverseZ - biasZ;
      if (exit < next) {
        next = exit;
        family = 2;
      }
    }
    if ((exits & 8) !== 0) {
      const exit = (startX - startY) * inverseXy - biasXy;
      if (exit < next) {
        next = exit;
        family = 3;
      }
    }
    if ((exits & 16) !== 0) {
      const exit = (startY - startZ) * inverseYz - biasYz;
      if (exit < next) {
        next = exit;
        family = 4;
      }
    }
    if ((exits & 32) !== 0) {
      const exit = (startX - startZ) * inverseXz - biasXz;
      if (exit < next) {
        next = exit;
        family = 5;
      }
    }
    if (next > t) t = next;
    if (!(t <= tMax) || next === Infinity) return false;
    known = height;
    code = cellCode ^ TURNS[family]!;
    x = startX;
    y = startY;
    z = startZ;

    // Up, to the first cell that holds this one and the next: over a face square to an axis, as high as bits change, and
    // over the others, as far as the two coordinates are the same.
    if (family < 3) {
      let changed: number;
      if (family === 0) {
        x += (descents & 1) !== 0 ? -size : size;
        changed = x ^ startX;
      } else if (family === 1) {
        y += (descents & 2) !== 0 ? -size : size;
        changed = y ^ startY;
      } else {
        z += (descents & 4) !== 0 ? -size : size;
        changed = z ^ startZ;
      }
      // Out of the world.
      if (changed >>> MANTISSA_BITS !== 0) return false;
      height = 32 - Math.clz32(changed);
      if (height >= regionHeight) height++;
    } else {
      const difference = family === 3 ? x ^ y : family === 4 ? y ^ z : x ^ z;
      // One above the lowest bit of it, or the region.
      height = Math.min(32 - Math.clz32(difference & -difference), regionHeight);
      if (difference === 0) height = regionHeight;
    }
    word = words[height]!;
  }
}

/** Where the ray leaves a cell. */
function exitOf(code: number, x: number, y: number, z: number, size: number): number {
  const { inverse, bias, descents } = planes;
  const exits = EXITS[(code << 6) | descents]!;
  let next = Infinity;
  for (let family = 0; family < PLANE_FAMILIES; family++) {
    if (((exits >> family) & 1) === 0) continue;
    let at = family === 0 ? x : family === 1 ? y : z;
    if (family >= 3) at = family === 3 ? x - y : family === 4 ? y - z : x - z;
    else if (((descents >> family) & 1) === 0) at += size;
    next = Math.min(next, at * inverse[family]! - bias[family]!);
  }
  return next;
}
