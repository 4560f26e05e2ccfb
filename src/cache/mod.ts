/** Built regions in memory and their encoded frames. */
export { type CacheKey, cacheKey } from "./cache_key.ts";
export { CachedRegion, type CachedRegionOptions, MAX_LOD } from "./cached_region.ts";
export { cutTree } from "./cut_tree.ts";
export type { GrowthListener } from "./frame_store.ts";
export { type CacheStats, type PutOptions, RegionCache, type RegionCacheOptions } from "./region_cache.ts";
