import type { RegionKey } from "../space/mod.ts";
import type { ContentHash, Tree, TreeKind } from "../tree/mod.ts";
import { emptyTree } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";
import type { Clock, Logger, Random, TimerId } from "../observe/mod.ts";
import { BuildAbortedError, type Builder } from "./builder.ts";
import { BuildQueue } from "./queue.ts";

/** A finished build of one version of one region. */
export interface BuiltRegion {
  readonly world: World;
  readonly key: RegionKey;
  readonly version: number;
  readonly kind: TreeKind;
  /** Hash of the voxels that the tree holds. */
  readonly hash: ContentHash;
  readonly tree: Tree;
  /** Payloads of codec 2 that were encoded along with the build, by LOD. */
  readonly payloads: ReadonlyMap<number, Uint8Array>;
}

/** What the build service asks of those who show regions; `app.ts` joins them. */
export interface BuildHooks {
  /** How many clients see the region now. */
  seenBy(world: World, key: RegionKey): number;
  /** LODs of the region that clients see now: they are encoded in the build's Worker. */
  wantedLods(world: World, key: RegionKey): readonly number[];
  /** Whether a build that nobody waits for would be kept; if not, it waits until there is room or somebody looks. */
  hasRoomForUnseen(): boolean;
  /** Called with each finished build, the newest last, even if the region has changed again meanwhile. */
  onBuilt(built: BuiltRegion): void;
}

/** Options of {@linkcode BuildService}. */
export interface BuildServiceOptions {
  readonly builder: Builder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly maxQueueDepth: number;
  readonly backfillIntervalMs: number;
  readonly maxBuildsPerSecondPerRegion: number;
}

/** Counters of the build service since its start, and its present load. */
export interface BuildStats {
  /** Builds that ended well; emptied regions, which need no builder, among them. */
  readonly totalBuilds: number;
  readonly failedBuilds: number;
  /** Mean over what the builder built; 0 before the first. */
  readonly avgBuildTimeMs: number;
  readonly queueDepth: number;
  readonly inFlight: number;
  readonly refusals: number;
  readonly evictions: number;
}

/** What is known of a region between builds; dropped by the backfill once it no longer holds anything back. */
interface Track {
  building: boolean;
  dirtyAgain: boolean;
  failures: number;
  /** Monotonic time before which no build of this region starts. */
  notBeforeMs: number;
  timer: TimerId | undefined;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 60_000;

/**
 * Turns dirty regions into trees: takes them from the worlds' dirty sets through a bounded queue (seen first), with
 * one build in flight a region and a "dirty again" mark, and publishes the newest finished build even when the
 * region has changed meanwhile. What the queue refuses stays dirty and comes back as the queue drains, or with
 * the periodic backfill. A build that fails is tried again after an exponentially growing, jittered pause.
 */
export class BuildService {
  readonly #options: BuildServiceOptions;
  readonly #hooks: BuildHooks;
  readonly #queue: BuildQueue;
  readonly #worlds = new Map<World, { tracks: Map<RegionKey, Track>; unsubscribe: () => void }>();
  readonly #minIntervalMs: number;
  #backfill: TimerId | undefined;
  #inFlight = 0;
  #total = 0;
  #failed = 0;
  #timed = 0;
  #buildMs = 0;
  #starved = false;
  #pumpScheduled = false;
  #disposed = false;

  constructor(options: BuildServiceOptions, hooks: BuildHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#queue = new BuildQueue(options.maxQueueDepth);
    this.#minIntervalMs = 1000 / options.maxBuildsPerSecondPerRegion;
    this.#scheduleBackfill();
  }

  /** Name of the backend that really builds. */
  get builderName(): string {
    return this.#options.builder.name;
  }

  /** Starts to build what is and becomes dirty in the world. */
  watch(world: World): void {
    const unsubscribe = world.onChange((change) => {
      for (const key of change.dirty) this.#want(world, key);
    });
    this.#worlds.set(world, { tracks: new Map(), unsubscribe });
    for (const key of world.dirty) this.#want(world, key);
  }

