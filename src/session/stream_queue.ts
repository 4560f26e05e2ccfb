import { payloadBytes } from "./payload_bytes.ts";
import { Ring } from "./ring.ts";
import type { Payload } from "./wire.ts";

/** What a full queue does: lose the oldest, lose the new one, or thin out what waits and take the new one. */
export const DROP_STRATEGIES = ["drop_oldest", "drop_newest", "compress"] as const;
export type DropStrategy = (typeof DROP_STRATEGIES)[number];

/** Bounds of a queue and what it does at them. */
export interface StreamQueueOptions {
  readonly strategy: DropStrategy;
  /** With `compress`: of what waits, the messages 0, n, 2n ... counted from the oldest stay. From 2. */
  readonly keepEvery: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * The messages of one subscription that wait for a slow client, bounded in number and in bytes (text as UTF-8). Every
 * message that is lost is counted, the new one too if it is the one to go. Push and shift are O(1) amortised: thinning
 * out costs what it removes, and at least every second message goes.
 */
export class StreamQueue {
  readonly #options: StreamQueueOptions;
  readonly #messages = new Ring<Payload>();
  #bytes = 0;
  #dropped = 0;
  #sent = 0;

  constructor(options: StreamQueueOptions) {
    this.#options = options;
  }

  /** What it does when it is full. */
  get strategy(): DropStrategy {
    return this.#options.strategy;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#messages.length;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Messages that went on to the client: taken out, or past the queue. */
  get sent(): number {
    return this.#sent;
  }

  /** Counts a message that went past the empty queue. */
  pass(): void {
    this.#sent++;
  }

  /** Takes a message in, or not; returns how many messages this has lost, the new one counted. */
  push(message: Payload): number {
    const bytes = payloadBytes(message);
    const before = this.#dropped;
    if (bytes > this.#options.maxBytes || !this.#makeRoom(bytes)) {
      this.#dropped++;
    } else {
      this.#messages.push(message);
      this.#bytes += bytes;
    }
    return this.#dropped - before;
  }

  /** Takes the oldest message out; undefined if none waits. */
  shift(): Payload | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.#bytes -= payloadBytes(message);
    this.#sent++;
    return message;
  }

  /** Forgets what waits; it does not count as dropped. */
  clear(): void {
    this.#messages.clear();
    this.#bytes = 0;
  }

  /** Whether there is room for a message of this size in the end; it is at most `maxBytes`. */
  #makeRoom(bytes: number): boolean {
    const { strategy, keepEvery, maxMessages, maxBytes } = this.#options;
    while (this.#messages.length >= maxMessages || this.#bytes + bytes > maxBytes) {
      if (strategy === "drop_newest") return false;
      // Thinning out cannot remove the last one.
      if (strategy === "drop_oldest" || this.#messages.length === 1) this.#lose(this.#messages.shift()!);
      else this.#messages.keepEvery(keepEvery, (message) => this.#lose(message));
    }
    return true;
  }

  #lose(message: Payload): void {
    this.#dropped++;
    this.#bytes -= payloadBytes(message);
  }
}
