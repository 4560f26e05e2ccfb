import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";
import type { Clock, Logger, Random, TimerId } from "../observe/mod.ts";
import { Attempts, type Failure } from "./attempts.ts";
import type { BuildStats } from "./build_stats.ts";
import { BuildAbortedError, type Builder } from "./builder.ts";
import type { BuildHooks } from "./built_region.ts";
import { DurationTally } from "./duration_tally.ts";
import { logFailure } from "./failure_log.ts";
import { urgencyOf } from "./interest.ts";
import { BuildQueue, type BuildRequest } from "./queue.ts";
import { Refill } from "./refill.ts";
import { Reorder } from "./reorder.ts";
import { type FailedAttempt, RegionTracks } from "./region_tracks.ts";
import { isBackendFault, retryPauseMs } from "./retry_pause.ts";
import { UnseenRest } from "./unseen_rest.ts";
import type { WatchedWorld } from "./watched_world.ts";
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
  /** Failures of one region in a row after which it is left alone ... */
  readonly breakerFailures: number;
  /** ... for so long, until one trial is made. */
  readonly breakerPauseMs: number;
  /** Told how long each build waited in the queue. */
  readonly onWait?: (ms: number) => void;
  /** Told how long each build took in the builder. */
  readonly onBuildTime?: (ms: number) => void;
}

/**
 * Turns dirty regions into trees: takes them from the worlds' dirty sets through a bounded queue (the more are seen and
 * the larger the sooner), with one build in flight a region and a "dirty again" mark, and publishes the newest finished
 * build even when the region has changed meanwhile. One build reads one version and makes every kind that is wanted of it.
 *
 * What the queue refuses comes back as the queue drains, or with the periodic backfill. A build that fails is tried again
 * after an exponentially growing, jittered pause, and a region that fails again and again is left alone for long. What
 * nobody sees is built ahead once and then seldom, and a region that was only looked at is given up when nobody does any
 * more. Builds are started and results published in turns of bounded time.
 */
export class BuildService {
  readonly #options: BuildServiceOptions;
  readonly #hooks: BuildHooks;
  readonly #queue: BuildQueue;
  readonly #attempts: Attempts;
  readonly #refill: Refill;
  readonly #reorder: Reorder;
  readonly #turns: WorkTurns;
  readonly #worlds = new Map<World, WatchedWorld>();
  readonly #minIntervalMs: number;
  readonly #waits: DurationTally;
  #backfill: TimerId | undefined;
  /** Set while the builder can build nothing at all. */
  #hold: TimerId | undefined;
  #failed = 0;
  #retries = 0;
  /** Builds given up before they came into the queue, or as they left it. */
  #givenUp = 0;

