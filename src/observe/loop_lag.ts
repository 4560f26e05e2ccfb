import type { Clock, TimerId } from "./clock.ts";

export interface LoopLagOptions {
  readonly clock: Pick<Clock, "monotonic" | "setTimeout" | "clearTimeout">;
  /** Time between two probes. */
  readonly intervalMs?: number;
  /** Called with the lag of each probe, for a histogram. */
  readonly onSample?: (lagMs: number) => void;
}

/**
 * How late the event loop runs its timers: a probe timer is set again and again, and its delay beyond `intervalMs` is the
 * lag. Whatever blocks the thread shows up here, which the runtime's own event-loop metric does not do on Deno.
 */
export class LoopLag implements Disposable {
  readonly #options: LoopLagOptions;
  readonly #intervalMs: number;
  #timer: TimerId | undefined;
  #dueMs = 0;
  #lastMs = 0;
  #worstMs = 0;

  constructor(options: LoopLagOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 250;
    this.#arm();
  }

  /** Lag of the newest probe, in ms. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** The worst lag since the last call of this method, in ms. */
  takeWorstMs(): number {
    const worst = this.#worstMs;
    this.#worstMs = 0;
    return worst;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#dueMs = clock.monotonic() + this.#intervalMs;
    this.#timer = clock.setTimeout(() => this.#probe(), this.#intervalMs);
  }

  #probe(): void {
    this.#lastMs = Math.max(0, this.#options.clock.monotonic() - this.#dueMs);
    this.#worstMs = Math.max(this.#worstMs, this.#lastMs);
    this.#options.onSample?.(this.#lastMs);
    this.#arm();
  }
}
