import { popcount8 } from "../popcount.ts";
import { type Hit, INSIDE_FACE, NO_REGION } from "./hit.ts";
import { MANTISSA_BITS, type Ray, UNIT, WORLD_UNITS } from "./ray.ts";
import { PLANE_FAMILIES, RayPlanes } from "./ray_planes.ts";
import { REGION_FIELD, REGION_WORDS, type Scene, TOP_HEADER_WORDS } from "./scene.ts";
import {
  ASKED,
  ENTRIES,
  EXITS,
  INDEX_OF_ORDER,
  NO_FAMILY,
  PARENT_ORDER,
  REGION_CELL,
  TOP_CELL,
  TURNS,
  TYPE_OF_ORDER,
} from "./tet_sides.ts";

/** Scale above all cells: no way down is known beforehand. */
const NO_SCALE = MANTISSA_BITS + 2;

const planes = new RayPlanes();
/** Words of the nodes around the ray's cell, cubes of the octree over regions and tetrahedra, by their scale. */
const words = new Uint32Array(NO_SCALE);

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

  const regionScale = MANTISSA_BITS - scene.level;
  let leafScale = 0;
  let record = 0;
  let firstNode = 0;
  let rootWord = 0;
  // The ray's cell. The first is a node above the world, whose one child is the world.
  let code = TOP_CELL;
  let scale = MANTISSA_BITS + 1;
  let x = 0;
  let y = 0;
  let z = 0;
  let word = 1 | ((scene.level === 0 ? 0 : TOP_HEADER_WORDS) << 8);
  // The cell that the ray comes to, and down to which scales cubes and tetrahedra around it are known.
  let toX = 0;
  let toY = 0;
  let toZ = 0;
  let cubeScale = MANTISSA_BITS;
  let tetScale = NO_SCALE;
  /** Codes of tetrahedra, three bits each: those around the ray's cell, by scale, and those on the way, the next one lowest. */
  let around = 0;
  let way = 0;

  for (;;) {
    // Down, as long as there is a node.
    for (;;) {
      let index: number;
      const isCube = code === TOP_CELL;
      const isRegion = code === REGION_CELL;
      const childScale = isRegion ? scale : scale - 1;
      if (childScale >= (isCube ? cubeScale : tetScale)) {
        // The way to the cell behind the face.
        x = toX & -(1 << childScale);
        y = toY & -(1 << childScale);
        z = toZ & -(1 << childScale);
        const octant = ((x >> childScale) & 1) | (((y >> childScale) & 1) << 1) |
          (((z >> childScale) & 1) << 2);
        if (isCube) index = octant;
        else {
          code = way & 7;
          way >>>= 3;
          index = isRegion ? TYPE_OF_ORDER[code]! : INDEX_OF_ORDER[8 * code + octant]!;
        }
      } else {
        // The child at the face that the ray comes in by.
        const half = 1 << childScale;
        const asked = ASKED[(code << 3) | family]!;
        const apart = isRegion ? 0 : half;
        let crossed = 0;
        if ((asked & 1) !== 0 && (x + half) * inverseX - biasX < t) crossed |= 1;
        if ((asked & 2) !== 0 && (y + half) * inverseY - biasY < t) crossed |= 2;
        if ((asked & 4) !== 0 && (z + half) * inverseZ - biasZ < t) crossed |= 4;
        if ((asked & 8) !== 0 && (x - y + ((code & 1) !== 0 ? apart : -apart)) * inverseXy - biasXy < t) {
          crossed |= 8;
        }
        if ((asked & 16) !== 0 && (y - z + ((code & 2) !== 0 ? apart : -apart)) * inverseYz - biasYz < t) {
          crossed |= 16;
        }
        if ((asked & 32) !== 0 && (x - z + ((code & 4) !== 0 ? apart : -apart)) * inverseXz - biasXz < t) {
          crossed |= 32;
        }
        const child = ENTRIES[(code << 9) | (family << 6) | (crossed ^ descents)]!;
        code = child & 7;
        index = (child >> 3) & 7;
        x += half & -((child >> 6) & 1);
        y += half & -((child >> 7) & 1);
        z += half & -(child >> 8);
      }
      scale = childScale;
      if (((word >>> index) & 1) === 0) break;

      const place = (word >>> 8) + popcount8(word & ((1 << index) - 1));
      if (code === TOP_CELL && scale > regionScale) {
        word = top[place]!;
        words[scale] = word;
        continue;
      }
      let node = place;
      let level = regionScale - scale + 1;
      if (code === TOP_CELL) {
        record = place * REGION_WORDS;
        firstNode = regions[record + REGION_FIELD.nodes]!;
        // The six tetrahedra of a region are as wide as itself.
        leafScale = scale - regions[record + REGION_FIELD.depth]! + 1;
        code = REGION_CELL;
        node = 0;
        level = 0;
      }
      // A region without levels is one cube.
      const isLeaf = code === REGION_CELL ? leafScale > scale : leafScale === scale;
      const size = 1 << scale;
      if (isLeaf || (isCone && size * UNIT <= coneSize + exitOf(code, x, y, z, size) * coneSpread)) {
        hit.t = t;
        hit.region = record / REGION_WORDS;
        hit.node = regions[record + REGION_FIELD.colors]! + node +
          (isLeaf ? regions[record + REGION_FIELD.leaves]! : 0);
        hit.level = level;
        hit.x = x;
        hit.y = y;
        hit.z = z;
        hit.size = size;
        hit.type = TYPE_OF_ORDER[code]!;
        hit.face = family === NO_FAMILY ? INSIDE_FACE : 2 * family + ((descents >> family) & 1);
        return true;
      }
      word = nodes[firstNode + node]!;
      if (code === REGION_CELL) rootWord = word;
      else {
        words[scale] = word;
        const shift = 3 * (regionScale - scale);
        around = (around & ~(7 << shift)) | (code << shift);
      }
    }

    // Along, over the face that the ray leaves the cell by.
    const size = 1 << scale;
    const exits = EXITS[(code << 6) | descents]!;
    let next = Infinity;
    if ((exits & 1) !== 0) {
      next = (x + (size & ascentX)) * inverseX - biasX;
      family = 0;
    }
    if ((exits & 2) !== 0) {
      const exit = (y + (size & ascentY)) * inverseY - biasY;
      if (exit < next) {
        next = exit;
        family = 1;
      }
    }
    if ((exits & 4) !== 0) {
      const exit = (z + (size & ascentZ)) * inverseZ - biasZ;
      if (exit < next) {
        next = exit;
        family = 2;
      }
    }
    if ((exits & 8) !== 0) {
      const exit = (x - y) * inverseXy - biasXy;
      if (exit < next) {
        next = exit;
        family = 3;
      }
    }
    if ((exits & 16) !== 0) {
      const exit = (y - z) * inverseYz - biasYz;
      if (exit < next) {
        next = exit;
        family = 4;
      }
    }
    if ((exits & 32) !== 0) {
      const exit = (x - z) * inverseXz - biasXz;
      if (exit < next) {
        next = exit;
        family = 5;
      }
    }
    if (next > t) t = next;
    if (!(t <= tMax) || next === Infinity) return false;
    toX = x;
    toY = y;
    toZ = z;
    let changed = 0;
    if (family === 0) {
      toX += (descents & 1) !== 0 ? -size : size;
      changed = x ^ toX;
    } else if (family === 1) {
      toY += (descents & 2) !== 0 ? -size : size;
      changed = y ^ toY;
    } else if (family === 2) {
      toZ += (descents & 4) !== 0 ? -size : size;
      changed = z ^ toZ;
    }
    // Out of the world.
    if (changed >>> MANTISSA_BITS !== 0) return false;

    // Up, to the first cell that holds this one and the next.
    if (code === TOP_CELL) {
      cubeScale = scale;
      tetScale = NO_SCALE;
      scale = 32 - Math.clz32(changed);
      word = words[scale]!;
      continue;
    }
    cubeScale = 0;
    tetScale = scale;
    way = 0;
    code ^= TURNS[family]!;
    for (;;) {
      way = (way << 3) | code;
      if (scale === regionScale) {
        code = changed >>> scale === 0 ? REGION_CELL : TOP_CELL;
        if (code === TOP_CELL) scale = 32 - Math.clz32(changed);
        word = code === TOP_CELL ? words[scale]! : rootWord;
        break;
      }
      const octant = ((toX >> scale) & 1) | (((toY >> scale) & 1) << 1) | (((toZ >> scale) & 1) << 2);
      code = PARENT_ORDER[8 * octant + code]!;
      scale++;
      if (changed >>> scale === 0 && ((around >> (3 * (regionScale - scale))) & 7) === code) {
        word = words[scale]!;
        break;
      }
    }
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
