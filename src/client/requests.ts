import type { JsonFields } from "../protocol/mod.ts";
import { type ClientError, localError } from "./client_error.ts";
import { messageText, type Outgoing } from "./client_message.ts";
import type { OfflineQueue, QueuedMessage } from "./offline_queue.ts";
import type { Timers } from "./timers.ts";

/** What requests need, and where they go. */
export interface RequestsOptions {
  readonly timers: Timers;
  readonly queue: OfflineQueue;
  /** Whether messages of the program may go out now. */
  readonly isConnected: () => boolean;
  readonly transmit: (text: string) => void;
  /** A message without an answer was dropped. */
  readonly onDropped: (error: ClientError) => void;
  /** Most requests that wait for an answer. */
  readonly maxPending: number;
}

/** How a request is made. */
export interface RequestOptions {
  /** Time for the answer, waiting for a connection included; 30,000 if it is not given. */
  readonly timeoutMs?: number;
  /**
   * How often it is sent again, if the connection goes before the answer comes or the server asks to come
   * back later; 0 if it is not given, as the server may have done what was asked although its answer never
   * came.
   */
  readonly retries?: number;
}

/** How a message without an answer is sent. */
export interface SendOptions {
  /** While there is no connection, of all messages with one key only the newest is kept. */
  readonly key?: string;
  /** A message that has waited for a connection so long is not sent; 30,000 if it is not given. */
  readonly maxAgeMs?: number;
}

interface Pending {
  readonly text: string;
  readonly endMs: number;
  readonly resolve: (data: JsonFields) => void;
  readonly reject: (error: ClientError) => void;
  /** Part of the handshake: goes out before the connection counts as connected, and dies with it. */
  readonly isHandshake: boolean;
  /** Sent, and not answered yet. */
  isOut: boolean;
  retriesLeft: number;
  timer: unknown;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/**
 * After a reconnect what has waited goes out a little at a time, well below the messages a second that a
 * server grants.
 */
const BURST_MESSAGES = 20;
const BURST_PAUSE_MS = 250;
/** Least wait before a refused request is sent again. */
const RETRY_MS = 1000;

/**
 * Messages on their way out: each answer finds its question by `ref`; what cannot go out now waits in the
 * queue.
 */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;
  #drainTimer: unknown;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Requests that wait for their answer. */
  get length(): number {
    return this.#pending.size;
  }

  /** Sends now or, without a connection, later. */
  send(message: Outgoing, { key, maxAgeMs = DEFAULT_TIMEOUT_MS }: SendOptions = {}): void {
    const { timers, onDropped } = this.#options;
    const expiresAtMs = timers.monotonic() + maxAgeMs;
    this.#deliver({ text: messageText(message), key, expiresAtMs, onSent: () => {}, onDropped });
  }

  /** Asks as part of the handshake. */
  ask(message: Outgoing, timeoutMs: number): Promise<JsonFields> {
    return this.#request(message, { timeoutMs }, true);
  }

  /** Asks now or, without a connection, later. */
  request(message: Outgoing, options: RequestOptions = {}): Promise<JsonFields> {
    return this.#request(message, options, false);
  }

  /** An answer has come; false if nobody waits for it. */
  answered(ref: string, data: JsonFields): boolean {
    const pending = this.#take(ref);
    pending?.resolve(data);
    return pending !== undefined;
  }

  /** An error has come; false if it is not about a request that waits. */
  refused(error: ClientError): boolean {
    const id = error.ref;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) return false;
    const { timers } = this.#options;
    const delayMs = Math.max(RETRY_MS, error.retryAfterMs ?? 0);
    const isWorthIt = error.retryable && pending.retriesLeft > 0 &&
      timers.monotonic() + delayMs < pending.endMs;
    if (!isWorthIt) {
      this.#take(id)!.reject(error);
      return true;
    }
    pending.retriesLeft--;
    pending.isOut = false;
    timers.clearTimeout(pending.timer);
    pending.timer = timers.setTimeout(() => this.#again(id, pending), delayMs);
    return true;
  }

  /** The connection is there: sends what has waited. */
  connected(): void {
    this.#drain();
  }

  /** The connection is gone: what may be asked again waits for the next one. */
  lost(error: ClientError): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#drainTimer);
    for (const [id, pending] of [...this.#pending]) {
      if (!pending.isOut) continue;
      if (pending.isHandshake || pending.retriesLeft === 0) this.#take(id)!.reject(error);
      else {
        pending.retriesLeft--;
        pending.isOut = false;
        timers.clearTimeout(pending.timer);
        this.#again(id, pending);
      }
    }
  }

  /** The client is closed: nothing waits any more. */
  stop(error: ClientError): void {
    this.#options.timers.clearTimeout(this.#drainTimer);
    for (const id of [...this.#pending.keys()]) this.#take(id)!.reject(error);
    this.#options.queue.clear(error);
  }

  #request(message: Outgoing, options: RequestOptions, isHandshake: boolean): Promise<JsonFields> {
    const { timers, maxPending } = this.#options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS, retries = 0 } = options;
    return new Promise((resolve, reject) => {
      if (this.#pending.size >= maxPending) {
        reject(localError("QUEUE_FULL", `More than ${maxPending} requests wait for their answer`));
        return;
      }
      const id = String(++this.#lastId);
      const pending: Pending = {
        text: messageText(message, id),
        endMs: timers.monotonic() + timeoutMs,
        resolve,
        reject,
        isHandshake,
        isOut: isHandshake,
        retriesLeft: retries,
        timer: undefined,
      };
      this.#pending.set(id, pending);
      this.#again(id, pending);
    });
  }

  #again(id: string, pending: Pending): void {
    const { timers, transmit } = this.#options;
    const leftMs = pending.endMs - timers.monotonic();
    pending.timer = timers.setTimeout(() => {
      this.#take(id)?.reject(localError("TIMEOUT", "The server did not answer in time"));
    }, leftMs);
    if (pending.isHandshake) return transmit(pending.text);
    this.#deliver({
      text: pending.text,
      key: undefined,
      expiresAtMs: pending.endMs,
      onSent: () => pending.isOut = true,
      onDropped: (error) => this.#take(id)?.reject(error),
    });
  }

  #deliver(message: QueuedMessage): void {
    const { queue, isConnected } = this.#options;
    if (isConnected() && queue.length === 0) this.#out(message);
    else queue.push(message);
  }

  #out(message: QueuedMessage): void {
    message.onSent();
    this.#options.transmit(message.text);
  }

  #drain(): void {
    const { timers, queue, isConnected } = this.#options;
    timers.clearTimeout(this.#drainTimer);
    if (!isConnected()) return;
    for (let sent = 0; sent < BURST_MESSAGES; sent++) {
      const message = queue.shift(timers.monotonic());
      if (message === undefined) return;
      this.#out(message);
    }
    this.#drainTimer = timers.setTimeout(() => this.#drain(), BURST_PAUSE_MS);
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#options.timers.clearTimeout(pending?.timer);
    return pending;
  }
}
