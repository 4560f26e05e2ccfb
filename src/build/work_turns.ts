import type { Clock, TimerId } from "../observe/mod.ts";

/** Options of {@linkcode WorkTurns}. */
export interface WorkTurnsOptions {
  readonly clock: Clock;
  /** Most milliseconds of work before the event loop runs again; one step is done in any case. */
  readonly budgetMs: number;
  /** Does one bounded piece of work; false if there is none. */
  readonly step: () => boolean;
}

/**
 * Does work in steps at the end of the current task, and goes on in a later task once a budget of time is spent. The
 * budget holds for everything between two turns of the event loop, however often work is scheduled meanwhile.
 */
export class WorkTurns {
  readonly #options: WorkTurnsOptions;
  #isScheduled = false;
  #isDisposed = false;
  /** Set while the event loop has not run since work began; its firing opens a new window. */
  #window: TimerId | undefined;
  #windowEndMs = 0;
  #hasMore = false;

  constructor(options: WorkTurnsOptions) {
    this.#options = options;
  }

  /** Sees to it that steps are done soon; nothing happens if that is seen to already. */
  schedule(): void {
    if (this.#isScheduled || this.#hasMore) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#turn();
    });
  }

  /** Does nothing any more. */
  dispose(): void {
    this.#isDisposed = true;
    if (this.#window !== undefined) this.#options.clock.clearTimeout(this.#window);
    this.#window = undefined;
  }

  #turn(): void {
    const { clock, budgetMs, step } = this.#options;
    if (this.#window === undefined) this.#windowEndMs = clock.monotonic() + budgetMs;
    while (!this.#isDisposed && step()) {
      // Only for work that was done: an idle service sets no timers.
      this.#window ??= clock.setTimeout(() => this.#reopen(), 0);
      if (clock.monotonic() < this.#windowEndMs) continue;
      this.#hasMore = true;
      return;
    }
  }

  #reopen(): void {
    this.#window = undefined;
    if (!this.#hasMore) return;
    this.#hasMore = false;
    this.#turn();
  }
}
