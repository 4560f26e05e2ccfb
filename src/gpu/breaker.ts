import type { Clock, Random } from "../observe/mod.ts";

/** Where a circuit breaker stands. */
export type BreakerState =
  /** All is let through; `failures` in a row so far. */
  | { readonly name: "closed"; readonly failures: number }
  /** Nothing is let through before `untilMs` of the monotonic clock; opened `openings` times in a row. */
  | { readonly name: "open"; readonly untilMs: number; readonly openings: number }
  /** One trial is on its way. */
  | { readonly name: "half-open"; readonly openings: number };

/** Options of {@linkcode CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly maxFailures: number;
  /** Time that it stays open at first. */
  readonly openMs: number;
  /** Longest time that it stays open when trials keep failing. */
  readonly maxOpenMs: number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly random: Random;
  /** Told of each change of `state.name`. */
  readonly onChange?: (state: BreakerState) => void;
}

/**
 * Keeps work away from what fails again and again: some failures in a row open it, and after a while it lets one trial
 * through, whose outcome closes it or opens it again. Each failed trial doubles the longest pause, of which a random part
 * above the first pause is taken, so that many breakers do not try at the same time.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = { name: "closed", failures: 0 };

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a piece of work may go through now; the one that is let through half open is the trial. */
  admit(): boolean {
    const state = this.#state;
    if (state.name === "closed") return true;
    if (state.name === "half-open" || this.#options.clock.monotonic() < state.untilMs) return false;
    this.#change({ name: "half-open", openings: state.openings });
    return true;
  }

  /** Work that was let through ended well. What was let through before it opened does not close it. */
  succeed(): void {
    if (this.#state.name === "open") return;
    this.#change({ name: "closed", failures: 0 });
  }

  /** A trial ended without telling anything about what it tried: another one may go through at once. */
  release(): void {
    const state = this.#state;
    if (state.name !== "half-open") return;
    this.#change({ name: "open", untilMs: this.#options.clock.monotonic(), openings: state.openings });
  }

  /** Work that was let through failed. */
  fail(): void {
    const state = this.#state;
    if (state.name === "open") return;
    if (state.name === "half-open") this.#open(state.openings + 1);
    else if (state.failures + 1 >= this.#options.maxFailures) this.#open(1);
    else this.#state = { name: "closed", failures: state.failures + 1 };
  }

  #open(openings: number): void {
    const { clock, random, openMs, maxOpenMs } = this.#options;
    const longestMs = Math.max(openMs, Math.min(maxOpenMs, openMs * 2 ** (openings - 1)));
    const pauseMs = openMs + random() * (longestMs - openMs);
    this.#change({ name: "open", untilMs: clock.monotonic() + pauseMs, openings });
  }

  #change(state: BreakerState): void {
    const isNew = state.name !== this.#state.name;
    this.#state = state;
    if (isNew) this.#options.onChange?.(state);
  }
}
