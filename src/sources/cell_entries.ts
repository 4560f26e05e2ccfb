import { encodeMorton, type Grid } from "../space/mod.ts";
import type { CellWalker } from "./cell_walker.ts";

/** One line for each (cell, point) pair of a batch of regions, and the order that brings equal cells together. */
export interface CellEntries {
  readonly count: number;
  /** Morton code of the region. */
  readonly regions: Uint32Array;
  /** Morton code of the cell in its region. */
  readonly keys: Uint32Array;
  /** The point. */
  readonly points: Uint32Array;
  /** Entries by region, then key, then point. */
  readonly order: Uint32Array;
}

/**
 * Gathers the entries of the regions from..to-1 (Morton codes) and sorts them. Linear: a radix sort whose digits cover
 * the bits that keys and regions can have.
 */
export function gatherEntries(
  walker: CellWalker,
  pointCount: number,
  grid: Grid,
  batch: { readonly from: number; readonly to: number; readonly entries: number },
  onPoint: (i: number) => void,
): CellEntries {
  const { depth, level } = grid;
  const mask = 2 ** depth - 1;
  const regions = new Uint32Array(batch.entries);
  const keys = new Uint32Array(batch.entries);
  const points = new Uint32Array(batch.entries);
  const { low, high } = walker;
  let count = 0;
  for (let point = 0; point < pointCount; point++) {
    onPoint(point);
    if (!walker.locate(point)) continue;
    for (let z = low[2]!; z < high[2]!; z++) {
      for (let y = low[1]!; y < high[1]!; y++) {
        for (let x = low[0]!; x < high[0]!; x++) {
          const region = encodeMorton(x >> depth, y >> depth, z >> depth);
          if (region < batch.from || region >= batch.to) continue;
          regions[count] = region;
          keys[count] = encodeMorton(x & mask, y & mask, z & mask);
          points[count++] = point;
        }
      }
    }
  }
  return { count, regions, keys, points, order: sortEntries(keys, depth * 3, regions, level * 3) };
}

/** How many cells fall into each region, by Morton code. */
export function countRegions(walker: CellWalker, pointCount: number, grid: Grid): Uint32Array {
  const { depth, level } = grid;
  const counts = new Uint32Array(8 ** level);
  const { low, high } = walker;
  for (let point = 0; point < pointCount; point++) {
    if (!walker.locate(point)) continue;
    for (let z = low[2]!; z < high[2]!; z++) {
      for (let y = low[1]!; y < high[1]!; y++) {
        for (let x = low[0]!; x < high[0]!; x++) counts[encodeMorton(x >> depth, y >> depth, z >> depth)]!++;
      }
    }
  }
  return counts;
}

const MAX_DIGIT_BITS = 12;

function sortEntries(
  keys: Uint32Array,
  keyBits: number,
  regions: Uint32Array,
  regionBits: number,
): Uint32Array {
  let order = new Uint32Array(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let other = new Uint32Array(order.length);
  for (const [values, bits] of [[keys, keyBits], [regions, regionBits]] as const) {
    const digits = Math.ceil(bits / MAX_DIGIT_BITS);
    const digitBits = Math.ceil(bits / digits);
    for (let digit = 0; digit < digits; digit++) {
      if (sortByDigit(order, other, values, digit * digitBits, digitBits)) [order, other] = [other, order];
    }
  }
  return order;
}

/** One stable counting sort; false, with nothing moved, when all values have the same digit. */
function sortByDigit(
  from: Uint32Array,
  to: Uint32Array,
  values: Uint32Array,
  shift: number,
  bits: number,
): boolean {
  const starts = new Uint32Array(2 ** bits);
  const mask = starts.length - 1;
  for (let i = 0; i < values.length; i++) starts[(values[i]! >>> shift) & mask]!++;
  let sum = 0;
  for (let digit = 0; digit < starts.length; digit++) {
    const count = starts[digit]!;
    if (count === values.length) return false;
    starts[digit] = sum;
    sum += count;
  }
  for (let i = 0; i < from.length; i++) {
    const entry = from[i]!;
    const digit = (values[entry]! >>> shift) & mask;
    to[starts[digit]!++] = entry;
  }
  return true;
}
