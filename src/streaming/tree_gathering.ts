import type { CachedRegion } from "../cache/mod.ts";
import type { TimerId } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import { type GatheredRegion, HeldTrees, type HoldLimits } from "./held_trees.ts";
import { type FetchContext, isReadyFor } from "./region_fetch.ts";
import type { ViewedRegion } from "./region_view.ts";
import type { RegionWait } from "./region_waits.ts";

/** How much is gathered at most, and how long it may take. */
export interface GatherOptions extends HoldLimits {
  /** Longest time to wait for builds, in milliseconds. */
  readonly waitMs: number;
  /** Nobody needs it any more when it aborts. */
  readonly signal?: AbortSignal;
}

/** What a gathering works with. */
export interface GatherContext extends Pick<FetchContext, "clock" | "cache" | "stream" | "waits"> {
  /** The regions, in the order in which they matter; called again to see whether they have changed meanwhile. */
  readonly list: () => readonly ViewedRegion[];
  /** Asks for the build of a region. */
  readonly requestBuild: (key: RegionKey) => void;
  /** Tells that one more or one less wants a region. */
  readonly interestChanged: (key: RegionKey) => void;
}

/** Regions that are waited for, and so pinned in the cache, at a time. */
const MAX_WAITING = 256;
/** How often the world is looked at again for changes while its regions were gathered. */
const MAX_ROUNDS = 3;
/** Longest time on the thread in one piece. */
const PIECE_MS = 8;

/** Regions of a view were not built in time; the builds go on. */
export class LateRegionsError extends VoxcastError {
  constructor(late: number, all: number) {
    super("BUSY", `${late} of the ${all} regions in view are not built yet: come again`);
  }
}

/**
 * Gathers the trees of regions: from the cache those whose newest version is there and fine enough, the others as they are
 * built. While a region is waited for it counts as wanted and is pinned; what has been taken is held here alone, so a view
 * of more than the cache holds makes nobody's detail coarser.
 *
 * The answer shows one moment of the world if it stands still for as long as the gathering takes; a world that goes on
 * changing is looked at again a few times, and then each region is of the newest version that there was, never of one older
 * than when it was asked for, unless its build does not come in time.
 *
 * @throws {LateRegionsError} if regions are missing when the time is over
 * @throws {VoxcastError} PAYLOAD_TOO_LARGE, WORLD_NOT_FOUND if the world is deleted meanwhile
 */
export async function gatherTrees(
  options: GatherOptions,
  context: GatherContext,
): Promise<readonly GatheredRegion[]> {
  using gathering = new Gathering(options, context);
  let seen = context.list();
  for (let round = 1;; round++) {
    await gathering.bring(seen);
    const now = context.list();
    if (gathering.holdsAll(now)) return gathering.regions(now);
    if (round === MAX_ROUNDS) return gathering.regions(seen);
    seen = now;
  }
}

/** One region that is waited for. */
class TreeWait implements RegionWait {
  readonly wantsFrame = false;
  readonly region: ViewedRegion;
  readonly #gathering: Gathering;

  constructor(region: ViewedRegion, gathering: Gathering) {
    this.region = region;
    this.#gathering = gathering;
  }

  get lod(): number {
    return this.region.lod;
  }

  onBuilt(built: CachedRegion): void {
    this.#gathering.onBuilt(this, built);
  }

  onEnd(): void {
    this.#gathering.fail(new VoxcastError("WORLD_NOT_FOUND", "The world was deleted"));
  }
}

/** The work on one view. */
class Gathering implements Disposable {
  readonly #options: GatherOptions;
  readonly #context: GatherContext;
  readonly #held: HeldTrees;
  readonly #waiting = new Map<RegionKey, TreeWait>();
  readonly #timer: TimerId;
  readonly #onAbort = (): void => this.fail(this.#options.signal?.reason);
  /** Regions that are to be waited for, the last one first. */
  #missing: ViewedRegion[] = [];
  /** How many were not built in time. */
  #late = 0;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  /** Called when nothing is waited for any more, or something failed. */
  #onSettled: (() => void) | undefined;

