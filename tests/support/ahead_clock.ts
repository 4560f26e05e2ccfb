import { type Clock, systemClock } from "../../src/observe/mod.ts";

/** The machine's time, and from then on so much more: for a running server that would keep a test waiting. */
export class AheadClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMs;
  }

  /** Timers that are set already fire when they would have. */
  skip(ms: number): void {
    this.#aheadMs += ms;
  }

  readonly setTimeout = systemClock.setTimeout;
  readonly clearTimeout = systemClock.clearTimeout;
  readonly afterTurn = systemClock.afterTurn;
}
