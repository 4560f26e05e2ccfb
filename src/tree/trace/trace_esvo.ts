import { popcount8 } from "../popcount.ts";
import { CUBE_TYPE, type Hit, INSIDE_FACE, NO_REGION } from "./hit.ts";
import {
  awayFromZero,
  largestComponent,
  LEAST_COMPONENT,
  MANTISSA_BITS,
  type Ray,
  UNIT,
  WORLD_UNITS,
} from "./ray.ts";
import { REGION_FIELD, REGION_WORDS, type Scene, TOP_HEADER_WORDS } from "./scene.ts";

/** What the axis is before the first plane is crossed. */
const NO_AXIS = 3;

/** Words of the nodes above the ray's cell, by the scale of their children. Nothing stays in it between calls. */
const stack = new Uint32Array(MANTISSA_BITS);

/**
 * Finds where a ray first meets a scene of octrees: one walk down the octree over the regions and on into theirs, after
 * S. Laine, T. Karras, "Efficient Sparse Voxel Octrees" (2010), section 3. Coordinates are whole numbers of mantissa units,
 * mirrored on the axes along which the ray ascends, so that it always descends. A cell of scale s is 2^s units wide; its
 * number among its siblings is bit s of its coordinates. Steps are linear in the cells crossed, and nothing is allocated.
 *
 * Every plane is `t(K) = K * inverse - bias` of its true coordinate K, so cells that share a face agree on where the ray
 * crosses it. One plane is crossed at a time, and one that is crossed at the very `t` of a cell's entry is still ahead; so the
 * walk never passes an edge diagonally, and a shell of cells that share faces lets no ray through.
 */
