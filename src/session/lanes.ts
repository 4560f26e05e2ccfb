import type { ConnectionCounters } from "./connection_counters.ts";
import { type Pace, type PaceLimits, PaceWatch } from "./pace.ts";
import { payloadBytes } from "./payload_bytes.ts";
import { ReliableLane } from "./reliable_lane.ts";
import { Ring } from "./ring.ts";
import { type DropStrategy, StreamQueue } from "./stream_queue.ts";
import type { Payload, Wire } from "./wire.ts";
import { BULK, CONTROL, FRAME, type WireLane, WireLedger } from "./wire_ledger.ts";

/** Bounds of one connection's lanes; the names are those of the configuration. */
export interface LaneLimits extends PaceLimits {
  readonly maxReliableMessages: number;
  readonly maxReliableBytes: number;
  readonly ackRetryMs: number;
  readonly maxAckRetries: number;
  readonly ackTimeoutMs: number;
  readonly maxStreamMessages: number;
  readonly maxStreamBytes: number;
  readonly bulkWatermarkBytes: number;
  readonly maxPendingSendsPerClient: number;
  readonly maxBufferedBytesPerClient: number;
}

/** What became of a message: handed over, refused because too much waits, or nobody is there any more. */
export type Handover = "sent" | "full" | "ended";

/** So many times the bounds of control messages may wait, and not one more; who is over the bounds has a time of grace. */
const OVERFLOW_FACTOR = 16;

/** Up to this part of the bounds frames are handed over without asking the wire what it has taken. */
const UNASKED_PART = 8;

const NO_IDS: readonly string[] = [];

/**
 * Everything that goes to one client, in four lanes over one wire: control messages are handed over at once; reliable ones
 * and messages of streams only while fewer than `bulkWatermarkBytes` wait in the socket, of streams one of each in turn;
 * region frames as long as their own bounds let them. So a control message waits behind the watermark's bytes at most (and
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
  readonly #pace: PaceWatch;
  /** Streams with waiting messages, each once, in the order of their turns. */
  readonly #waiting = new Ring<StreamQueue>();
  #reliable: ReliableLane | undefined;
  #hasEnded = false;
  #undelivered = 0;

  /** @param counters where what is handed to the wire is counted */
  constructor(wire: Wire, limits: LaneLimits, counters: ConnectionCounters) {
    this.#limits = limits;
    this.#ledger = new WireLedger(wire, counters);
    this.#pace = new PaceWatch(this.#ledger, limits);
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

  /** Whether another region frame may be handed over. Asks the wire only when a good part of the bounds may be used up. */
  get hasRoomForFrame(): boolean {
    const { maxBufferedBytesPerClient, maxPendingSendsPerClient } = this.#limits;
    const { waitingBytes, frames } = this.#ledger;
    const isFar = waitingBytes * UNASKED_PART < maxBufferedBytesPerClient &&
      frames * UNASKED_PART < maxPendingSendsPerClient;
    if (isFar) return true;
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
   * Hands a message over and awaits its ACK; `full` if as many as may are awaited. While the watermark's bytes wait in the
   * socket it is only noted, and handed over when it is due to be sent again. For clients that negotiated ACKs; to others
   * such messages are control messages.
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
    return this.#hasRoomForBulk() ? this.#hand(BULK, message) : "sent";
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
      if (!this.#hasRoomForBulk()) break;
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
    if (this.flush() === "idle" && this.#hasRoomForBulk()) {
      if (this.#hand(BULK, message) === "sent") stream.pass();
      return 0;
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
      if (!this.#hasRoomForBulk()) return "waiting";
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

  /** How the client keeps up, as {@linkcode PaceWatch.look} says. */
  pace(nowMs: number): Pace {
    return this.#hasEnded ? "ok" : this.#pace.look(nowMs);
  }

  /**
   * Ends all lanes and lets go of what waits; returns how many messages of streams waited and how many reliable ones had no
   * ACK. What is in the socket does not count: nobody knows whether it still arrives. A second call answers the same.
   */
  end(): number {
    if (this.#hasEnded) return this.#undelivered;
    this.#hasEnded = true;
    // A closed socket does not tell any more what waits.
    this.#ledger.settle();
    this.#undelivered = this.#reliable?.length ?? 0;
    for (let stream = this.#waiting.shift(); stream !== undefined; stream = this.#waiting.shift()) {
      this.#undelivered += stream.length;
      stream.clear();
    }
    this.#reliable = undefined;
    return this.#undelivered;
  }

  #hasRoomForBulk(): boolean {
    return this.#ledger.settle() < this.#limits.bulkWatermarkBytes;
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
}
