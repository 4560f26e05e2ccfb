import type { Timers } from "./timers.ts";

/** When a token is renewed, and how. */
export interface TokenRenewalOptions {
  readonly timers: Timers;
  /** Shows the server a new token, and resolves to the time until that one ends; undefined if it does not. */
  readonly renew: () => Promise<number | undefined>;
  readonly onError: (error: unknown) => void;
}

/** Room before the end: enough for the program to get a token, and for a second try. */
const LEAD_MS = 60_000;
/** Of a token that lives shorter than five minutes this part is left. */
const LEAD_SHARE = 0.2;
/** Least wait before another try, and longest wait that a platform's timer takes. */
const RETRY_MS = 1000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Renews a token before it ends, so that a connection outlives its credentials. */
export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  #timer: unknown;
  #endMs = 0;
  #generation = 0;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /** A token that ends `expiresInMs` from now is in use. */
  start(expiresInMs: number | undefined): void {
    this.stop();
    if (expiresInMs === undefined) return;
    this.#endMs = this.#options.timers.monotonic() + expiresInMs;
    this.#wait(expiresInMs - Math.min(LEAD_MS, expiresInMs * LEAD_SHARE));
  }

  stop(): void {
    this.#generation++;
    this.#options.timers.clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    const { timers } = this.#options;
    const stepMs = Math.min(delayMs, MAX_TIMER_MS);
    this.#timer = timers.setTimeout(() => {
      if (delayMs > stepMs) this.#wait(delayMs - stepMs);
      else void this.#renew();
    }, stepMs);
  }

  async #renew(): Promise<void> {
    const { timers, renew, onError } = this.#options;
    const generation = this.#generation;
    try {
      const expiresInMs = await renew();
      if (generation === this.#generation) this.start(expiresInMs);
    } catch (error) {
      if (generation !== this.#generation) return;
      onError(error);
      // Halfway to the end each time; once that has come the server closes the connection, which says what is
      // wrong.
      const leftMs = this.#endMs - timers.monotonic();
      if (leftMs > 2 * RETRY_MS) this.#wait(leftMs / 2);
    }
  }
}
