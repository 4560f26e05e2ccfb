import type { RegionKey } from "../space/mod.ts";

/** Number that stands for a region of a world: the world's index in this process, and the region's key. */
export type CacheKey = number;

/** Joins a world's index and a region key, which has at most 24 bits, into one key. */
export function cacheKey(worldIndex: number, key: RegionKey): CacheKey {
  return worldIndex * 2 ** 24 + key;
}
