import { payloadBytes } from "./payload_bytes.ts";
import { ReliableLane } from "./reliable_lane.ts";
import { Ring } from "./ring.ts";
import { type DropStrategy, StreamQueue } from "./stream_queue.ts";
import type { Payload, Wire } from "./wire.ts";
import { BULK, CONTROL, FRAME, type WireLane, WireLedger } from "./wire_ledger.ts";

/** Bounds of one connection's lanes; the names are those of the configuration. */
export interface LaneLimits {
  readonly maxControlMessages: number;
  readonly maxControlBytes: number;
  readonly maxReliableMessages: number;
  readonly maxReliableBytes: number;
  readonly ackRetryMs: number;
  readonly maxAckRetries: number;
  readonly ackTimeoutMs: number;
  readonly maxStreamMessages: number;
  readonly maxStreamBytes: number;
  readonly bulkWatermarkBytes: number;
  readonly writeTimeoutMs: number;
  readonly maxPendingSendsPerClient: number;
  readonly maxBufferedBytesPerClient: number;
}

/** What became of a message: handed over, refused because too much waits, or nobody is there any more. */
export type Handover = "sent" | "full" | "ended";

/** How a client keeps up: well, with too many control messages waiting, or taking nothing at all. */
export type Pace = "ok" | "overflow" | "stalled";

/**
 * Time after which control messages beyond their bound must have been taken. A bound over what waits in the socket alone
 * would close a healthy client: messages that have arrived are read one after the other before anything is written, so
 * one turn of the event loop has been seen to answer 49,000 of them.
 */
const OVERFLOW_GRACE_MS = 500;
/** Until then so many times the bounds may wait, and not one more. */
const OVERFLOW_FACTOR = 16;

const NO_IDS: readonly string[] = [];

/**
 * Everything that goes to one client, in four lanes over one wire: control and reliable messages are handed over at once;
 * messages of streams only while fewer than `bulkWatermarkBytes` wait in the socket, one of each stream in turn; region
 * frames as long as their own bounds let them. So a control message waits behind the watermark's bytes at most (and
 * behind the frames let in), never behind a queue. Every call is O(1) amortised; what a connection does not use is not
 * allocated.
 *
 * `bufferedAmount` is all that the runtime tells of a client's pace (Deno 2.9.6, Linux, loopback, measured):
 * - It rises with `send` by the bytes of the payload (UTF-8 for text) and falls by whole messages, when the kernel has
 *   taken one completely, and never within the turn of the event loop that sent it.
 * - A client that reads nothing: the kernel takes about 4 MB (3.9 MB in messages of 1 KiB and 64 KiB), then it stays.
 * - A slow reader: once the kernel is full it takes more only when a third of its buffer is free, so the count falls in
 *   steps of 1.4 MB: every 7 s at 200 kB/s, every 23 s at 50 kB/s. A write timeout of 10 s therefore means a client that
 *   is 4 MB behind and reads less than about 140 kB/s.
 * - `idleTimeout` does not end such a socket, as its ping waits behind the rest, and `close()` does not either: no event
 *   comes until the client reads or goes, and until then what waits stays in memory.
 * - From `close()` or an error on, `bufferedAmount` is 0 and `send` does nothing, whatever waits in truth. A client that
 *   goes shows as `error`, then `close` with code 0.
 */
export class Lanes {
  readonly #limits: LaneLimits;
  readonly #ledger: WireLedger;
  /** Streams with waiting messages, each once, in the order of their turns. */
  readonly #waiting = new Ring<StreamQueue>();
  #reliable: ReliableLane | undefined;
  #hasEnded = false;
  #undelivered = 0;
  /** Most bytes seen taken so far, and when that was seen first. */
  #takenBytes = -1;
  #takenAtMs = 0;
  /** What had been handed over when the control lane was first seen too full, and when; -1 while it is not. */
  #overflowAtBytes = -1;
  #overflowSinceMs = 0;

  constructor(wire: Wire, limits: LaneLimits) {
    this.#limits = limits;
    this.#ledger = new WireLedger(wire);
  }

  /** Messages handed to the wire since the start. */
  get handedMessages(): number {
    return this.#ledger.handedMessages;
  }

  /** Bytes handed to the wire since the start, without the frames around messages. */
  get handedBytes(): number {
    return this.#ledger.handedBytes;
  }

  /** Bytes that waited in the socket at the last look, and what has been handed over since. */
  get waitingBytes(): number {
    return this.#ledger.waitingBytes;
  }

  /** Frames handed over that the wire has not taken completely. */
  get pendingFrames(): number {
    this.#ledger.settle();
    return this.#ledger.frames;
  }

  /** Whether another region frame may be handed over. */
  get hasRoomForFrame(): boolean {
    const { maxBufferedBytesPerClient, maxPendingSendsPerClient } = this.#limits;
    return this.#ledger.settle() < maxBufferedBytesPerClient &&
      this.#ledger.frames < maxPendingSendsPerClient;
  }

  /** When {@linkcode resendDue} has something to do next, monotonic; Infinity if no ACK is awaited. */
  get nextDueMs(): number {
    return this.#reliable?.nextDueMs ?? Infinity;
  }

