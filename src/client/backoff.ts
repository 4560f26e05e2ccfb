/** Longest time that a platform's timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How long to wait between attempts to reach a server. */
export interface BackoffOptions {
  /** Longest wait before the first retry. */
  readonly baseMs: number;
  /** Longest wait ever. */
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Exponential backoff with full jitter: the wait before retry n is uniform in [0, min(maxMs, baseMs * 2^n)), so that
 * the clients of a restarted server come back spread out instead of all at once.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    if (!(options.baseMs > 0) || !(options.maxMs >= options.baseMs)) {
      throw new RangeError(`Backoff needs 0 < baseMs <= maxMs, got ${options.baseMs} and ${options.maxMs}`);
    }
    this.#options = options;
  }

  /** Retries asked for since the start or the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Milliseconds to wait before the next retry.
   * @param floorMs a wait the server asked for; the jitter comes on top of it
   */
  nextDelayMs(floorMs = 0): number {
    const { baseMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts++;
    return Math.min(MAX_TIMER_MS, floorMs + random() * ceilingMs);
  }

  /** Call once a connection has proved stable; the next wait is short again. */
  reset(): void {
    this.#attempts = 0;
  }
}
