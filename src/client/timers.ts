/** The time that the client sees: the platform's own, or in tests a clock that they move by hand. */
export interface Timers {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` milliseconds from now or later. */
  setTimeout(run: () => void, delayMs: number): unknown;
  /** Forgets a timer; one that has fired or is unknown is no error. */
  clearTimeout(id: unknown): void;
}

/** The platform's own time. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, delayMs) => globalThis.setTimeout(run, delayMs),
  clearTimeout: (id) => globalThis.clearTimeout(id as number),
};