  /**
   * Hands a control message over at once. `full` if sixteen times the bounds wait; a client over the bounds themselves is
   * told by {@linkcode pace}.
   */
  control(message: Payload): Handover {
    if (this.#hasEnded) return "ended";
    // Looking at what the socket has taken costs more than all the rest, so it is done at the bounds only.
    const { controlMessages, controlBytes } = this.#ledger;
    const { maxControlMessages, maxControlBytes } = this.#limits;
    if (controlMessages >= maxControlMessages || controlBytes + 3 * message.length > maxControlBytes) {
      this.#ledger.settle();
      if (this.#ledger.controlMessages > 0 && this.#isFull(message)) return "full";
    }
    return this.#hand(CONTROL, message);
  }

  /**
   * Hands a message over at once and awaits its ACK; `full` if as many as may are awaited. For clients that negotiated
   * ACKs; to others such messages are control messages.
   */
  reliable(id: string, message: Payload, nowMs: number): Handover {
    if (this.#hasEnded) return "ended";
    const { maxReliableMessages, maxReliableBytes, ackRetryMs, maxAckRetries, ackTimeoutMs } = this.#limits;
    this.#reliable ??= new ReliableLane({
      maxMessages: maxReliableMessages,
      maxBytes: maxReliableBytes,
      retryMs: ackRetryMs,
      maxRetries: maxAckRetries,
      timeoutMs: ackTimeoutMs,
    });
    if (!this.#reliable.send(id, message, nowMs)) return "full";
    return this.#hand(BULK, message);
  }

  /** Takes an ACK; false if none is awaited for this id. */
  ack(id: string): boolean {
    return this.#reliable?.ack(id) ?? false;
  }

  /**
   * Sends again what was not acknowledged in time, unless the earlier copy may still wait in the socket: then this try is
   * in vain. Returns the ids of messages that are given up.
   */
  resendDue(nowMs: number): readonly string[] {
    if (this.#hasEnded || this.#reliable === undefined) return NO_IDS;
    const { resend, expired } = this.#reliable.due(nowMs);
    for (const message of resend) {
      const buffered = this.#ledger.settle();
      if (buffered >= this.#limits.bulkWatermarkBytes) break;
      this.#hand(BULK, message);
    }
    return expired;
  }

  /** A queue for one more stream; give it back with {@linkcode removeStream}. */
  addStream(strategy: DropStrategy, keepEvery: number): StreamQueue {
    const { maxStreamMessages, maxStreamBytes } = this.#limits;
    return new StreamQueue({ strategy, keepEvery, maxMessages: maxStreamMessages, maxBytes: maxStreamBytes });
  }

  /**
   * Hands a message of a stream over if nothing waits, else queues it; returns how many messages were lost. Call
   * {@linkcode flush} from time to time while {@linkcode hasWaiting}.
   */
  push(stream: StreamQueue, message: Payload): number {
    if (this.#hasEnded) return 0;
    if (this.flush() === "idle") {
      const buffered = this.#ledger.settle();
      if (buffered < this.#limits.bulkWatermarkBytes) {
        if (this.#hand(BULK, message) === "sent") stream.pass();
        return 0;
      }
    }
    const wasEmpty = stream.length === 0;
    const dropped = stream.push(message);
    if (wasEmpty && stream.length > 0) this.#waiting.push(stream);
    return dropped;
  }

  /** Takes a stream out of the turns; returns how many of its messages waited, which are gone now. O(streams). */
  removeStream(stream: StreamQueue): number {
    const undelivered = stream.length;
    for (let left = this.#waiting.length; undelivered > 0 && left > 0; left--) {
      const other = this.#waiting.shift()!;
      if (other !== stream) this.#waiting.push(other);
    }
    stream.clear();
    return undelivered;
  }

  /** Whether messages of streams wait for the socket. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Hands over messages of streams, one of each in turn, while the socket has little to do. */
  flush(): "idle" | "waiting" {
    while (this.#waiting.length > 0) {
      const buffered = this.#ledger.settle();
      if (buffered >= this.#limits.bulkWatermarkBytes) return "waiting";
      const stream = this.#waiting.shift()!;
      const message = stream.shift()!;
      if (stream.length > 0) this.#waiting.push(stream);
      if (this.#hand(BULK, message) === "ended") return "idle";
    }
    return "idle";
  }

  /** Hands a region frame over, whether there is room or not; false if nobody is there any more. */
  frame(bytes: Uint8Array<ArrayBuffer>): boolean {
    return !this.#hasEnded && this.#hand(FRAME, bytes) === "sent";
  }

  /**
   * How the client keeps up; to be asked every second or so. `overflow`: more control messages wait than may, and have for
   * half a second; `stalled`: the socket has taken nothing for `writeTimeoutMs`. Costs nothing while nothing waits.
   */
  pace(nowMs: number): Pace {
    if (this.#hasEnded || this.#ledger.isEmpty) return "ok";
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

  /**
   * Ends all lanes and lets go of what waits; returns how many messages the client has not had, or not acknowledged. To be
   * called before the socket is closed, as a closed one does not tell what waits. A second call answers the same.
   */
  end(): number {
    if (this.#hasEnded) return this.#undelivered;
    this.#hasEnded = true;
    this.#ledger.settle();
    this.#undelivered = this.#ledger.controlMessages + (this.#reliable?.length ?? 0);
    for (let stream = this.#waiting.shift(); stream !== undefined; stream = this.#waiting.shift()) {
      this.#undelivered += stream.length;
      stream.clear();
    }
    this.#reliable = undefined;
    return this.#undelivered;
  }

  #hand(lane: WireLane, message: Payload): Handover {
    try {
      this.#ledger.hand(lane, message);
      return "sent";
    } catch {
      this.end();
      return "ended";
    }
  }

  #isFull(message: Payload): boolean {
    const { maxControlMessages, maxControlBytes } = this.#limits;
    const { controlMessages, controlBytes } = this.#ledger;
    if (controlMessages >= OVERFLOW_FACTOR * maxControlMessages) return true;
    const maxBytes = OVERFLOW_FACTOR * maxControlBytes;
    // A string of n units has at most 3n bytes; they are counted only where the answer is open.
    return controlBytes + message.length * 3 > maxBytes && controlBytes + payloadBytes(message) > maxBytes;
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
