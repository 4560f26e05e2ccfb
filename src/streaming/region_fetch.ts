import type { CachedRegion, RegionCache } from "../cache/mod.ts";
import type { Clock, TimerId } from "../observe/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { RegionWait, RegionWaits } from "./region_waits.ts";
import type { WorldStream } from "./world_stream.ts";

/** What somebody who asks for one region at a time wants of it. */
export interface RegionQuery {
  readonly key: RegionKey;
  readonly kind: TreeKind;
  /** The finest LOD that is wanted; one coarser than the root means the root. */
  readonly lod: number;
  /** What the asker holds: he is told if there is nothing else. */
  readonly held?: { readonly version: number; readonly lod: number };
  /** Longest time to wait for a build that is missing, in milliseconds. */
  readonly buildWaitMs: number;
  /** Longest time to wait for something else than what is held, in milliseconds; absent: not at all. */
  readonly newsWaitMs?: number;
  /** The asker is gone when it aborts. */
  readonly signal?: AbortSignal;
}

/** The answer to a {@linkcode RegionQuery}. */
export type RegionAnswer =
  /** A full frame of codec 2, or the empty frame, as all clients get it. */
  | { readonly state: "found"; readonly version: number; readonly lod: number; readonly frame: Uint8Array }
  /** What the asker holds is what there is. */
  | { readonly state: "unchanged"; readonly version: number; readonly lod: number }
  /** It was not built in time. */
  | { readonly state: "late" }
  /** There is no such region, or no such world any more. */
  | { readonly state: "gone" };

/** What a fetch works with. */
export interface FetchContext {
  readonly clock: Clock;
  readonly cache: RegionCache;
  readonly stream: WorldStream;
  readonly waits: RegionWaits;
  /** Asks for a build. */
  readonly requestBuild: () => void;
  /** Tells that one more or one less wants the region. */
  readonly interestChanged: () => void;
}

/**
 * One region for one who asks for it once: from the cache if its newest version is there and fine enough, else as soon as it
 * is built. While the asker waits, the region counts as wanted: it is pinned, and its kind and LOD are named to the builder.
 * When the time is over, an older version is better than nothing.
 */
export function fetchRegion(query: RegionQuery, context: FetchContext): Promise<RegionAnswer> {
  const { stream, cache } = context;
  const newest = stream.world.region(query.key)?.version;
  if (newest === undefined) return Promise.resolve({ state: "gone" });
  const { held, lod, newsWaitMs = 0 } = query;
  const isHeldNewest = held?.version === newest && held.lod === lod;
  if (isHeldNewest && newsWaitMs === 0) return Promise.resolve({ state: "unchanged", version: newest, lod });
  const region = cache.get(stream.cacheKey(query.key));
  const isReady = isReadyFor(region, newest, lod, cache);
  const answer = isReady ? answerOf(region, query, cache) : undefined;
  if (answer !== undefined && !(answer.state === "unchanged" && newsWaitMs > 0)) {
    return Promise.resolve(answer);
  }
  return new Promise((resolve) => {
    new Fetch(query, newest, context, resolve).start(!isReady && !isHeldNewest);
  });
}

/** A fetch that waits. */
class Fetch implements RegionWait {
  readonly lod: number;
  readonly wantsFrame = true;
  readonly #query: RegionQuery;
  readonly #newest: number;
  readonly #context: FetchContext;
  readonly #resolve: (answer: RegionAnswer) => void;
  readonly #onAbort = (): void => this.#finish({ state: "late" });
  #timer: TimerId | undefined;

  /** @param newest version that will do at least */
  constructor(
    query: RegionQuery,
    newest: number,
    context: FetchContext,
    resolve: (answer: RegionAnswer) => void,
  ) {
    this.lod = query.lod;
    this.#query = query;
    this.#newest = newest;
    this.#context = context;
    this.#resolve = resolve;
  }

  /** @param isMissing whether a build must be asked for */
  start(isMissing: boolean): void {
    const { cache, clock, stream, waits, requestBuild, interestChanged } = this.#context;
    const { key, buildWaitMs, newsWaitMs = 0, signal } = this.#query;
    cache.pin(stream.cacheKey(key));
    waits.add(key, this);
    const waitMs = isMissing ? Math.max(buildWaitMs, newsWaitMs) : newsWaitMs;
    this.#timer = clock.setTimeout(() => this.#finish(this.#atLast()), waitMs);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    interestChanged();
    if (isMissing) requestBuild();
    // Who was gone before anybody listened is told of by no event.
    if (signal?.aborted === true) this.#onAbort();
  }

  onBuilt(region: CachedRegion): void {
    const { cache } = this.#context;
    if (!isReadyFor(region, this.#newest, this.lod, cache)) return;
    const answer = answerOf(region, this.#query, cache);
    if (answer.state === "unchanged" && (this.#query.newsWaitMs ?? 0) > 0) return;
    this.#finish(answer);
  }

  onEnd(): void {
    this.#finish({ state: "gone" });
  }

  /** What there is when the time is over. */
  #atLast(): RegionAnswer {
    const { cache, stream } = this.#context;
    const { held, key, lod } = this.#query;
    const region = cache.peek(stream.cacheKey(key));
    if (region !== undefined) return answerOf(region, this.#query, cache);
    // Nobody needed it in the cache: what is held is the newest all the same.
    const isHeldNewest = held?.version === stream.world.region(key)?.version && held?.lod === lod;
    return isHeldNewest ? { state: "unchanged", version: held!.version, lod } : { state: "late" };
  }

  #finish(answer: RegionAnswer): void {
    const { cache, clock, stream, waits, interestChanged } = this.#context;
    const { key, signal } = this.#query;
    if (this.#timer === undefined) return;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    signal?.removeEventListener("abort", this.#onAbort);
    waits.delete(key, this);
    cache.unpin(stream.cacheKey(key));
    interestChanged();
    this.#resolve(answer);
  }
}

/** Whether the cache has a version that will do, as fine as memory allows. */
export function isReadyFor(
  region: CachedRegion | undefined,
  version: number,
  lod: number,
  cache: RegionCache,
): region is CachedRegion {
  return region !== undefined && region.version >= version &&
    region.finestLod <= Math.max(lod, cache.heldLod, region.floorLod);
}

function answerOf(region: CachedRegion, query: RegionQuery, cache: RegionCache): RegionAnswer {
  const { version } = region;
  const finest = Math.max(query.lod, cache.heldLod, region.finestLod);
  const lod = region.isEmpty ? 0 : Math.min(region.depth, finest);
  const { held } = query;
  // What is finer than there is now, and no finer than asked, is nothing that anybody is to go back from.
  if (held?.version === version && (held.lod === lod || (held.lod < lod && held.lod >= query.lod))) {
    return { state: "unchanged", version, lod: held.lod };
  }
  return { state: "found", version, lod, frame: region.frame(lod, 2) };
}
