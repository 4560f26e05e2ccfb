import { type Bounds, type Grid, MAX_LEVEL } from "./grid.ts";
import { encodeMorton, mortonX, mortonY, mortonZ } from "./morton.ts";
import type { Vec3 } from "./vec3.ts";

declare const brand: unique symbol;

/**
 * Names a region of a world: `level * 2^21 + Morton code`, at most 24 bits, so it stays a small integer in maps
 * and arrays. Only {@link regionKey}, {@link regionOfCell} and {@link parseRegionKey} make one.
 */
export type RegionKey = number & { readonly [brand]: "RegionKey" };

const MORTON_BITS = 3 * MAX_LEVEL;
const MORTON_MASK = 2 ** MORTON_BITS - 1;
const KEY_TEXT = /^([0-7])\/(0|[1-9][0-9]{0,6})$/;

/**
 * The key of a region.
 * @param level 0..7
 * @param morton 0..8^level - 1
 * @throws {RangeError} if one is out of range
 */
export function regionKey(level: number, morton: number): RegionKey {
  if (!isRegion(level, morton)) throw new RangeError(`There is no region ${level}/${morton}`);
  return (level << MORTON_BITS | morton) as RegionKey;
}

/** The level of a region, 0..7. */
export function regionLevel(key: RegionKey): number {
  return key >>> MORTON_BITS;
}

/** The Morton code of a region within its level. */
export function regionMorton(key: RegionKey): number {
  return key & MORTON_MASK;
}

/**
 * The region that holds a cell, by global cell coordinates.
 * @throws {RangeError} if the cell is outside the grid
 */
export function regionOfCell(grid: Grid, x: number, y: number, z: number): RegionKey {
  const bits = grid.level + grid.depth;
  // An unsigned shift lets one comparison find both a negative coordinate and one beyond the grid.
  if (((x >>> bits) | (y >>> bits) | (z >>> bits)) !== 0) {
    throw new RangeError(`Cell [${x}, ${y}, ${z}] is outside the grid of ${2 ** bits} cells an axis`);
  }
  const d = grid.depth;
  return (grid.level << MORTON_BITS | encodeMorton(x >>> d, y >>> d, z >>> d)) as RegionKey;
}

/** The Morton code of a cell within its region, by global cell coordinates: 3 bits a level of the grid depth. */
export function cellKey(grid: Grid, x: number, y: number, z: number): number {
  const mask = (1 << grid.depth) - 1;
  return encodeMorton(x & mask, y & mask, z & mask);
}

/** A region key as text, `level/morton`, for logs, addresses and messages. */
export function formatRegionKey(key: RegionKey): string {
  return `${regionLevel(key)}/${regionMorton(key)}`;
}

/** Reads what {@link formatRegionKey} writes, in exactly that form; undefined for anything else. */
export function parseRegionKey(text: string): RegionKey | undefined {
  const match = KEY_TEXT.exec(text);
  if (match === null) return undefined;
  const level = Number(match[1]);
  const morton = Number(match[2]);
  return isRegion(level, morton) ? regionKey(level, morton) : undefined;
}

/**
 * The cube of a region in world units. Neighbours share their faces to the bit. Which region holds a point on or
 * within rounding of a face is for `quantize` to say.
 */
export function regionBounds(grid: Grid, key: RegionKey): Bounds {
  const level = regionLevel(key);
  const morton = regionMorton(key);
  const x = mortonX(morton);
  const y = mortonY(morton);
  const z = mortonZ(morton);
  return {
    min: [gridLine(grid, 0, level, x), gridLine(grid, 1, level, y), gridLine(grid, 2, level, z)],
    max: [gridLine(grid, 0, level, x + 1), gridLine(grid, 1, level, y + 1), gridLine(grid, 2, level, z + 1)],
  };
}

/**
 * The global cell coordinates of a region's lowest corner. A region coarser than the grid's level (a key of a
 * lower level) covers as many more cells.
 */
export function regionOrigin(grid: Grid, key: RegionKey): Vec3 {
  const shift = grid.depth + grid.level - regionLevel(key);
  const morton = regionMorton(key);
  return [mortonX(morton) << shift, mortonY(morton) << shift, mortonZ(morton) << shift];
}

function isRegion(level: number, morton: number): boolean {
  // By shifts, as every view of every client makes the keys of its regions.
  return (level >>> 0) === level && level <= MAX_LEVEL && (morton >>> 0) === morton &&
    morton < 1 << (3 * level);
}

function gridLine(grid: Grid, axis: 0 | 1 | 2, level: number, index: number): number {
  const min = grid.bounds.min[axis];
  const max = grid.bounds.max[axis];
  const n = 2 ** level;
  return index === n ? max : min + index * ((max - min) / n);
}
