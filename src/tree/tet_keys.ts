import { CHILD_INDEX, OCTANT_OF_CHILD, PARENT_TYPE, TET_TYPES, TYPE_OF_CHILD } from "./tet_tables.ts";

/**
 * Keys of the tetrahedra of a region that is cut into 2^level cubes an axis, six tetrahedra a cube: 3 bits for the root's
 * type, then 3 for the child index at each of the `level` refinements (the TM index of Burstedde & Holke, 2016). So the
 * parent of a key is `key >>> 3`, and ascending keys are the order of a tree's level `level + 1`.
 */

/** Finest level of tetrahedra that has keys: 30 bits. */
export const MAX_TET_LEVEL = 9;

/** A tetrahedron by its shape and the place of its cube among those of its level. */
export interface TetPlace {
  /** 0 to 5, as in `tet_tables.ts`. */
  readonly type: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Type by the three comparisons x >= y, y >= z, x >= z as bits 0 to 2; 3 and 4 contradict themselves. */
const TYPE_OF_ORDER: Uint8Array = Uint8Array.of(4, 5, 3, 0, 0, 0, 2, 1);

/**
 * The key of the tetrahedron of `type` (0 to 5) in cube (x, y, z), each from 0 to 2^level - 1: climbs to the root, as the
 * octant and the type of a child give its index and its parent's type. Whole numbers only; linear in `level`.
 *
 * @throws RangeError if the level, the type or the cube does not exist
 */
export function tetKey(type: number, x: number, y: number, z: number, level: number): number {
  checkTetLevel(level);
  // A number that is not whole differs from its low bits, so this one test refuses fractions, too.
  const most = 2 ** level - 1;
  if ((x & most) !== x || (y & most) !== y || (z & most) !== z) {
    throw new RangeError(
      `Cube must have three whole coordinates from 0 to ${most} at level ${level}, got ${x}, ${y}, ${z}`,
    );
  }
  if (!Number.isInteger(type) || type < 0 || type >= TET_TYPES) {
    throw new RangeError(`Type of a tetrahedron must be a whole number from 0 to 5, got ${type}`);
  }
  let key = 0;
  let at = type;
  for (let bit = 0; bit < level; bit++) {
    const octant = ((x >>> bit) & 1) | (((y >>> bit) & 1) << 1) | (((z >>> bit) & 1) << 2);
    key |= CHILD_INDEX[8 * at + octant]! << (3 * bit);
    at = PARENT_TYPE[6 * octant + at]!;
  }
  return key | (at << (3 * level));
}

/**
 * The tetrahedron of a key of 2^level cubes an axis. Linear in `level`.
 *
 * @throws RangeError if the level does not exist or no tetrahedron of it has this key
 */
export function tetOfKey(key: number, level: number): TetPlace {
  checkTetLevel(level);
  const keys = TET_TYPES * 8 ** level;
  if (!Number.isInteger(key) || key < 0 || key >= keys) {
    throw new RangeError(`Key must be a whole number from 0 to ${keys - 1} at level ${level}, got ${key}`);
  }
  let type = key >>> (3 * level);
  let x = 0;
  let y = 0;
  let z = 0;
  for (let bit = level - 1; bit >= 0; bit--) {
    const child = 8 * type + ((key >>> (3 * bit)) & 7);
    const octant = OCTANT_OF_CHILD[child]!;
    x = 2 * x + (octant & 1);
    y = 2 * y + ((octant >>> 1) & 1);
    z = 2 * z + (octant >>> 2);
    type = TYPE_OF_CHILD[child]!;
  }
  return { type, x, y, z };
}

/**
 * The key of the tetrahedron that holds a point of the unit cube [0, 1)^3, the region's. A point on a face goes to the
 * side that the comparisons x >= y, y >= z, x >= z name within its cube, so every point has exactly one tetrahedron.
 *
 * @throws RangeError if the level does not exist or the point lies outside
 */
export function locateTet(x: number, y: number, z: number, level: number): number {
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1 && z >= 0 && z < 1)) {
    throw new RangeError(`Point must lie in the unit cube [0, 1), got ${x}, ${y}, ${z}`);
  }
  // A product with a power of two and the difference to its floor are exact, so no rounding moves the point.
  const scale = 2 ** level;
  const cubeX = Math.floor(x * scale);
  const cubeY = Math.floor(y * scale);
  const cubeZ = Math.floor(z * scale);
  const inX = x * scale - cubeX;
  const inY = y * scale - cubeY;
  const inZ = z * scale - cubeZ;
  const order = Number(inX >= inY) | (Number(inY >= inZ) << 1) | (Number(inX >= inZ) << 2);
  return tetKey(TYPE_OF_ORDER[order]!, cubeX, cubeY, cubeZ, level);
}

/** Refuses a level that has no keys. @throws RangeError */
export function checkTetLevel(level: number): void {
  if (!Number.isInteger(level) || level < 0 || level > MAX_TET_LEVEL) {
    throw new RangeError(
      `Level of tetrahedra must be a whole number from 0 to ${MAX_TET_LEVEL}, got ${level}`,
    );
  }
}
