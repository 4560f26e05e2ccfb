import type { CacheKey } from "./cache_key.ts";
import type { CachedRegion } from "./cached_region.ts";

/** Options of {@linkcode UnpinnedRegions}. */
export interface UnpinnedRegionsOptions {
  /** A region that nobody asked for this long is too old. */
  readonly ttlMs: number;
  /** Monotonic time in milliseconds. */
  readonly now: () => number;
  /** Told of each region that is given up: as too old, or to make room. */
  readonly onGivenUp: (region: CachedRegion) => void;
}

interface Unpinned {
  readonly region: CachedRegion;
  usedMs: number;
}

/**
 * Regions that nobody sees now, in the order of their last use. As all may stay as long, that is also the order in which they
 * become too old, so that giving up those that are takes no look at the others. All operations are O(1), but for
 * {@linkcode UnpinnedRegions.sweep}: O(regions given up).
 */
export class UnpinnedRegions {
  readonly #options: UnpinnedRegionsOptions;
  /** The least recently used first. */
  readonly #regions = new Map<CacheKey, Unpinned>();

  constructor(options: UnpinnedRegionsOptions) {
    this.#options = options;
  }

  /** Regions that are here, those too old included. */
  get size(): number {
    return this.#regions.size;
  }

  /** Takes a region in, as used now. */
  set(key: CacheKey, region: CachedRegion): void {
    this.#use(key, { region, usedMs: 0 });
  }

  /** A region, which is used now; one that is too old is given up. */
  get(key: CacheKey): CachedRegion | undefined {
    const entry = this.#regions.get(key);
    if (entry === undefined) return undefined;
    if (this.#isOld(entry)) {
      this.#giveUp(key, entry);
      return undefined;
    }
    this.#use(key, entry);
    return entry.region;
  }

  /** As `get`, but the region is not used by that, and stays. */
  peek(key: CacheKey): CachedRegion | undefined {
    const entry = this.#regions.get(key);
    return entry === undefined || this.#isOld(entry) ? undefined : entry.region;
  }

  /** A region, however old. */
  find(key: CacheKey): CachedRegion | undefined {
    return this.#regions.get(key)?.region;
  }

  /** Strikes a region off; nobody is told. */
  delete(key: CacheKey): void {
    this.#regions.delete(key);
  }

  /** Gives up the region whose last use is longest ago, if there is any. */
  giveUpOldest(): void {
    for (const [key, entry] of this.#regions) return this.#giveUp(key, entry);
  }

  /** Gives up all that are too old. */
  sweep(): void {
    for (const [key, entry] of this.#regions) {
      if (!this.#isOld(entry)) return;
      this.#giveUp(key, entry);
    }
  }

  #isOld({ usedMs }: Unpinned): boolean {
    return this.#options.now() - usedMs > this.#options.ttlMs;
  }

  #use(key: CacheKey, entry: Unpinned): void {
    entry.usedMs = this.#options.now();
    this.#regions.delete(key);
    this.#regions.set(key, entry);
  }

  #giveUp(key: CacheKey, { region }: Unpinned): void {
    this.#regions.delete(key);
    this.#options.onGivenUp(region);
  }
}
