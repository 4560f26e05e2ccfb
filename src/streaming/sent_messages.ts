import type { AckState } from "./link_estimate.ts";

/** What was known when a message was sent. */
export interface SentMessage {
  /** All bytes sent over the connection, this message's included. */
  untilBytes: number;
  atMs: number;
  /** What was acknowledged by then. */
  readonly before: AckState;
  /** Whether it tells too low a rate perhaps, as it followed what was sent when there was not enough to send. */
  readonly isIdle: boolean;
  /** Whether nothing else was on its way, and the client would acknowledge it at once. */
  readonly isClean: boolean;
}

/** Messages kept apart; what is sent beyond them counts as one with the last. */
const MOST_MESSAGES = 512;
/** Places of taken messages that are kept before the rest moves up. */
const MOST_TAKEN = 64;

/** Messages on their way, oldest first. At most 512 are kept; both operations are amortized O(1). */
export class SentMessages {
  readonly #messages: SentMessage[] = [];
  #first = 0;

  /** Messages kept. */
  get length(): number {
    return this.#messages.length - this.#first;
  }

  /** Adds one that was sent just now. */
  push(message: SentMessage): void {
    const last = this.#messages.at(-1);
    if (last === undefined || this.length < MOST_MESSAGES) {
      this.#messages.push(message);
      return;
    }
    last.untilBytes = message.untilBytes;
    last.atMs = message.atMs;
  }

  /** Takes all messages that have arrived when `receivedBytes` have; returns the last of them, if any. */
  takeUntil(receivedBytes: number): SentMessage | undefined {
    const messages = this.#messages;
    let taken: SentMessage | undefined;
    while (this.#first < messages.length && messages[this.#first]!.untilBytes <= receivedBytes) {
      taken = messages[this.#first++];
    }
    if (this.#first >= MOST_TAKEN && this.#first * 2 >= messages.length) {
      messages.splice(0, this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