export function traceEsvo(scene: Scene, ray: Ray, hit: Hit): boolean {
  hit.region = NO_REGION;
  const largest = largestComponent(ray.dx, ray.dy, ray.dz);
  if (largest === 0 || scene.regions.length === 0) return false;
  const least = largest * LEAST_COMPONENT;
  const dx = awayFromZero(ray.dx, least);
  const dy = awayFromZero(ray.dy, least);
  const dz = awayFromZero(ray.dz, least);
  const inverseX = 1 / dx;
  const inverseY = 1 / dy;
  const inverseZ = 1 / dz;
  const biasX = ray.ox * inverseX;
  const biasY = ray.oy * inverseY;
  const biasZ = ray.oz * inverseZ;
  // K of the mirrored coordinate p is zero + p * unit.
  const zeroX = dx > 0 ? 2 : 1;
  const zeroY = dy > 0 ? 2 : 1;
  const zeroZ = dz > 0 ? 2 : 1;
  const unitX = dx > 0 ? -UNIT : UNIT;
  const unitY = dy > 0 ? -UNIT : UNIT;
  const unitZ = dz > 0 ? -UNIT : UNIT;
  const mirror = (dx > 0 ? 1 : 0) | (dy > 0 ? 2 : 0) | (dz > 0 ? 4 : 0);
  const { top, regions, nodes } = scene;
  const { tMax, coneSize, coneSpread } = ray;
  const hasCone = coneSize > 0 || coneSpread > 0;

  // Where the ray leaves its cell by each axis. The first cell is the world.
  let exitX = zeroX * inverseX - biasX;
  let exitY = zeroY * inverseY - biasY;
  let exitZ = zeroZ * inverseZ - biasZ;
  let t = ray.tMin;
  let axis = NO_AXIS;
  const enterX = (zeroX + WORLD_UNITS * unitX) * inverseX - biasX;
  const enterY = (zeroY + WORLD_UNITS * unitY) * inverseY - biasY;
  const enterZ = (zeroZ + WORLD_UNITS * unitZ) * inverseZ - biasZ;
  if (enterX > t) {
    t = enterX;
    axis = 0;
  }
  if (enterY > t) {
    t = enterY;
    axis = 1;
  }
  if (enterZ > t) {
    t = enterZ;
    axis = 2;
  }
  if (!(t <= Math.min(exitX, exitY, exitZ, tMax))) return false;

  const regionScale = MANTISSA_BITS - scene.level;
  let leafScale = 0;
  let record = 0;
  let firstNode = 0;
  let scale = MANTISSA_BITS;
  let size = WORLD_UNITS;
  let x = 0;
  let y = 0;
  let z = 0;
  let index = scene.level === 0 ? 0 : TOP_HEADER_WORDS;
  for (;;) {
    // The ray is in a cell that is there: number `index` of its level's array.
    let word: number;
    if (scale > regionScale) {
      word = top[index]!;
    } else {
      if (scale === regionScale) {
        record = index * REGION_WORDS;
        leafScale = scale - regions[record + REGION_FIELD.depth]!;
        firstNode = regions[record + REGION_FIELD.nodes]!;
        index = 0;
      }
      const isLeaf = scale === leafScale;
      if (
        isLeaf || (hasCone && size * UNIT <= coneSize + Math.min(exitX, exitY, exitZ) * coneSpread)
      ) {
        const before = isLeaf ? regions[record + REGION_FIELD.leaves]! : 0;
        hit.t = t;
        hit.region = record / REGION_WORDS;
        hit.node = regions[record + REGION_FIELD.colors]! + before + index;
        hit.level = regionScale - scale;
        hit.x = dx > 0 ? WORLD_UNITS - size - x : x;
        hit.y = dy > 0 ? WORLD_UNITS - size - y : y;
        hit.z = dz > 0 ? WORLD_UNITS - size - z : z;
        hit.size = size;
        hit.type = CUBE_TYPE;
        hit.face = axis === NO_AXIS ? INSIDE_FACE : 2 * axis + (((mirror >> axis) & 1) ^ 1);
        return true;
      }
      word = nodes[firstNode + index]!;
    }

    // Down: into the half that lies before the middle plane, as long as that is ahead.
    scale--;
    size >>= 1;
    stack[scale] = word;
    let slot = mirror;
    const middleX = (zeroX + (x + size) * unitX) * inverseX - biasX;
    const middleY = (zeroY + (y + size) * unitY) * inverseY - biasY;
    const middleZ = (zeroZ + (z + size) * unitZ) * inverseZ - biasZ;
    if (middleX >= t) {
      x += size;
      slot ^= 1;
      exitX = middleX;
    }
    if (middleY >= t) {
      y += size;
      slot ^= 2;
      exitY = middleY;
    }
    if (middleZ >= t) {
      z += size;
      slot ^= 4;
      exitZ = middleZ;
    }

    // Along, until a cell is there.
    while (((word >>> slot) & 1) === 0) {
      let crossed: number;
      if (exitX <= exitY && exitX <= exitZ) {
        t = exitX;
        axis = 0;
        crossed = x;
        x -= size;
        crossed ^= x;
        slot ^= 1;
        exitX = (zeroX + x * unitX) * inverseX - biasX;
      } else if (exitY <= exitZ) {
        t = exitY;
        axis = 1;
        crossed = y;
        y -= size;
        crossed ^= y;
        slot ^= 2;
        exitY = (zeroY + y * unitY) * inverseY - biasY;
      } else {
        t = exitZ;
        axis = 2;
        crossed = z;
        z -= size;
        crossed ^= z;
        slot ^= 4;
        exitZ = (zeroZ + z * unitZ) * inverseZ - biasZ;
      }
      if (t > tMax) return false;
      if (crossed === size) continue;

      // Up: the highest bit that changed is the scale of the next cell; a coordinate below 0 is outside of the world.
      if (crossed < 0) return false;
      scale = 31 - Math.clz32(crossed);
      size = 1 << scale;
      x &= -size;
      y &= -size;
      z &= -size;
      slot = (((x >> scale) & 1) | (((y >> scale) & 1) << 1) | (((z >> scale) & 1) << 2)) ^ mirror;
      exitX = (zeroX + x * unitX) * inverseX - biasX;
      exitY = (zeroY + y * unitY) * inverseY - biasY;
      exitZ = (zeroZ + z * unitZ) * inverseZ - biasZ;
      word = stack[scale]!;
    }
    index = (word >>> 8) + popcount8(word & ((1 << slot) - 1));
  }
}
