import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { CacheKey } from "./cache_key.ts";
import type { CachedRegion } from "./cached_region.ts";
import { DetailBudget } from "./detail_budget.ts";
import { UnpinnedRegions } from "./unpinned_regions.ts";

/** Options of {@linkcode RegionCache}. Its hooks may be called from within any of its methods and those of its regions. */
export interface RegionCacheOptions {
  /** One budget for both tiers, trees and encoded frames counted. */
  readonly maxBytes: number;
  /** An unpinned region that nobody asked for this long is dropped. */
  readonly ttlMs: number;
  /**
   * Called when the pinned regions alone come to exceed the budget even at their coarsest; not again before they are back
   * within it.
   */
  readonly onOverBudget?: (bytes: number, maxBytes: number) => void;
  /** Called when pinned regions are held coarser than before, or may be finer again. */
  readonly onHeldLod?: (heldLod: number, previousLod: number) => void;
  /** Called when a region alone exceeds the budget; not again for this region before it has been within it. */
  readonly onOversized?: (key: RegionKey, bytes: number, maxBytes: number) => void;
  /** Monotonic time in milliseconds. */
  readonly now: () => number;
}

/** How a region is stored. */
export interface PutOptions {
  /** Whether to remember what has changed since the versions before, for `CachedRegion.delta`. */
  readonly keepsDeltas?: boolean;
}

/** Counters and present content of the cache. */
export interface CacheStats {
  readonly pinnedCount: number;
  readonly unpinnedCount: number;
  /** Regions of both tiers by the kind of their trees. */
  readonly countByKind: Readonly<Record<TreeKind, number>>;
  readonly totalBytes: number;
  readonly maxBytes: number;
  /** Bytes that the pinned regions would take in full detail. */
  readonly demandBytes: number;
  /** LOD finer than which no pinned region is kept. */
  readonly heldLod: number;
  readonly hits: number;
  readonly misses: number;
  /** Part of lookups that hit; 0 before the first. */
  readonly hitRate: number;
  readonly evictions: number;
  /** Times that a region lost its finest levels to make room. */
  readonly trims: number;
  /** Regions that alone exceeded the budget, each counted when it was told of. */
  readonly oversized: number;
}

/** Above this part of the budget unpinned regions are evicted, or pinned ones trimmed ... */
const HIGH_WATER = 0.9;
/** ... until this part is left; pinned ones may be finer again if they would take this part at most. */
const LOW_WATER = 0.75;

/**
 * Built regions in memory, in two tiers under one byte budget: pinned (some client sees the region: never evicted)
 * and unpinned (least recently used goes first, and after its time to live). Above 90 % of the budget unpinned
 * regions are evicted down to 75 %. If the pinned ones alone take more than 90 %, their finest levels of detail are given
 * up, those of all alike, until they fit.
 */
export class RegionCache {
  readonly #options: RegionCacheOptions;
  readonly #highBytes: number;
  readonly #lowBytes: number;
  readonly #detail: DetailBudget;
  #isOverBudget = false;
  readonly #pins = new Map<CacheKey, number>();
  readonly #pinned = new Map<CacheKey, CachedRegion>();
  readonly #unpinned: UnpinnedRegions;
  /** Regions that were told of as larger than the budget. */
  readonly #oversized = new Set<CacheKey>();
  readonly #countByKind: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #trims = 0;
  #oversizedTold = 0;

