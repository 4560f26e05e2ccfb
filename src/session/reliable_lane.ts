import { payloadBytes } from "./payload_bytes.ts";
import type { Payload } from "./wire.ts";

/** How long and how often a message waits for its ACK, and how many may. */
export interface ReliableLaneOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Time after each sending until the next one. */
  readonly retryMs: number;
  /** Most sendings after the first. */
  readonly maxRetries: number;
  /** Time from the first sending until the message is given up. */
  readonly timeoutMs: number;
}

/** What {@linkcode ReliableLane.due} found. */
export interface ReliableDue {
  /** Messages to send once more, in the order of their last sending. */
  readonly resend: readonly Payload[];
  /** Ids of messages that were given up, oldest first: the client is told to look for itself what it has missed. */
  readonly expired: readonly string[];
}

interface Entry {
  readonly id: string;
  readonly message: Payload;
  readonly bytes: number;
  readonly expiresAtMs: number;
  retryAtMs: number;
  retriesLeft: number;
  /** Neighbours in the order of expiry, which is that of sending. */
  older: Entry | undefined;
  newer: Entry | undefined;
  /** Neighbours in the order of the next retry. */
  retryBefore: Entry | undefined;
  retryAfter: Entry | undefined;
}

const NOTHING: ReliableDue = { resend: [], expired: [] };

/**
 * Messages that one client has to acknowledge. It keeps a message until its ACK comes or its time is over, and says when to
 * send it again; sending is the caller's. All waits are equally long, so both orders (by expiry, by next retry) are plain
 * lists to whose end is added: every call is O(1), `due` O(what is due). Times are monotonic and never go back.
 */
export class ReliableLane {
  readonly #options: ReliableLaneOptions;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #firstRetry: Entry | undefined;
  #lastRetry: Entry | undefined;

  constructor(options: ReliableLaneOptions) {
    this.#options = options;
  }

  /** Messages without ACK. */
  get length(): number {
    return this.#entries.size;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When {@linkcode due} has something to say next; Infinity if nothing waits. */
  get nextDueMs(): number {
    return Math.min(this.#oldest?.expiresAtMs ?? Infinity, this.#firstRetry?.retryAtMs ?? Infinity);
  }

  /**
   * Notes a message that is sent for the first time now; false, and nothing noted, if as many wait as may or the id
   * waits already.
   */
  send(id: string, message: Payload, nowMs: number): boolean {
    const { maxMessages, maxBytes, retryMs, maxRetries, timeoutMs } = this.#options;
    const bytes = payloadBytes(message);
    if (this.#entries.size >= maxMessages || this.#bytes + bytes > maxBytes || this.#entries.has(id)) {
      return false;
    }
    const entry: Entry = {
      id,
      message,
      bytes,
      expiresAtMs: nowMs + timeoutMs,
      retryAtMs: nowMs + retryMs,
      retriesLeft: maxRetries,
      older: this.#newest,
      newer: undefined,
      retryBefore: undefined,
      retryAfter: undefined,
    };
    this.#entries.set(id, entry);
    this.#bytes += bytes;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    if (maxRetries > 0) this.#addRetry(entry);
    return true;
  }

  /** Takes a client's ACK; false if no such message waits (a second ACK, or one after its time). */
  ack(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** What has to be sent again or is given up by now. A message that is due for both is given up. */
  due(nowMs: number): ReliableDue {
    if (nowMs < this.nextDueMs) return NOTHING;
    const expired: string[] = [];
    for (let entry = this.#oldest; entry !== undefined && entry.expiresAtMs <= nowMs; entry = this.#oldest) {
      this.#remove(entry);
      expired.push(entry.id);
    }
    const resend: Payload[] = [];
    for (
      let entry = this.#firstRetry;
      entry !== undefined && entry.retryAtMs <= nowMs;
      entry = this.#firstRetry
    ) {
      this.#removeRetry(entry);
      resend.push(entry.message);
      entry.retriesLeft--;
      entry.retryAtMs = nowMs + this.#options.retryMs;
      if (entry.retriesLeft > 0) this.#addRetry(entry);
    }
    return { resend, expired };
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#bytes -= entry.bytes;
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.retriesLeft > 0) this.#removeRetry(entry);
  }

  #addRetry(entry: Entry): void {
    entry.retryBefore = this.#lastRetry;
    entry.retryAfter = undefined;
    if (this.#lastRetry === undefined) this.#firstRetry = entry;
    else this.#lastRetry.retryAfter = entry;
    this.#lastRetry = entry;
  }

  #removeRetry(entry: Entry): void {
    if (entry.retryBefore === undefined) this.#firstRetry = entry.retryAfter;
    else entry.retryBefore.retryAfter = entry.retryAfter;
    if (entry.retryAfter === undefined) this.#lastRetry = entry.retryBefore;
    else entry.retryAfter.retryBefore = entry.retryBefore;
  }
}