  constructor(options: BuildServiceOptions, hooks: BuildHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#queue = new BuildQueue(options.maxQueueDepth);
    this.#turns = new WorkTurns({
      clock: options.clock,
      budgetMs: options.pumpBudgetMs,
      step: () => this.#attempts.publishNext() || this.#startNext(),
    });
    this.#attempts = new Attempts({
      builder: options.builder,
      hooks,
      logger: options.logger,
      onOutcome: () => this.#turns.schedule(),
      onBuildTime: options.onBuildTime,
    });
    this.#refill = new Refill({
      queue: this.#queue,
      worlds: () => this.#worlds.values(),
      maxRefused: options.maxQueueDepth,
      offer: (watched, key) => this.#want(watched, key),
    });
    this.#reorder = new Reorder({
      clock: options.clock,
      queue: this.#queue,
      hooks,
      worlds: () => this.#worlds.values(),
    });
    this.#minIntervalMs = 1000 / options.maxBuildsPerSecondPerRegion;
    this.#waits = new DurationTally(options.onWait);
    this.#scheduleBackfill();
  }

  /** Name of the backend that really builds. */
  get builderName(): string {
    return this.#options.builder.name;
  }

  /** Starts to build what is and becomes dirty in the world. */
  watch(world: World): void {
    const { clock, random, breakerFailures, breakerPauseMs, backfillIntervalMs } = this.#options;
    const minIntervalMs = this.#minIntervalMs;
    const watched: WatchedWorld = {
      world,
      tracks: new RegionTracks({ clock, random, minIntervalMs, breakerFailures, breakerPauseMs }),
      rest: new UnseenRest(backfillIntervalMs),
      refused: new Set(),
      moved: new Set(),
      unsubscribe: world.onChange((change) => {
        for (const key of change.dirty) this.#want(watched, key);
      }),
    };
    this.#worlds.set(world, watched);
    for (const key of world.dirty) this.#want(watched, key);
  }

  /** Forgets a world: its waiting builds are cancelled, and running ones are dropped when they finish. */
  unwatch(world: World): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined) return;
    watched.unsubscribe();
    watched.tracks.dispose();
    this.#worlds.delete(world);
    this.#queue.cancelWorld(world);
  }

  /**
   * Asks for a build of a region that the cache does not hold in this kind and its newest version, dirty or not. If it is
   * not dirty, it is built as long as the hooks tell of interest in it.
   */
  request(world: World, key: RegionKey, kind: TreeKind): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined || watched.tracks.building(key)?.includes(kind)) return;
    // Clients ask again and again for what they wait for.
    if (!this.#queue.has(world, key)) this.#want(watched, key);
  }

  /**
   * Takes over that others see the region, or larger or smaller, and cancels what nobody needs any more. The hooks are
   * asked only if that may change anything, so it may be called for every region that a moving camera sees.
   */
  reprioritise(world: World, key: RegionKey): void {
    const watched = this.#worlds.get(world);
    if (watched === undefined) return;
    const isWaiting = this.#queue.has(world, key);
    if (!isWaiting && !watched.rest.has(key)) return;
    const { seen } = this.#hooks.interestIn(world, key);
    const isDirty = world.dirty.has(key);
    if (seen > 0 && watched.rest.has(key)) {
      watched.rest.noteSeen(key);
      if (isDirty) this.#want(watched, key);
    }
    if (!isWaiting) return;
    if (seen === 0 && !isDirty) this.#queue.cancel(world, key);
    else watched.moved.add(key);
  }

  /** Whether nothing waits and nothing is being built. */
  get isIdle(): boolean {
    return this.#attempts.inFlight === 0 && this.#queue.size === 0;
  }

  /** Counters for metrics. O(worlds + regions that fail). */
  stats(): BuildStats {
    const { built, meanBuildMs, inFlight } = this.#attempts;
    let openBreakers = 0;
    let halfOpenBreakers = 0;
    for (const { tracks } of this.#worlds.values()) {
      const { open, halfOpen } = tracks.breakers();
      openBreakers += open;
      halfOpenBreakers += halfOpen;
    }
    return {
      totalBuilds: built.esvo + built.esvt,
      buildsByKind: { ...built },
      failedBuilds: this.#failed,
      retries: this.#retries,
      avgBuildTimeMs: meanBuildMs,
      avgWaitMs: this.#waits.meanMs,
      maxWaitMs: this.#waits.maxMs,
      queueDepth: this.#queue.size,
      inFlight,
      refusals: this.#queue.refusals,
      evictions: this.#queue.evictions,
      cancellations: this.#queue.cancellations + this.#givenUp,
      openBreakers,
      halfOpenBreakers,
    };
  }

  /** Stops; running builds are dropped. The builder itself belongs to the caller. */
  dispose(): void {
    this.#turns.dispose();
    this.#clear(this.#backfill);
    this.#clear(this.#hold);
    for (const world of [...this.#worlds.keys()]) this.unwatch(world);
  }

  #want(watched: WatchedWorld, key: RegionKey): void {
    if (watched.tracks.admit(key, () => this.#want(watched, key))) this.#offer(watched, key);
  }

  #offer(watched: WatchedWorld, key: RegionKey): void {
    const { world, rest } = watched;
    const interest = this.#hooks.interestIn(world, key);
    const now = this.#options.clock.monotonic();
    if (interest.seen > 0) rest.noteSeen(key);
    else if (!world.dirty.has(key)) return this.#giveUp(world, key);
    // What is left here stays dirty, so the backfill comes back to it.
    else if (!this.#hooks.hasRoomForUnseen() || this.#isResting(watched, key, now)) return;
    const evictions = this.#queue.evictions;
    const offer = this.#queue.offer({ world, key, urgency: urgencyOf(interest), sinceMs: now });
    const isRefused = offer === "refused";
    if (isRefused || this.#queue.evictions > evictions) this.#refill.note(watched, key, isRefused);
    // Starting builds is left to the end of the turn, so that several changes of one turn make one build.
    this.#turns.schedule();
  }

  /**
   * Whether a region that nobody sees is left alone for now. Not in a world that has more dirty regions than the queue
   * holds: it would come to refuse changes, although there is nothing else to build.
   */
  #isResting({ world, rest }: WatchedWorld, key: RegionKey, nowMs: number): boolean {
    return !rest.isDue(key, nowMs) && world.dirty.size <= this.#options.maxQueueDepth;
  }

  /** Nobody needs a build that was asked for only because somebody looked. */
  #giveUp(world: World, key: RegionKey): void {
    if (!this.#queue.cancel(world, key)) this.#givenUp++;
  }

  /** Starts the most urgent build if the builder has room; false if there is none to start. */
  #startNext(): boolean {
    if (this.#hold !== undefined || !this.#attempts.hasRoom) return false;
    if (this.#refill.isDue && this.#queue.size <= this.#lowWater) this.#refill.run();
    this.#reorder.run();
    const request = this.#queue.take();
    if (request === undefined) return false;
    this.#start(request);
    return true;
  }

  /** Below this queue depth refused regions are taken in again. A builder may turn out to have more slots, or fewer. */
  get #lowWater(): number {
    return Math.min(this.#options.builder.slots, this.#options.maxQueueDepth >> 1);
  }

  #start({ world, key, urgency, sinceMs }: BuildRequest): void {
    const watched = this.#worlds.get(world)!;
    if (!world.dirty.has(key) && !this.#isSeen(world, key)) {
      this.#givenUp++;
      return;
    }
    const version = world.region(key)?.version ?? 0;
    const kinds = this.#hooks.wantedKinds(world, key, version);
    if (kinds.length === 0) {
      world.markBuilt(key, version);
      return;
    }
    this.#waits.note(this.#options.clock.monotonic() - sinceMs);
    if (watched.tracks.begin(key, kinds)) this.#retries++;
    this.#attempts.start({
      world,
      key,
      version,
      isWanted: () => this.#worlds.get(world) === watched,
      onEnd: (failures) => this.#conclude(watched, key, version, failures, urgency === 0),
    }, kinds);
  }

  /** Every kind of the attempt has ended. A kind that failed is tried again; those that did not are there by then. */
  #conclude(
    watched: WatchedWorld,
    key: RegionKey,
    version: number,
    failures: readonly Failure[],
    isUnseen: boolean,
  ): void {
    const { world, tracks, rest } = watched;
    const isWatched = this.#worlds.get(world) === watched;
    if (failures.length > 0) {
      const isOwnFault = !failures.every(({ error }) => isBackendFault(error));
      const attempt = tracks.fail(key, isOwnFault);
      for (const failure of failures) this.#tell(world, key, failure, attempt);
      if (isWatched) this.#want(watched, key);
      return;
    }
    const isAskedAgain = tracks.succeed(key);
    if (!isWatched) return;
    world.markBuilt(key, version);
    if (isUnseen && !this.#isSeen(world, key)) rest.noteBuilt(key, this.#options.clock.monotonic());
    if (isAskedAgain || world.dirty.has(key)) this.#want(watched, key);
  }

  #isSeen(world: World, key: RegionKey): boolean {
    return this.#hooks.interestIn(world, key).seen > 0;
  }

  #tell(world: World, key: RegionKey, failure: Failure, attempt: FailedAttempt): void {
    this.#failed++;
    logFailure(this.#options.logger, world, key, failure, attempt);
    const { error } = failure;
    if (error instanceof BuildAbortedError && error.reason === "unavailable") this.#holdBack();
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

  #scheduleBackfill(): void {
    const { clock, backfillIntervalMs } = this.#options;
    this.#backfill = clock.setTimeout(() => {
      const now = clock.monotonic();
      for (const { world, tracks, rest } of this.#worlds.values()) {
        tracks.sweep((key) => this.#queue.has(world, key));
        rest.sweep(now, (key) => world.dirty.has(key));
      }
      this.#refill.run();
      this.#turns.schedule();
      this.#scheduleBackfill();
    }, backfillIntervalMs);
  }
}
