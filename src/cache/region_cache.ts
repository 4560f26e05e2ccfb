import { LRUCache } from "lru-cache";
import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { CachedRegion } from "./cached_region.ts";

/** Number that stands for a region of a world: the world's index in this process, and the region's key. */
export type CacheKey = number;

/** Joins a world's index and a region key, which has at most 24 bits, into one key. */
export function cacheKey(worldIndex: number, key: RegionKey): CacheKey {
  return worldIndex * 2 ** 24 + key;
}

/** Options of {@linkcode RegionCache}. */
export interface RegionCacheOptions {
  /** One budget for both tiers, trees and encoded frames counted. */
  readonly maxBytes: number;
  /** An unpinned region that nobody asked for this long is dropped. */
  readonly ttlMs: number;
  /** Called when the pinned regions alone come to exceed the budget; not again before they are back within it. */
  readonly onOverBudget?: (bytes: number, maxBytes: number) => void;
  /** Monotonic time in milliseconds. */
  readonly now: () => number;
}

/** Counters and present content of the cache. */
export interface CacheStats {
  readonly pinnedCount: number;
  readonly unpinnedCount: number;
  /** Regions of both tiers by the kind of their trees. */
  readonly countByKind: Readonly<Record<TreeKind, number>>;
  readonly totalBytes: number;
  readonly maxBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

/** Above this part of the budget unpinned regions are evicted ... */
const HIGH_WATER = 0.9;
/** ... until this part is left. */
const LOW_WATER = 0.75;

/**
 * Built regions in memory, in two tiers under one byte budget: pinned (some client sees the region: never evicted)
 * and unpinned (least recently used goes first, and after its time to live). Above 90 % of the budget unpinned
 * regions are evicted down to 75 %.
 */
export class RegionCache {
  readonly #maxBytes: number;
  readonly #onOverBudget: (bytes: number, maxBytes: number) => void;
  #isOverBudget = false;
  readonly #pins = new Map<CacheKey, number>();
  readonly #pinned = new Map<CacheKey, CachedRegion>();
  readonly #unpinned: LRUCache<CacheKey, CachedRegion>;
  readonly #countByKind: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(options: RegionCacheOptions) {
    this.#maxBytes = options.maxBytes;
    this.#onOverBudget = options.onOverBudget ?? (() => {});
    this.#unpinned = new LRUCache<CacheKey, CachedRegion>({
      // The byte budget spans both tiers, so it is kept here. The library wants a bound of its own: one "byte" a
      // region makes it a count that never binds (its `max` would allocate that many slots at once).
      maxSize: 2 ** 31,
      sizeCalculation: () => 1,
      ttl: options.ttlMs,
      ttlResolution: 0,
      updateAgeOnGet: true,
      // The library takes a start time of 0 for "no time to live".
      perf: { now: () => options.now() + 1 },
      dispose: (region, _key, reason) => {
        if (reason === "expire" || reason === "evict") {
          this.#takeOut(region);
          this.#evictions++;
        }
      },
    });
  }

  /** Stores the newest build of a region, in the tier that its pins say; an older one is replaced. */
  put(key: CacheKey, region: CachedRegion): void {
    this.delete(key);
    this.#bytes += region.bytes;
    this.#countByKind[region.tree.kind]++;
    if (this.#pins.has(key)) this.#pinned.set(key, region);
    else this.#unpinned.set(key, region);
    this.#evict();
  }

  /** The region's newest build, or undefined if it is not here. Counts as a hit or a miss. */
  get(key: CacheKey): CachedRegion | undefined {
    const region = this.#pinned.get(key) ?? this.#unpinned.get(key);
    if (region === undefined) this.#misses++;
    else this.#hits++;
    return region;
  }

  /** As `get`, but neither counts nor keeps the region from growing old. */
  peek(key: CacheKey): CachedRegion | undefined {
    return this.#pinned.get(key) ?? this.#unpinned.peek(key);
  }

  /** Forgets a region's build; its pins stay. */
  delete(key: CacheKey): void {
    const region = this.#pinned.get(key) ?? this.#unpinned.peek(key, { allowStale: true });
    if (region === undefined) return;
    this.#takeOut(region);
    this.#pinned.delete(key);
    this.#unpinned.delete(key);
  }

  /** Tells that one more client sees the region. */
  pin(key: CacheKey): void {
    const pins = this.#pins.get(key) ?? 0;
    this.#pins.set(key, pins + 1);
    if (pins > 0) return;
    const region = this.#unpinned.peek(key);
    if (region === undefined) return;
    this.#unpinned.delete(key);
    this.#pinned.set(key, region);
  }

  /** Takes one pin back; the last one moves the region to the unpinned tier. */
  unpin(key: CacheKey): void {
    const pins = this.#pins.get(key);
    if (pins === undefined) throw new RangeError(`Cannot unpin region ${key}: it is not pinned`);
    if (pins > 1) {
      this.#pins.set(key, pins - 1);
      return;
    }
    this.#pins.delete(key);
    const region = this.#pinned.get(key);
    if (region === undefined) return;
    this.#pinned.delete(key);
    this.#unpinned.set(key, region);
    this.#evict();
  }

  /** How many clients see the region. */
  pins(key: CacheKey): number {
    return this.#pins.get(key) ?? 0;
  }

  /** Adds what a cached region has grown by (a frame encoded later) to the bytes in use. */
  grew(bytes: number): void {
    this.#bytes += bytes;
    this.#evict();
  }

  /** Drops unpinned regions whose time to live is over. */
  sweep(): void {
    this.#unpinned.purgeStale();
  }

  /** Whether an unpinned region put now would stay: the pinned ones leave room below the mark of eviction. */
  get hasRoom(): boolean {
    return this.#unpinned.size > 0 || this.#bytes <= this.#maxBytes * HIGH_WATER;
  }

  /** Counters for metrics. */
  stats(): CacheStats {
    return {
      pinnedCount: this.#pinned.size,
      unpinnedCount: this.#unpinned.size,
      countByKind: { ...this.#countByKind },
      totalBytes: this.#bytes,
      maxBytes: this.#maxBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  #takeOut(region: CachedRegion): void {
    this.#bytes -= region.bytes;
    this.#countByKind[region.tree.kind]--;
  }

  #evict(): void {
    if (this.#bytes <= this.#maxBytes * HIGH_WATER) {
      this.#isOverBudget = false;
      return;
    }
    while (this.#bytes > this.#maxBytes * LOW_WATER && this.#unpinned.size > 0) this.#unpinned.pop();
    this.#checkBudget();
  }

  #checkBudget(): void {
    const wasOver = this.#isOverBudget;
    this.#isOverBudget = this.#bytes > this.#maxBytes;
    if (this.#isOverBudget && !wasOver) this.#onOverBudget(this.#bytes, this.#maxBytes);
  }
}