  constructor(options: GatherOptions, context: GatherContext) {
    this.#options = options;
    this.#context = context;
    this.#held = new HeldTrees(options);
    this.#timer = context.clock.setTimeout(() => this.#end(), options.waitMs);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Gets what is not held yet in this version. */
  async bring(regions: readonly ViewedRegion[]): Promise<void> {
    await this.#takeCached(regions);
    this.#fill();
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#onSettled = resolve);
    this.#requireOn();
    if (this.#late > 0) throw new LateRegionsError(this.#late, regions.length);
  }

  /** Whether these are held in these very versions, or nothing newer can be waited for. */
  holdsAll(regions: readonly ViewedRegion[]): boolean {
    return regions.every(({ key, version }) => this.#held.get(key)?.version === version) ||
      this.#isOver && regions.every(({ key }) => this.#held.get(key) !== undefined);
  }

  /** What is held of these. */
  regions(regions: readonly ViewedRegion[]): readonly GatheredRegion[] {
    return regions.map(({ key }) => this.#held.get(key)!);
  }

  onBuilt(wait: TreeWait, built: CachedRegion): void {
    const { version, lod } = wait.region;
    if (!isReadyFor(built, version, lod, this.#context.cache)) return;
    this.#leave(wait);
    this.#hold(built, lod);
    this.#fill();
  }

  /** Ends it with an error. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#leaveAll();
    this.#onSettled?.();
  }

  [Symbol.dispose](): void {
    this.#context.clock.clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#leaveAll();
  }

  /** Takes what the cache has; what it has not is missing. */
  async #takeCached(regions: readonly ViewedRegion[]): Promise<void> {
    const { clock, cache, stream } = this.#context;
    let startMs = clock.monotonic();
    for (const region of regions) {
      if (clock.monotonic() - startMs > PIECE_MS) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 0));
        startMs = clock.monotonic();
      }
      this.#requireOn();
      const { key, version, lod } = region;
      if ((this.#held.get(key)?.version ?? 0) >= version) continue;
      const info = stream.world.region(key);
      const cached = cache.get(stream.cacheKey(key));
      if (info?.voxels === 0 && info.entities === 0) this.#held.holdEmpty(key, info.version, lod);
      else if (isReadyFor(cached, version, lod, cache)) this.#held.hold(cached, lod);
      else this.#missing.push(region);
    }
    // What matters most is waited for first.
    this.#missing.reverse();
  }

  /** Waits for more of what is missing, as far as there may be waits. */
  #fill(): void {
    const { cache, stream, waits, requestBuild, interestChanged } = this.#context;
    while (this.#failure === undefined && this.#waiting.size < MAX_WAITING && this.#missing.length > 0) {
      const region = this.#missing.pop()!;
      const { key, version, lod } = region;
      const cached = cache.peek(stream.cacheKey(key));
      if (isReadyFor(cached, version, lod, cache)) this.#hold(cached, lod);
      else if (this.#isOver) this.#holdOld(region);
      else {
        const wait = new TreeWait(region, this);
        this.#waiting.set(key, wait);
        cache.pin(stream.cacheKey(key));
        waits.add(key, wait);
        interestChanged(key);
        requestBuild(key);
      }
    }
    if (this.#waiting.size === 0) this.#onSettled?.();
  }

  /** The time is over: older versions are better than nothing. */
  #end(): void {
    this.#isOver = true;
    for (const { region } of this.#waiting.values()) this.#missing.push(region);
    this.#leaveAll();
    this.#fill();
  }

  #holdOld({ key, lod }: ViewedRegion): void {
    const { cache, stream } = this.#context;
    const cached = cache.peek(stream.cacheKey(key));
    if (cached !== undefined) this.#hold(cached, lod);
    else if (this.#held.get(key) === undefined) this.#late++;
  }

  #hold(region: CachedRegion, lod: number): void {
    try {
      this.#held.hold(region, lod);
    } catch (error) {
      this.fail(error);
    }
  }

  #leaveAll(): void {
    for (const wait of [...this.#waiting.values()]) this.#leave(wait);
  }

  #leave(wait: TreeWait): void {
    const { cache, stream, waits, interestChanged } = this.#context;
    const { key } = wait.region;
    this.#waiting.delete(key);
    waits.delete(key, wait);
    cache.unpin(stream.cacheKey(key));
    interestChanged(key);
  }

  #requireOn(): void {
    this.#options.signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