  /** Forgets a world: its waiting builds are cancelled, and running ones are dropped when they finish. */
  unwatch(world: World): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined) return;
    watched.unsubscribe();
    for (const track of watched.tracks.values()) this.#clear(track.timer);
    this.#worlds.delete(world);
    this.#queue.cancelWorld(world);
  }

  /** Asks for a build of a region that is not in the cache, dirty or not. */
  request(world: World, key: RegionKey): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined || watched.tracks.get(key)?.building) return;
    this.#want(world, key);
  }

  /** Takes over how many clients see a region that may be waiting. */
  reprioritise(world: World, key: RegionKey, seen: number): void {
    this.#queue.reprioritise(world, key, seen);
  }

  /** Whether nothing waits and nothing is being built. */
  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#queue.size === 0;
  }

  /** Counters for metrics. */
  stats(): BuildStats {
    return {
      totalBuilds: this.#total,
      failedBuilds: this.#failed,
      avgBuildTimeMs: this.#timed === 0 ? 0 : this.#buildMs / this.#timed,
      queueDepth: this.#queue.size,
      inFlight: this.#inFlight,
      refusals: this.#queue.refusals,
      evictions: this.#queue.evictions,
    };
  }

  /** Stops; running builds are dropped. The builder itself belongs to the caller. */
  dispose(): void {
    this.#disposed = true;
    this.#clear(this.#backfill);
    for (const world of [...this.#worlds.keys()]) this.unwatch(world);
  }

  #want(world: World, key: RegionKey): void {
    const tracks = this.#worlds.get(world)!.tracks;
    const track = tracks.get(key);
    if (track?.building) {
      track.dirtyAgain = true;
      return;
    }
    if (track !== undefined) {
      if (track.timer !== undefined) return;
      const waitMs = track.notBeforeMs - this.#options.clock.monotonic();
      if (waitMs > 0) {
        track.timer = this.#options.clock.setTimeout(() => {
          track.timer = undefined;
          this.#offer(world, key);
        }, waitMs);
        return;
      }
    }
    this.#offer(world, key);
  }

  #offer(world: World, key: RegionKey): void {
    const evictions = this.#queue.evictions;
    const seen = this.#hooks.seenBy(world, key);
    if (seen === 0 && !this.#hooks.hasRoomForUnseen()) return;
    const offer = this.#queue.offer({ world, key, seen });
    if (offer === "refused" || this.#queue.evictions > evictions) this.#starved = true;
    this.#schedulePump();
  }

  /** Starting builds is left to the end of the turn, so that several changes of one turn make one build. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#disposed && this.#inFlight < this.#options.builder.slots) {
      if (this.#starved && this.#queue.size <= this.#options.builder.slots) this.#refill();
      const request = this.#queue.take();
      if (request === undefined) return;
      this.#start(request.world, request.key);
    }
  }

  #start(world: World, key: RegionKey): void {
    const tracks = this.#worlds.get(world)!.tracks;
    let track = tracks.get(key);
    if (track === undefined) {
      track = { building: false, dirtyAgain: false, failures: 0, notBeforeMs: 0, timer: undefined };
      tracks.set(key, track);
    }
    track.building = true;
    track.dirtyAgain = false;
    track.notBeforeMs = this.#options.clock.monotonic() + this.#minIntervalMs;
    this.#inFlight++;
    this.#build(world, key).then(
      (built) => this.#finish(world, key, track, built),
      (error) => this.#fail(world, key, track, error),
    ).catch((error) => {
      this.#options.logger.error("build.publish_failed", {
        world: world.id,
        region: key,
        error: String(error),
      });
    });
  }

  async #build(world: World, key: RegionKey): Promise<BuiltRegion> {
    const { version, samples, hash } = world.snapshot(key);
    const kind: TreeKind = "esvo";
    const depth = world.grid.depth;
    if (samples.keys.length === 0) {
      return { world, key, version, kind, hash, tree: emptyTree(kind, depth), payloads: new Map() };
    }
    const encodeLods = this.#hooks.wantedLods(world, key);
    const result = await this.#options.builder.build({ kind, depth, samples, encodeLods });
    this.#timed++;
    this.#buildMs += result.buildMs;
    return { world, key, version, kind, hash, tree: result.tree, payloads: result.payloads };
  }

  #finish(world: World, key: RegionKey, track: Track, built: BuiltRegion): void {
    this.#end(track);
    this.#total++;
    track.failures = 0;
    if (this.#worlds.has(world)) {
      world.markBuilt(key, built.version);
      this.#hooks.onBuilt(built);
      if (track.dirtyAgain || world.dirty.has(key)) this.#want(world, key);
    }
    this.#pump();
  }

  #fail(world: World, key: RegionKey, track: Track, error: unknown): void {
    this.#end(track);
    this.#failed++;
    // Another region's job took this one's Worker down: no fault of this region, so it pays no growing pause.
    const isInnocent = error instanceof BuildAbortedError && error.reason === "lost";
    if (!isInnocent) track.failures++;
    const ceilingMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** track.failures);
    const pauseMs = Math.max(this.#minIntervalMs, ceilingMs * this.#options.random());
    track.notBeforeMs = this.#options.clock.monotonic() + pauseMs;
    this.#options.logger.error("build.failed", {
      world: world.id,
      region: key,
      failures: track.failures,
      retryInMs: Math.round(pauseMs),
      error: error instanceof Error ? error.message : String(error),
    });
    if (this.#worlds.has(world)) this.#want(world, key);
    this.#pump();
  }

  #clear(timer: TimerId | undefined): void {
    if (timer !== undefined) this.#options.clock.clearTimeout(timer);
  }

  #end(track: Track): void {
    this.#inFlight--;
    track.building = false;
  }

  /** Offers dirty regions that are neither waiting nor being built, until the queue refuses. */
  #refill(): void {
    this.#starved = false;
    for (const [world, { tracks }] of this.#worlds) {
      for (const key of world.dirty) {
        const track = tracks.get(key);
        if (track?.building || track?.timer !== undefined || this.#queue.has(world, key)) continue;
        this.#want(world, key);
        if (this.#starved) return;
      }
    }
  }

  #scheduleBackfill(): void {
    this.#backfill = this.#options.clock.setTimeout(() => {
      this.#forgetIdle();
      this.#refill();
      this.#schedulePump();
      this.#scheduleBackfill();
    }, this.#options.backfillIntervalMs);
  }

  #forgetIdle(): void {
    const now = this.#options.clock.monotonic();
    for (const { tracks } of this.#worlds.values()) {
      for (const [key, track] of tracks) {
        if (!track.building && track.timer === undefined && track.notBeforeMs <= now) tracks.delete(key);
      }
    }
  }
}
