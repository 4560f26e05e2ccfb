import type { RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { ClientError, localError, toClientError } from "./client_error.ts";
import {
  type ListedRegion,
  type Paced,
  type PollingServer,
  type RegionList,
  RegionRequests,
  type RegionRequestsDeps,
} from "./region_requests.ts";
import type { Registration } from "./server_message.ts";
import { sameViewport } from "./viewport_sender.ts";

/** What a poller needs, and whom it tells. */
export interface RegionPollerDeps extends RegionRequestsDeps {
  /** Least time between the beginnings of two rounds. */
  readonly intervalMs: number;
  /** The world that is wanted; undefined if it is the server's default. */
  readonly world: () => string | undefined;
  /** The newest view. */
  readonly viewport: () => Viewport | undefined;
  /** The world is another one, or has begun anew, or is asked for the first time. */
  readonly onWorld: (registration: Registration) => void;
  /** The server was told of this view. */
  readonly onViewport: (viewport: Viewport) => void;
  readonly onFrame: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly onError: (error: ClientError) => void;
  /** Whether regions come this way has changed. */
  readonly onServing: () => void;
}

/** What is held of a region. */
interface Fetched {
  readonly version: number;
  /** LOD that it came at ... */
  readonly lod: number;
  /** ... and that was asked for: the server may have it finer later. */
  readonly askedLod: number;
  /** An empty region is the same at every LOD. */
  readonly isEmpty: boolean;
  /** Of the answer that brought it. */
  readonly etag: string | undefined;
}

/** Requests under way at the same time. */
const MAX_PARALLEL = 4;
/** A list is waited for so long, if the server waits that long: proxies cut what is silent for 30 s. */
const MAX_WAIT_SEC = 20;

/**
 * Fetches the regions in view over HTTP, round after round: the list of those in view, then each whose version or level of
 * detail is not the one that was asked for. A list that has not changed is answered when it does, so news comes within a round
 * trip, and what does not change costs next to nothing. Regions that came coarser than they were asked for are asked for again
 * by turns, one a round. Rounds follow each other no faster than the interval, and ask no more than the server grants.
 */
export class RegionPoller {
  readonly #deps: RegionPollerDeps;
  readonly #requests: RegionRequests;
  #abort: AbortController | undefined;
  /** The list that is waited for: of which view, and what ends that. */
  #waiting: { readonly viewport: Viewport; readonly abort: AbortController } | undefined;
  #isServing = false;
  #server: PollingServer | undefined;
  #registration: Registration | undefined;
  #list: RegionList | undefined;
  /** The view that it is of. */
  #listed: Viewport | undefined;
  readonly #fetched = new Map<RegionKey, Fetched>();
  /** Regions whose last request failed, and which failure that was: they are asked for after the others, the last one last. */
  readonly #failed = new Map<RegionKey, number>();
  #failures = 0;

  constructor(deps: RegionPollerDeps) {
    this.#deps = deps;
    this.#requests = new RegionRequests(deps);
  }

  /** Whether regions come this way: the rounds go on, and the server answers. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Starts the rounds; nothing happens if they go on already. */
  start(): void {
    if (this.#abort !== undefined) return;
    const abort = this.#abort = new AbortController();
    void this.#run(abort.signal);
  }

  /** Ends them: nothing is told any more. What was fetched is forgotten, as others go on from here. */
  stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#isServing = false;
    this.#server = undefined;
    this.#registration = undefined;
    this.#forget();
  }

  /** These regions are fetched again in the next round. */
  refetch(keys: Iterable<RegionKey>): void {
    for (const key of keys) this.#fetched.delete(key);
    this.#waiting?.abort.abort();
  }

  /** The world or the view that is wanted may be another one: no list of before is waited for then. */
  look(): void {
    const { world, viewport } = this.#deps;
    if (this.#waiting === undefined) return;
    const isSameWorld = this.#registration?.world === (world() ?? this.#server?.defaultWorld);
    if (!isSameWorld || !sameViewport(this.#waiting.viewport, viewport()!)) this.#waiting.abort.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { intervalMs, timers, onError } = this.#deps;
    while (!signal.aborted) {
      let nextMs = timers.monotonic() + intervalMs;
      try {
        const pauseMs = await this.#round(signal);
        if (signal.aborted) return;
        nextMs = Math.max(nextMs, timers.monotonic() + pauseMs);
        this.#serves(true);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toClientError(thrown);
        nextMs = timers.monotonic() + Math.max(intervalMs, error.retryAfterMs ?? 0);
        if (error.code === "UNREACHABLE") this.#serves(false);
        onError(error);
      }
      await this.#pause(nextMs - timers.monotonic(), signal);
    }
  }

  #serves(isServing: boolean): void {
    if (isServing === this.#isServing) return;
    this.#isServing = isServing;
    this.#deps.onServing();
  }

  /** Answers how long to wait at least before the next round. */
  async #round(signal: AbortSignal): Promise<number> {
    const { viewport: view, onViewport } = this.#deps;
    if (view() === undefined) return 0;
    this.#server ??= await this.#requests.server(signal);
    const world = this.#deps.world() ?? this.#server.defaultWorld;
    if (world === undefined) throw localError("MALFORMED", "The server does not name its default world");
    if (this.#registration?.world !== world) await this.#begin(world, signal);
    // Asked for now, as whoever is shown another world may look at it from elsewhere.
    const viewport = view()!;
    const before = this.#list;
    const { value: list, pauseMs } = await this.#listOf(world, viewport, signal);
    if (this.#registration!.epoch !== list.epoch) {
      await this.#begin(world, signal);
      // Begun anew once more, or told by different servers: the next round finds out.
      if (this.#registration!.epoch !== list.epoch) return pauseMs;
    }
    this.#list = list;
    this.#listed = viewport;
    if (list.url !== before?.url) onViewport(viewport);
    // What is out of view may be dropped by whoever holds it.
    const listed = new Set(list.regions.map(({ key }) => key));
    for (const key of this.#fetched.keys()) if (!listed.has(key)) this.#fetched.delete(key);
    for (const key of this.#failed.keys()) if (!listed.has(key)) this.#failed.delete(key);
    if (pauseMs > 0) return pauseMs;
    return await this.#fetchAll(world, this.#due(list.regions), signal);
  }

  /** The list of what is in view, waited for if there is nothing else to do meanwhile. */
  async #listOf(world: string, viewport: Viewport, signal: AbortSignal): Promise<Paced<RegionList>> {
    const list = this.#list;
    const maxSec = Math.min(MAX_WAIT_SEC, this.#server!.maxPollSec);
    // A list that nobody waits for is never given up: a camera that always moves would never get one.
    const isNext = this.#listed === undefined || !sameViewport(this.#listed, viewport);
    if (list === undefined || isNext || maxSec === 0 || !this.#isComplete(list.regions)) {
      return await this.#requests.list(world, viewport, list, 0, signal);
    }
    const abort = new AbortController();
    this.#waiting = { viewport, abort };
    const onAbort = (): void => abort.abort();
    signal.addEventListener("abort", onAbort);
    try {
      return await this.#requests.list(world, viewport, list, maxSec, abort.signal);
    } catch (error) {
      signal.throwIfAborted();
      // As many wait as may: what is there now is told all the same.
      if (error instanceof ClientError && error.code === "BUSY") {
        return await this.#requests.list(world, viewport, list, 0, signal);
      }
      if (!abort.signal.aborted) throw error;
      return { value: list, pauseMs: 0 };
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting = undefined;
    }
  }

  /** Fetches regions until one cannot be had or no more is granted. No request is under way when it returns. */
  async #fetchAll(world: string, due: readonly ListedRegion[], signal: AbortSignal): Promise<number> {
    const next = due.values();
    const failures: unknown[] = [];
    let pauseMs = 0;
    const work = async (): Promise<void> => {
      for (const region of next) {
        try {
          pauseMs = Math.max(pauseMs, await this.#fetch(world, region, signal));
          this.#failed.delete(region.key);
        } catch (error) {
          if (signal.aborted) return;
          this.#failed.set(region.key, ++this.#failures);
          failures.push(error);
        }
        if (pauseMs > 0 || failures.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
    if (failures.length > 0) throw failures[0];
    return pauseMs;
  }

  #isHeld({ key, version, lod }: ListedRegion): boolean {
    const fetched = this.#fetched.get(key);
    return fetched?.version === version && (fetched.askedLod === lod || fetched.isEmpty);
  }

  /** Whether all that is listed is held as it is listed, and as fine as it was asked for. */
  #isComplete(listed: readonly ListedRegion[]): boolean {
    if (!listed.every((region) => this.#isHeld(region))) return false;
    return ![...this.#fetched.values()].some(isCoarser);
  }

  /** What is not held as it is listed, and one of what came coarser than that: the one that was asked for longest ago. */
  #due(listed: readonly ListedRegion[]): ListedRegion[] {
    const due = listed.filter((region) => !this.#isHeld(region));
    const failureOf = ({ key }: ListedRegion) => this.#failed.get(key) ?? 0;
    if (due.length > 0) return due.sort((a, b) => failureOf(a) - failureOf(b));
    for (const [key, fetched] of this.#fetched) {
      if (!isCoarser(fetched)) continue;
      // The last one to be asked for stands last.
      this.#fetched.delete(key);
      this.#fetched.set(key, fetched);
      return [{ key, version: fetched.version, lod: fetched.askedLod }];
    }
    return [];
  }

  async #begin(world: string, signal: AbortSignal): Promise<void> {
    const registration = await this.#requests.world(world, signal);
    signal.throwIfAborted();
    this.#forget();
    this.#registration = registration;
    this.#deps.onWorld(registration);
  }

  #forget(): void {
    this.#list = undefined;
    this.#listed = undefined;
    this.#fetched.clear();
    this.#failed.clear();
  }

  /** Answers how long to wait before more is asked. */
  async #fetch(world: string, region: ListedRegion, signal: AbortSignal): Promise<number> {
    const { key, lod: askedLod } = region;
    const before = this.#fetched.get(key);
    const { value: answer, pauseMs } = await this.#requests.region(world, region, before?.etag, signal);
    signal.throwIfAborted();
    if (answer === "unchanged") {
      // Whoever could not use it may have asked for it anew meanwhile.
      if (before !== undefined && this.#fetched.get(key) === before) {
        this.#fetched.set(key, { ...before, askedLod });
      }
    } else if (answer !== "gone") {
      const { version, lod, isEmpty, etag } = answer;
      this.#fetched.set(key, { version, lod, askedLod, isEmpty, etag });
      this.#deps.onFrame(answer.bytes);
    }
    return pauseMs;
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const { timers } = this.#deps;
    return new Promise((resolve) => {
      if (delayMs <= 0 || signal.aborted) return resolve();
      const end = (): void => {
        timers.clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = timers.setTimeout(end, delayMs);
      signal.addEventListener("abort", end);
    });
  }
}

function isCoarser({ lod, askedLod, isEmpty }: Fetched): boolean {
  return !isEmpty && lod > askedLod;
}
