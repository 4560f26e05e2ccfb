import { setImmediate } from "node:timers";

/** Handle of a pending timer, only good for `clearTimeout` of the clock that gave it. */
export type TimerId = ReturnType<typeof setTimeout> | number;

/** All time that the server sees. Passed in, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonic(): number;
  /** Calls `fn` once, `ms` milliseconds from now or later. */
  setTimeout(fn: () => void, ms: number): TimerId;
  /** Forgets a timer; a timer that has fired or is unknown is no error. */
  clearTimeout(id: TimerId): void;
  /** Calls `fn` once the event loop has had its turn, which is at once if it has nothing to do: sooner than any timer. */
  afterTurn(fn: () => void): void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (id) => clearTimeout(id),
  afterTurn: (fn) => void setImmediate(fn),
};
