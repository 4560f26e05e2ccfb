import type { Clock } from "../observe/mod.ts";

/** Time that a long loop may hold the thread before others run. */
const BUDGET_MS = 8;
/** Steps between two looks at the clock. */
const STEPS = 64;

/**
 * Cuts a long loop into turns, so that streaming goes on beside it: call `step` once an iteration and await what it
 * returns, if anything. Nothing that must not change meanwhile may be held across it.
 */
export class Breather {
  readonly #clock: Pick<Clock, "monotonic" | "setTimeout">;
  #steps = 0;
  #turnEndsMs: number;

  constructor(clock: Pick<Clock, "monotonic" | "setTimeout">) {
    this.#clock = clock;
    this.#turnEndsMs = clock.monotonic() + BUDGET_MS;
  }

  /** A promise when the turn is over, else undefined. */
  step(): Promise<void> | undefined {
    if (++this.#steps % STEPS !== 0 || this.#clock.monotonic() < this.#turnEndsMs) return undefined;
    return this.#breathe();
  }

  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, 0));
    this.#turnEndsMs = this.#clock.monotonic() + BUDGET_MS;
  }
}
