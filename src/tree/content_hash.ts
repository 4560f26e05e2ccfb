import type { Samples } from "./tree.ts";

/**
 * What a region holds, as 64 bits that do not depend on order: each lane is the sum modulo 2^32 of a 32-bit mix of every
 * (key, colour, material), so adding and removing a voxel are inverse and an edit costs one voxel. Both lanes are u32.
 *
 * Each lane mixes `key | material << 24` and then the colour with the finaliser of MurmurHash3 (Austin Appleby, public
 * domain), `lo` with its own constants and `hi` with those of "lowbias32" (Chris Wellons, public domain). It guards
 * against accidents, not against somebody who looks for a collision.
 */
export interface ContentHash {
  lo: number;
  hi: number;
}

const LO_SEED = 0x9e3779b9;
const HI_SEED = 0x85157af5;

/** The hash of no voxels. */
export function emptyHash(): ContentHash {
  return { lo: 0, hi: 0 };
}

/** Adds a voxel that was not there. Keys are below 2^24, as every region's are. */
export function addToHash(hash: ContentHash, key: number, color: number, material: number): void {
  const cell = key | (material << 24);
  hash.lo = (hash.lo + mixLo(cell, color)) >>> 0;
  hash.hi = (hash.hi + mixHi(cell, color)) >>> 0;
}

/** Takes a voxel out that is there with exactly this colour and material. */
export function removeFromHash(hash: ContentHash, key: number, color: number, material: number): void {
  const cell = key | (material << 24);
  hash.lo = (hash.lo - mixLo(cell, color)) >>> 0;
  hash.hi = (hash.hi - mixHi(cell, color)) >>> 0;
}

/** The hash of the first `count` samples (all by default), whose keys must be unique. */
export function hashSamples(samples: Samples, count: number = samples.keys.length): ContentHash {
  const { keys, colors, materials } = samples;
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < count; i++) {
    const cell = keys[i]! | (materials[i]! << 24);
    const color = colors[i]!;
    lo = (lo + mixLo(cell, color)) | 0;
    hi = (hi + mixHi(cell, color)) | 0;
  }
  return { lo: lo >>> 0, hi: hi >>> 0 };
}

/** Whether two regions hold the same voxels. */
export function sameHash(a: ContentHash, b: ContentHash): boolean {
  return a.lo === b.lo && a.hi === b.hi;
}

/** 16 hexadecimal digits, the high lane first. */
export function formatHash(hash: ContentHash): string {
  return hash.hi.toString(16).padStart(8, "0") + hash.lo.toString(16).padStart(8, "0");
}

function mixLo(cell: number, color: number): number {
  return finishLo(finishLo(cell ^ LO_SEED) ^ color);
}

function mixHi(cell: number, color: number): number {
  return finishHi(finishHi(cell ^ HI_SEED) ^ color);
}

function finishLo(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function finishHi(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}
