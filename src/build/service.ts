import type { RegionKey } from "../space/mod.ts";
import { emptyTree, type Samples, type TreeKind } from "../tree/mod.ts";
import type { RegionSnapshot, World } from "../world/mod.ts";
import type { Clock, Logger, Random, TimerId } from "../observe/mod.ts";
import { BuildAbortedError, type Builder, type BuildResult } from "./builder.ts";
import type { BuildHooks } from "./built_region.ts";
import { BuildQueue } from "./queue.ts";
import { isBackendFault, retryPauseMs } from "./retry_pause.ts";
import { WorkTurns } from "./work_turns.ts";

/** Options of {@linkcode BuildService}. */
export interface BuildServiceOptions {
  readonly builder: Builder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly maxQueueDepth: number;
  readonly backfillIntervalMs: number;
  readonly maxBuildsPerSecondPerRegion: number;
  /** Most milliseconds of starting builds and publishing results before the event loop runs again. */
  readonly pumpBudgetMs: number;
}

/** Counters of the build service since its start, and its present load. */
export interface BuildStats {
  /** Builds that ended well; emptied regions, which need no builder, among them. */
  readonly totalBuilds: number;
  /** The same by kind. */
  readonly buildsByKind: Readonly<Record<TreeKind, number>>;
  readonly failedBuilds: number;
  /** Mean over what the builder built; 0 before the first. */
  readonly avgBuildTimeMs: number;
  readonly queueDepth: number;
  /** Regions being built, in however many kinds. */
  readonly inFlight: number;
  readonly refusals: number;
  readonly evictions: number;
}

/** What is known of a region between builds; dropped by the backfill once it no longer holds anything back. */
interface Track {
  /** Kinds being built; undefined while none is. */
  building: readonly TreeKind[] | undefined;
  dirtyAgain: boolean;
  /** Attempts in a row that failed by the region's own fault. */
  failures: number;
  /** Monotonic time before which no build of this region starts. */
  notBeforeMs: number;
  timer: TimerId | undefined;
}

/** One version of one region on its way through the builder, in every kind that is wanted. */
interface Attempt {
  readonly world: World;
  readonly key: RegionKey;
  readonly track: Track;
  readonly version: number;
  readonly hash: RegionSnapshot["hash"];
  /** Kinds whose outcome is still to come. */
  pending: number;
  readonly failures: Failure[];
}

interface Failure {
  readonly kind: TreeKind;
  readonly error: unknown;
}

/** How one kind of an attempt ended. */
type Outcome =
  & { readonly attempt: Attempt; readonly kind: TreeKind }
  & ({ readonly result: Omit<BuildResult, "buildMs"> } | Failure);

/** Regions offered from the dirty sets in one step: enough to be rare, few enough to be quick. */
const REFILL_STEP = 512;

/**
 * Turns dirty regions into trees: takes them from the worlds' dirty sets through a bounded queue (seen first), with
 * one build in flight a region and a "dirty again" mark, and publishes the newest finished build even when the
 * region has changed meanwhile. One build reads one version and makes every kind that is wanted of it. What the queue
 * refuses stays dirty and comes back as the queue drains, or with the periodic backfill. A build that fails is tried
 * again after an exponentially growing, jittered pause. Builds are started and results published in turns of bounded
 * time.
 */
export class BuildService {
  readonly #options: BuildServiceOptions;
  readonly #hooks: BuildHooks;
  readonly #queue: BuildQueue;
  readonly #turns: WorkTurns;
  readonly #worlds = new Map<World, { tracks: Map<RegionKey, Track>; unsubscribe: () => void }>();
  readonly #minIntervalMs: number;
  /** What the builder has answered and nobody has been told of yet; `#nextOutcome` is the oldest. */
  #outcomes: Outcome[] = [];
  #nextOutcome = 0;
  #backfill: TimerId | undefined;
  /** Set while the builder can build nothing at all. */
  #hold: TimerId | undefined;
  #inFlight = 0;
  #jobs = 0;
  readonly #built: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
  #failed = 0;
  #timed = 0;
  #buildMs = 0;
  #starved = false;

