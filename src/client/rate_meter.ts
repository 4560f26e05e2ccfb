/** Amounts over the last seconds, as a rate. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #samples: { atMs: number; amount: number }[] = [];
  #sum = 0;

  constructor(windowMs = 2000) {
    this.#windowMs = windowMs;
  }

  add(amount: number, nowMs: number): void {
    this.#samples.push({ atMs: nowMs, amount });
    this.#sum += amount;
    this.#forget(nowMs);
  }

  /** Amount a second over the window that ends now. */
  perSecond(nowMs: number): number {
    this.#forget(nowMs);
    return (this.#sum * 1000) / this.#windowMs;
  }

  #forget(nowMs: number): void {
    while (this.#samples.length > 0 && this.#samples[0]!.atMs <= nowMs - this.#windowMs) {
      this.#sum -= this.#samples.shift()!.amount;
    }
  }
}
