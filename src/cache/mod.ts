/** Built regions in memory and their encoded frames. */
export { CachedRegion, type CachedRegionOptions } from "./cached_region.ts";
export {
  type CacheKey,
  cacheKey,
  type CacheStats,
  RegionCache,
  type RegionCacheOptions,
} from "./region_cache.ts";