  constructor(options: BuildServiceOptions, hooks: BuildHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#queue = new BuildQueue(options.maxQueueDepth);
    this.#turns = new WorkTurns({
      clock: options.clock,
      budgetMs: options.pumpBudgetMs,
      step: () => this.#publishNext() || this.#startNext(),
    });
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

  /** Asks for a build of a region that the cache does not hold in this kind and its newest version, dirty or not. */
  request(world: World, key: RegionKey, kind: TreeKind): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined || watched.tracks.get(key)?.building?.includes(kind)) return;
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
      totalBuilds: this.#built.esvo + this.#built.esvt,
      buildsByKind: { ...this.#built },
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
    this.#turns.dispose();
    this.#clear(this.#backfill);
    this.#clear(this.#hold);
    for (const world of [...this.#worlds.keys()]) this.unwatch(world);
  }

  #want(world: World, key: RegionKey): void {
    const tracks = this.#worlds.get(world)!.tracks;
    const track = tracks.get(key);
    if (track?.building !== undefined) {
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
    // Starting builds is left to the end of the turn, so that several changes of one turn make one build.
    this.#turns.schedule();
  }

  /** Starts the most urgent build if the builder has room; false if there is none to start. */
  #startNext(): boolean {
    if (this.#hold !== undefined || this.#jobs >= this.#options.builder.slots) return false;
    if (this.#starved && this.#queue.size <= this.#lowWater) this.#refill();
    const request = this.#queue.take();
    if (request === undefined) return false;
    this.#start(request.world, request.key);
    return true;
  }

  /** Below this queue depth refused regions are taken in again. A builder may turn out to have more slots, or fewer. */
  get #lowWater(): number {
    return Math.min(this.#options.builder.slots, this.#options.maxQueueDepth >> 1);
  }

  #start(world: World, key: RegionKey): void {
    const version = world.region(key)?.version ?? 0;
    const kinds = this.#hooks.wantedKinds(world, key, version);
    if (kinds.length === 0) {
      world.markBuilt(key, version);
      return;
    }
    const { hash, samples } = world.snapshot(key);
    const track = this.#trackOf(world, key);
    track.building = kinds;
    track.dirtyAgain = false;
    track.notBeforeMs = this.#options.clock.monotonic() + this.#minIntervalMs;
    this.#inFlight++;
    this.#jobs += kinds.length;
    const attempt: Attempt = { world, key, track, version, hash, pending: kinds.length, failures: [] };
    kinds.forEach((kind, i) => {
      // A builder may take the arrays away, so only the last job gets the snapshot's own.
      this.#build(attempt, kind, i < kinds.length - 1 ? copyOf(samples) : samples);
    });
  }

  #trackOf(world: World, key: RegionKey): Track {
    const { tracks } = this.#worlds.get(world)!;
    let track = tracks.get(key);
    if (track === undefined) {
      track = { building: undefined, dirtyAgain: false, failures: 0, notBeforeMs: 0, timer: undefined };
      tracks.set(key, track);
    }
    return track;
  }

  #build(attempt: Attempt, kind: TreeKind, samples: Samples): void {
    const { world, key } = attempt;
    const depth = world.grid.depth;
    if (samples.keys.length === 0) {
      this.#outcomes.push({ attempt, kind, result: { tree: emptyTree(kind, depth), payloads: new Map() } });
      return;
    }
    const encodeLods = this.#hooks.wantedLods(world, key, kind);
    this.#options.builder.build({ kind, depth, samples, encodeLods }).then(
      (result) => {
        this.#timed++;
        this.#buildMs += result.buildMs;
        this.#settle({ attempt, kind, result });
      },
      (error) => this.#settle({ attempt, kind, error }),
    );
  }

  #settle(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#turns.schedule();
  }

  /** Publishes the oldest outcome; false if there is none. */
  #publishNext(): boolean {
    const outcome = this.#outcomes[this.#nextOutcome];
    if (outcome === undefined) return false;
    if (++this.#nextOutcome === this.#outcomes.length) {
      this.#outcomes = [];
      this.#nextOutcome = 0;
    }
    this.#jobs--;
    const { attempt } = outcome;
    if ("error" in outcome) attempt.failures.push(outcome);
    else this.#publish(attempt, outcome.kind, outcome.result);
    if (--attempt.pending === 0) this.#conclude(attempt);
    return true;
  }

  #publish(
    { world, key, version, hash }: Attempt,
    kind: TreeKind,
    result: Omit<BuildResult, "buildMs">,
  ): void {
    this.#built[kind]++;
    if (!this.#worlds.has(world)) return;
    const { tree, payloads } = result;
    try {
      this.#hooks.onBuilt({ world, key, version, kind, hash, tree, payloads });
    } catch (error) {
      const fields = { world: world.id, region: key, kind, error: String(error) };
      this.#options.logger.error("build.publish_failed", fields);
    }
  }

  /** Every kind of the attempt has ended. A kind that failed is tried again; those that did not are there by then. */
  #conclude({ world, key, track, version, failures }: Attempt): void {
    this.#inFlight--;
    track.building = undefined;
    const isWatched = this.#worlds.has(world);
    if (failures.length > 0) {
      this.#pause(world, key, track, failures);
      if (isWatched) this.#want(world, key);
      return;
    }
    track.failures = 0;
    if (!isWatched) return;
    world.markBuilt(key, version);
    if (track.dirtyAgain || world.dirty.has(key)) this.#want(world, key);
  }

  #pause(world: World, key: RegionKey, track: Track, failures: readonly Failure[]): void {
    const { clock, random, logger } = this.#options;
    const isOwnFault = !failures.every(({ error }) => isBackendFault(error));
    if (isOwnFault) track.failures++;
    const pauseMs = Math.max(this.#minIntervalMs, retryPauseMs(isOwnFault ? track.failures : 0, random));
    track.notBeforeMs = clock.monotonic() + pauseMs;
    for (const { kind, error } of failures) {
      this.#failed++;
      const fields = {
        world: world.id,
        region: key,
        kind,
        failures: track.failures,
        retryInMs: Math.round(pauseMs),
        error: error instanceof Error ? error.message : String(error),
      };
      // The backend tells of its own faults once; a line for each of its jobs would bury that.
      if (isBackendFault(error)) logger.debug("build.aborted", fields);
      else logger.error("build.failed", fields);
      if (error instanceof BuildAbortedError && error.reason === "unavailable") this.#holdBack();
    }
  }

  /** Offers the builder nothing for a moment: as it is, it would turn away the whole queue at once. */
  #holdBack(): void {
    const { clock, random } = this.#options;
    this.#hold ??= clock.setTimeout(() => {
      this.#hold = undefined;
      this.#turns.schedule();
    }, Math.max(this.#minIntervalMs, retryPauseMs(0, random)));
  }

  #clear(timer: TimerId | undefined): void {
    if (timer !== undefined) this.#options.clock.clearTimeout(timer);
  }

  /** Offers dirty regions that are neither waiting nor being built, until the queue refuses or a step's worth is in. */
  #refill(): void {
    this.#starved = false;
    const enough = this.#queue.size + REFILL_STEP;
    for (const [world, { tracks }] of this.#worlds) {
      for (const key of world.dirty) {
        const track = tracks.get(key);
        const isUnderWay = track?.building !== undefined || track?.timer !== undefined;
        if (isUnderWay || this.#queue.has(world, key)) continue;
        this.#want(world, key);
        if (this.#queue.size >= enough) this.#starved = true;
        if (this.#starved) return;
      }
    }
  }

  #scheduleBackfill(): void {
    this.#backfill = this.#options.clock.setTimeout(() => {
      this.#forgetIdle();
      this.#refill();
      this.#turns.schedule();
      this.#scheduleBackfill();
    }, this.#options.backfillIntervalMs);
  }

  #forgetIdle(): void {
    const now = this.#options.clock.monotonic();
    for (const { tracks } of this.#worlds.values()) {
      for (const [key, track] of tracks) {
        const isIdle = track.building === undefined && track.timer === undefined;
        if (isIdle && track.notBeforeMs <= now) tracks.delete(key);
      }
    }
  }
}

function copyOf({ keys, colors, materials }: Samples): Samples {
  return { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() };
}
