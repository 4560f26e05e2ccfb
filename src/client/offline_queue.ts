import { type ClientError, localError } from "./client_error.ts";

/** A message that waits for a connection. */
export interface QueuedMessage {
  readonly text: string;
  /** Of several messages with one key only the newest waits; those before it go without a word. */
  readonly key: string | undefined;
  /** Time at which nobody wants it any more, on the client's monotonic clock. */
  readonly expiresAtMs: number;
  /** It leaves the queue to be sent. */
  readonly onSent: () => void;
  /** It will not be sent. */
  readonly onDropped: (error: ClientError) => void;
}

/** How much may wait, and what gives way when there is no room. */
export interface OfflineQueueOptions {
  readonly maxMessages: number;
  /** UTF-8 bytes of all that wait. */
  readonly maxBytes: number;
  /** `oldest` makes room for the new message; `newest` refuses it. */
  readonly drop: "oldest" | "newest";
}

interface Entry {
  readonly message: QueuedMessage;
  readonly bytes: number;
}

/**
 * What a program sends while there is no connection, in its order. Bounded in messages, bytes and age: a
 * client that was away for an hour does not come back with an hour's messages.
 */
export class OfflineQueue {
  readonly #options: OfflineQueueOptions;
  readonly #entries = new Set<Entry>();
  readonly #byKey = new Map<string, Entry>();
  #bytes = 0;

  constructor(options: OfflineQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#entries.size;
  }

  /** UTF-8 bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a message, or tells it at once that it is dropped. O(1) but for the messages that it pushes out.
   */
  push(message: QueuedMessage): void {
    const { maxMessages, maxBytes, drop } = this.#options;
    const entry = { message, bytes: new TextEncoder().encode(message.text).length };
    const older = message.key === undefined ? undefined : this.#byKey.get(message.key);
    if (older !== undefined) this.#remove(older);
    const isFull = () => this.#entries.size >= maxMessages || this.#bytes + entry.bytes > maxBytes;
    while (drop === "oldest" && entry.bytes <= maxBytes && isFull() && this.#entries.size > 0) {
      this.#drop(this.#first()!, "Newer messages pushed it out of the queue");
    }
    if (isFull()) {
      message.onDropped(localError("QUEUE_FULL", "The queue of messages that wait for a connection is full"));
      return;
    }
    this.#entries.add(entry);
    this.#bytes += entry.bytes;
    if (message.key !== undefined) this.#byKey.set(message.key, entry);
  }

  /** Takes out the oldest message that is still wanted. */
  shift(nowMs: number): QueuedMessage | undefined {
    for (const entry of this.#entries) {
      if (entry.message.expiresAtMs <= nowMs) this.#drop(entry, "It waited too long for a connection");
      else {
        this.#remove(entry);
        return entry.message;
      }
    }
    return undefined;
  }

  /** Drops all. */
  clear(error: ClientError): void {
    for (const entry of [...this.#entries]) {
      this.#remove(entry);
      entry.message.onDropped(error);
    }
  }

  #first(): Entry | undefined {
    for (const entry of this.#entries) return entry;
    return undefined;
  }

  #drop(entry: Entry, reason: string): void {
    this.#remove(entry);
    entry.message.onDropped(localError("QUEUE_FULL", reason));
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#bytes -= entry.bytes;
    const { key } = entry.message;
    if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.delete(key);
  }
}
