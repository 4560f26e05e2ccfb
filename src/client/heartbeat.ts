import type { Timers } from "./timers.ts";

/** How a quiet connection is looked after. */
export interface HeartbeatOptions {
  readonly timers: Timers;
  /** Silence after which the server is asked for a sign of life. */
  readonly intervalMs: number;
  /** Time that it then has. */
  readonly pongWaitMs: number;
  readonly ping: () => void;
  /** It did not answer: the connection is dead, though nobody has said so. */
  readonly onDead: () => void;
}

/**
 * Finds connections that died without a close, as behind a router that forgot them: after `intervalMs`
 * without a word from the server it sends a PING, and if nothing at all comes within `pongWaitMs` the
 * connection counts as dead. One timer, which is not touched by messages, so that thousands a second cost
 * nothing.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: unknown;
  #lastHeardMs = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.heard();
    this.#watch(this.#options.intervalMs);
  }

  stop(): void {
    this.#options.timers.clearTimeout(this.#timer);
  }

  /** Something came in. */
  heard(): void {
    this.#lastHeardMs = this.#options.timers.monotonic();
  }

  #watch(delayMs: number): void {
    this.#timer = this.#options.timers.setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    const { timers, intervalMs, pongWaitMs, ping, onDead } = this.#options;
    const leftMs = this.#lastHeardMs + intervalMs - timers.monotonic();
    if (leftMs > 0) return this.#watch(leftMs);
    const askedMs = timers.monotonic();
    ping();
    this.#timer = timers.setTimeout(() => {
      if (this.#lastHeardMs >= askedMs) this.#look();
      else onDead();
    }, pongWaitMs);
  }
}
