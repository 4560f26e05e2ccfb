import type { Pacer } from "./pacer.ts";

/** What a client that was idle may get at once, in milliseconds of its rate. */
const BURST_MS = 250;
/** What left so long ago has arrived: nothing tells when it does. */
const ARRIVAL_MS = 2000;

/** A fixed rate, for clients that do not tell what they receive. */
export class FixedPacer implements Pacer {
  readonly maxMessageBytes: number;
  readonly #bytesPerMs: number;
  /** When everything sent so far would have left at the rate. */
  #clearAtMs = -Infinity;

  constructor(
    { maxMessageBytes, bytesPerSecond }: {
      readonly maxMessageBytes: number;
      readonly bytesPerSecond: number;
    },
  ) {
    this.maxMessageBytes = maxMessageBytes;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  waitMs(nowMs: number): number {
    return Math.max(0, Math.ceil(this.#clearAtMs - nowMs - BURST_MS));
  }

  sent(bytes: number, nowMs: number): void {
    this.#clearAtMs = Math.max(this.#clearAtMs, nowMs) + bytes / this.#bytesPerMs;
  }

  acknowledged(): void {}

  hasArrived(nowMs: number): boolean {
    return nowMs - this.#clearAtMs > ARRIVAL_MS;
  }
}
