import { CircuitBreaker } from "../gpu/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { Clock, Random, TimerId } from "../observe/mod.ts";
import { retryPauseMs } from "./retry_pause.ts";

/** Options of {@linkcode RegionTracks}. */
export interface RegionTracksOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Least time between two builds of one region. */
  readonly minIntervalMs: number;
  /** Failures of one region in a row that open its breaker. */
  readonly breakerFailures: number;
  /** Time that a region's breaker stays open. */
  readonly breakerPauseMs: number;
}

/** What is known of a region between builds. */
interface Track {
  /** Kinds being built; undefined while none is. */
  building: readonly TreeKind[] | undefined;
  dirtyAgain: boolean;
  /** There since the region's first failure by its own fault until it is built well. */
  breaker: CircuitBreaker | undefined;
  /** Whether the last attempt failed, by whatever fault. */
  isRetry: boolean;
  /** Monotonic time before which no build of this region starts. */
  notBeforeMs: number;
  timer: TimerId | undefined;
}

/** How an attempt that failed is gone on with. */
export interface FailedAttempt {
  readonly pauseMs: number;
  /** Attempts in a row that failed by the region's own fault; those that opened its breaker if it is open. */
  readonly failures: number;
  readonly isBreakerOpen: boolean;
}

/**
 * Which regions of one world are being built, and which have to wait until they may be again: after a build for the
 * region's least interval, after a failure for a growing pause, after several failures in a row until its breaker lets a
 * trial through. A region is forgotten once nothing holds it back.
 */
export class RegionTracks {
  readonly #options: RegionTracksOptions;
  readonly #tracks = new Map<RegionKey, Track>();
  /** Those with a breaker. */
  readonly #failing = new Set<Track>();

  constructor(options: RegionTracksOptions) {
    this.#options = options;
  }

  /** Regions of which something is known. */
  get size(): number {
    return this.#tracks.size;
  }

  /** Breakers that let nothing through now, and those whose trial is under way. O(regions that fail). */
  breakers(): { readonly open: number; readonly halfOpen: number } {
    let open = 0;
    let halfOpen = 0;
    for (const { breaker } of this.#failing) {
      if (breaker!.state.name === "open") open++;
      else if (breaker!.state.name === "half-open") halfOpen++;
    }
    return { open, halfOpen };
  }

  /** Whether the region is being built, or a timer will ask for it. */
  isUnderWay(key: RegionKey): boolean {
    const track = this.#tracks.get(key);
    return track?.building !== undefined || track?.timer !== undefined;
  }

  /** Kinds of the region that are being built; undefined while none is. */
  building(key: RegionKey): readonly TreeKind[] | undefined {
    return this.#tracks.get(key)?.building;
  }

  /** Whether a build of the region may start now. If not, it is marked to be asked for again when it may be. */
  admit(key: RegionKey, askAgain: () => void): boolean {
    const track = this.#tracks.get(key);
    if (track === undefined) return true;
    if (track.building !== undefined) {
      track.dirtyAgain = true;
      return false;
    }
    if (track.timer !== undefined) return false;
    const { clock } = this.#options;
    const waitMs = track.notBeforeMs - clock.monotonic();
    if (waitMs <= 0) return true;
    track.timer = clock.setTimeout(() => {
      track.timer = undefined;
      // The timer may have fired a moment early: whoever asks again is then told to wait again.
      askAgain();
    }, Math.ceil(waitMs));
    return false;
  }

  /** Notes that a build of the region starts; true if the one before it failed. */
  begin(key: RegionKey, kinds: readonly TreeKind[]): boolean {
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = {
        building: undefined,
        dirtyAgain: false,
        breaker: undefined,
        isRetry: false,
        notBeforeMs: 0,
        timer: undefined,
      };
      this.#tracks.set(key, track);
    }
    track.building = kinds;
    track.dirtyAgain = false;
    track.notBeforeMs = this.#options.clock.monotonic() + this.#options.minIntervalMs;
    // While the breaker is open the region's pause keeps builds away, so this one is the trial.
    track.breaker?.admit();
    return track.isRetry;
  }

  /** Notes that the region's build ended well; true if it was asked for again meanwhile. */
  succeed(key: RegionKey): boolean {
    const track = this.#tracks.get(key)!;
    track.building = undefined;
    track.isRetry = false;
    track.breaker = undefined;
    this.#failing.delete(track);
    return track.dirtyAgain;
  }

  /** Notes that the region's build failed, by its own fault or another's. */
  fail(key: RegionKey, isOwnFault: boolean): FailedAttempt {
    const track = this.#tracks.get(key)!;
    track.building = undefined;
    track.isRetry = true;
    const breaker = isOwnFault ? this.#breakerOf(track) : track.breaker;
    if (isOwnFault) breaker?.fail();
    else breaker?.release();
    const { clock, random, minIntervalMs, breakerFailures } = this.#options;
    const state = breaker?.state;
    const isBreakerOpen = state?.name === "open";
    const failures = state?.name === "closed" ? state.failures : isBreakerOpen ? breakerFailures : 0;
    const pauseMs = isOwnFault && isBreakerOpen
      ? state.untilMs - clock.monotonic()
      : retryPauseMs(isOwnFault ? failures : 0, random);
    track.notBeforeMs = clock.monotonic() + Math.max(minIntervalMs, pauseMs);
    return { pauseMs: track.notBeforeMs - clock.monotonic(), failures, isBreakerOpen };
  }

  /**
   * Forgets regions that nothing holds back. Failures are remembered for one more pause of a breaker, and as long as the
   * region waits. O(regions known).
   */
  sweep(isWaiting: (key: RegionKey) => boolean): void {
    const now = this.#options.clock.monotonic();
    for (const [key, track] of this.#tracks) {
      if (track.building !== undefined || track.timer !== undefined) continue;
      const keptMs = track.breaker === undefined ? 0 : this.#options.breakerPauseMs;
      if (track.notBeforeMs + keptMs > now || isWaiting(key)) continue;
      this.#tracks.delete(key);
      this.#failing.delete(track);
    }
  }

  /** Forgets all regions and timers. */
  dispose(): void {
    for (const { timer } of this.#tracks.values()) {
      if (timer !== undefined) this.#options.clock.clearTimeout(timer);
    }
    this.#failing.clear();
  }

  #breakerOf(track: Track): CircuitBreaker {
    const { clock, random, breakerFailures, breakerPauseMs } = this.#options;
    if (track.breaker === undefined) {
      track.breaker = new CircuitBreaker({
        maxFailures: breakerFailures,
        openMs: breakerPauseMs,
        maxOpenMs: breakerPauseMs,
        clock,
        random,
      });
      this.#failing.add(track);
    }
    return track.breaker;
  }
}
