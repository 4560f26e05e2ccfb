import type { WireLedger } from "./wire_ledger.ts";

/** How a client keeps up: well, with too many control messages waiting, or taking nothing at all. */
export type Pace = "ok" | "overflow" | "stalled";

/** Bounds of what a client may leave waiting. */
export interface PaceLimits {
  readonly maxControlMessages: number;
  readonly maxControlBytes: number;
  readonly writeTimeoutMs: number;
}

/**
 * Time after which control messages beyond their bound must have been taken. A bound over what waits in the socket alone
 * would close a healthy client: messages that have arrived are read one after the other before anything is written, so
 * one turn of the event loop has been seen to answer 49,000 of them.
 */
const OVERFLOW_GRACE_MS = 500;

/** Watches how one client takes what was handed to its wire. */
export class PaceWatch {
  readonly #ledger: WireLedger;
  readonly #limits: PaceLimits;
  /** Most bytes seen taken so far, and when that was seen first. */
  #takenBytes = -1;
  #takenAtMs = 0;
  /** What had been handed over when the control lane was first seen too full, and when; -1 while it is not. */
  #overflowAtBytes = -1;
  #overflowSinceMs = 0;

  constructor(ledger: WireLedger, limits: PaceLimits) {
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /**
   * To be asked every second or so. `overflow`: more control messages wait than may, and have for half a second;
   * `stalled`: the socket has taken nothing for `writeTimeoutMs`. Costs nothing while nothing waits.
   */
  look(nowMs: number): Pace {
    if (this.#ledger.isEmpty) return "ok";
    const taken = this.#ledger.handedBytes - this.#ledger.settle();
    if (this.#ledger.isEmpty) return "ok";
    if (taken > this.#takenBytes) {
      this.#takenBytes = taken;
      this.#takenAtMs = nowMs;
    } else if (nowMs - this.#takenAtMs >= this.#limits.writeTimeoutMs) {
      return "stalled";
    }
    return this.#overflows(taken, nowMs) ? "overflow" : "ok";
  }

  /** Over the bounds, and what was handed over when that was seen first has not been taken for the time of grace. */
  #overflows(taken: number, nowMs: number): boolean {
    const { maxControlMessages, maxControlBytes } = this.#limits;
    const { controlMessages, controlBytes, handedBytes } = this.#ledger;
    if (controlMessages <= maxControlMessages && controlBytes <= maxControlBytes) {
      this.#overflowAtBytes = -1;
      return false;
    }
    if (this.#overflowAtBytes < 0 || taken >= this.#overflowAtBytes) {
      this.#overflowAtBytes = handedBytes;
      this.#overflowSinceMs = nowMs;
    }
    return nowMs - this.#overflowSinceMs >= OVERFLOW_GRACE_MS;
  }
}