  constructor(options: RegionCacheOptions) {
    this.#options = options;
    this.#highBytes = options.maxBytes * HIGH_WATER;
    this.#lowBytes = options.maxBytes * LOW_WATER;
    this.#detail = new DetailBudget({ highBytes: this.#highBytes, lowBytes: this.#lowBytes });
    this.#unpinned = new UnpinnedRegions({
      ttlMs: options.ttlMs,
      now: options.now,
      onGivenUp: (region) => {
        this.#takeOut(region);
        this.#evictions++;
      },
    });
  }

  /** LOD finer than which no pinned region is kept: 0 unless they do not fit the budget in full. */
  get heldLod(): number {
    return this.#detail.lod;
  }

  /**
   * Stores the newest build of a region, in the tier that its pins say; an older one is replaced. A pinned region is
   * trimmed to what there is room for. An unpinned one that alone exceeds the budget is not kept.
   */
  put(key: CacheKey, region: CachedRegion, { keepsDeltas = false }: PutOptions = {}): void {
    const isPinned = this.#pins.has(key);
    const previous = this.#pinned.get(key) ?? this.#unpinned.find(key);
    if (previous !== undefined) {
      region.follow(previous, keepsDeltas && isPinned);
      this.#remove(key, previous);
    }
    region.limitTo(this.#highBytes);
    if (region.floorLod > 0) this.#tellOversized(key, region);
    else this.#oversized.delete(key);
    if (isPinned) this.#pin(key, region);
    else if (region.floorLod === 0) this.#unpinned.set(key, region);
    if (isPinned || region.floorLod === 0) this.#takeIn(key, region);
    this.#settle();
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
    this.#oversized.delete(key);
    const region = this.#pinned.get(key) ?? this.#unpinned.find(key);
    if (region === undefined) return;
    this.#remove(key, region);
    this.#settle();
  }

  /** Tells that one more client sees the region. */
  pin(key: CacheKey): void {
    const pins = this.#pins.get(key) ?? 0;
    this.#pins.set(key, pins + 1);
    if (pins > 0) return;
    const region = this.#unpinned.peek(key);
    if (region === undefined) return;
    this.#unpinned.delete(key);
    this.#bytes -= this.#pin(key, region);
    this.#settle();
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
    this.#detail.remove(region);
    this.#unpinned.set(key, region);
    this.#settle();
  }

  /** How many clients see the region. */
  pins(key: CacheKey): number {
    return this.#pins.get(key) ?? 0;
  }

  /** Drops unpinned regions whose time to live is over. O(regions dropped). */
  sweep(): void {
    this.#unpinned.sweep();
  }

  /** Whether an unpinned region put now would stay: the pinned ones leave room below the mark of eviction. */
  get hasRoom(): boolean {
    return this.heldLod === 0 && (this.#unpinned.size > 0 || this.#bytes <= this.#highBytes);
  }

  /** Counters for metrics. */
  stats(): CacheStats {
    return {
      pinnedCount: this.#pinned.size,
      unpinnedCount: this.#unpinned.size,
      countByKind: { ...this.#countByKind },
      totalBytes: this.#bytes,
      maxBytes: this.#options.maxBytes,
      demandBytes: this.#detail.demand(0),
      heldLod: this.heldLod,
      hits: this.#hits,
      misses: this.#misses,
      hitRate: this.#hits / Math.max(1, this.#hits + this.#misses),
      evictions: this.#evictions,
      trims: this.#trims,
      oversized: this.#oversizedTold,
    };
  }

  /** Counts what comes in, and what it grows by later. */
  #takeIn(key: CacheKey, region: CachedRegion): void {
    this.#bytes += region.bytes;
    this.#countByKind[region.tree.kind]++;
    region.watchGrowth((bytes, demandBytes, lod) => {
      this.#bytes += bytes;
      if (this.#pinned.has(key)) this.#detail.grow(region, lod, demandBytes);
      this.#settle();
    });
  }

  #takeOut(region: CachedRegion): void {
    region.watchGrowth(undefined);
    this.#bytes -= region.bytes;
    this.#countByKind[region.tree.kind]--;
  }

  #remove(key: CacheKey, region: CachedRegion): void {
    this.#takeOut(region);
    if (this.#pinned.delete(key)) this.#detail.remove(region);
    else this.#unpinned.delete(key);
  }

  /** Puts a region among the pinned ones, trimmed as they are; returns the bytes that this has freed. */
  #pin(key: CacheKey, region: CachedRegion): number {
    this.#pinned.set(key, region);
    this.#detail.add(region);
    return this.#trim(region);
  }

  #trim(region: CachedRegion): number {
    const freed = region.trim(Math.max(this.heldLod, region.floorLod));
    if (freed > 0) this.#trims++;
    return freed;
  }

  /** Brings everything back within its bounds. */
  #settle(): void {
    const previousLod = this.heldLod;
    const hasChanged = this.#detail.settle();
    if (this.heldLod > previousLod) {
      for (const region of this.#pinned.values()) this.#bytes -= this.#trim(region);
    }
    this.#evict();
    this.#checkBudget();
    if (hasChanged) this.#options.onHeldLod?.(this.heldLod, previousLod);
  }

  #evict(): void {
    if (this.#bytes <= this.#highBytes) return;
    while (this.#bytes > this.#lowBytes && this.#unpinned.size > 0) this.#unpinned.giveUpOldest();
  }

  #checkBudget(): void {
    const { maxBytes, onOverBudget } = this.#options;
    const wasOver = this.#isOverBudget;
    this.#isOverBudget = this.#bytes > maxBytes;
    if (this.#isOverBudget && !wasOver) onOverBudget?.(this.#bytes, maxBytes);
  }

  #tellOversized(key: CacheKey, region: CachedRegion): void {
    if (this.#oversized.has(key)) return;
    this.#oversized.add(key);
    this.#oversizedTold++;
    this.#options.onOversized?.(region.key, region.fullBytes, this.#options.maxBytes);
  }
}
