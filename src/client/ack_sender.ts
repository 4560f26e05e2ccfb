import type { Timers } from "./timers.ts";

/** When acknowledgements go out, and how. */
export interface AckSenderOptions {
  readonly timers: Timers;
  /** Bytes that are received and not decoded yet. */
  readonly backlogBytes: () => number;
  /** With more than that waiting to be decoded nothing is acknowledged: the server then sends more slowly. */
  readonly maxBacklogBytes: number;
  readonly send: (receivedBytes: number) => void;
}

/**
 * Tells the server how much has come, so that it can see how much the link takes: at most once an interval, and always of
 * the last byte. Nothing is sent while nothing comes.
 */
export class AckSender {
  readonly #options: AckSenderOptions;
  #intervalMs: number | undefined;
  #receivedBytes = 0;
  #ackedBytes = 0;
  #lastMs = -Infinity;
  #timer: unknown;

  constructor(options: AckSenderOptions) {
    this.#options = options;
  }

  /** The server waits for acknowledgements from now on. */
  start(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#plan();
  }

  /** So much has come on this connection. */
  received(totalBytes: number): void {
    this.#receivedBytes = totalBytes;
    this.#plan();
  }

  /** The server takes none, or the connection is gone. */
  stop(): void {
    this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = undefined;
  }

  /** Another connection: counts from 0. */
  reset(): void {
    this.stop();
    this.#receivedBytes = this.#ackedBytes = 0;
    this.#lastMs = -Infinity;
  }

  #plan(): void {
    const { timers } = this.#options;
    if (this.#intervalMs === undefined || this.#timer !== undefined) return;
    if (this.#receivedBytes === this.#ackedBytes) return;
    const waitMs = this.#lastMs + this.#intervalMs - timers.monotonic();
    if (waitMs <= 0) this.#acknowledge(this.#intervalMs);
    else this.#wait(waitMs);
  }

  #acknowledge(intervalMs: number): void {
    const { timers, backlogBytes, maxBacklogBytes, send } = this.#options;
    if (backlogBytes() > maxBacklogBytes) return this.#wait(intervalMs);
    this.#lastMs = timers.monotonic();
    this.#ackedBytes = this.#receivedBytes;
    send(this.#receivedBytes);
  }

  #wait(delayMs: number): void {
    this.#timer = this.#options.timers.setTimeout(() => {
      this.#timer = undefined;
      this.#plan();
    }, Math.max(1, delayMs));
  }
}
