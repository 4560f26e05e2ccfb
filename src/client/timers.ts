/** The time that the client sees; the page passes the browser's, tests pass a clock that they move by hand. */
export interface Timers {
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` milliseconds from now or later. */
  setTimeout(run: () => void, delayMs: number): unknown;
  /** Forgets a timer; one that has fired or is unknown is no error. */
  clearTimeout(id: unknown): void;
}

/** The browser's own time. */
export const browserTimers: Timers = {
  monotonic: () => performance.now(),
  setTimeout: (run, delayMs) => globalThis.setTimeout(run, delayMs),
  clearTimeout: (id) => globalThis.clearTimeout(id as number),
};
