import type { Clock } from "../observe/mod.ts";
import {
  CLOSE_CODES,
  type CloseCode,
  type DropStrategy,
  errorMessage,
  type MessageOptions,
  serverMessage,
  type ServerMessageType,
  type VoxcastError,
} from "../protocol/mod.ts";
import type { ConnectionCounters } from "./connection_counters.ts";
import { type LaneLimits, Lanes } from "./lanes.ts";
import type { MessageGzip } from "./message_gzip.ts";
import type { Pace } from "./pace.ts";
import type { StreamQueue } from "./stream_queue.ts";
import type { Payload, Wire } from "./wire.ts";

/** What an {@linkcode Outbox} knows of its connection. */
export interface OutboxOwner {
  readonly id: string;
  readonly counters: ConnectionCounters;
  /** Whether messages can be sent; what is sent otherwise is dropped. */
  readonly isOpen: boolean;
  /** Ends the connection. */
  close(code: CloseCode): void;
  /** Messages of streams have begun to wait for the socket: {@linkcode Outbox.flush} is to be called until none do. */
  onWaiting(): void;
}

/** What the outboxes of all connections work with. */
export interface OutboxContext {
  readonly limits: LaneLimits;
  readonly clock: Clock;
  readonly gzip: MessageGzip;
}

/** A message's fields as they are on the wire. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Everything that goes out over one connection: written as its client wants it, compressed if that was negotiated, and
 * handed to the lane that it belongs to. A client that does not keep up is closed (4009).
 */
export class Outbox {
  /** How messages to this client look, beside their content. */
  readonly style: MessageOptions;
  readonly #owner: OutboxOwner;
  readonly #context: OutboxContext;
  readonly #lanes: Lanes;
  #hasGzip = false;
  #hasAck = false;
  #lastReliableId = 0;

  constructor(owner: OutboxOwner, wire: Wire, style: MessageOptions, context: OutboxContext) {
    this.#owner = owner;
    this.#context = context;
    this.style = style;
    this.#lanes = new Lanes(wire, context.limits, owner.counters);
  }

  /** Whether messages are compressed, both ways. */
  get hasGzip(): boolean {
    return this.#hasGzip;
  }

  /** Bytes that wait in the process as of the last look at the socket, and what has been sent since; costs nothing. */
  get waitingBytes(): number {
    return this.#lanes.waitingBytes;
  }

  /** Region frames that the socket has not taken completely. Asks the socket. */
  get pendingFrames(): number {
    return this.#lanes.pendingFrames;
  }

  /** Whether another region frame may be sent. */
  get hasRoomForFrame(): boolean {
    return this.#lanes.hasRoomForFrame;
  }

  /** Settles what both sides speak, from the next message on. */
  negotiate({ gzip, ack }: { readonly gzip: boolean; readonly ack: boolean }): void {
    this.#hasGzip = gzip;
    this.#hasAck = ack;
  }

  /** Sends a message of the control lane: at once. `ref` is the id of the message that it answers. */
  send(type: ServerMessageType, data: Fields, ref?: string): void {
    const fields = ref === undefined ? data : { ...data, ref };
    this.sendText(serverMessage(type, this.#context.clock.now(), fields, this.style));
  }

  /** Sends ERROR in the same way. */
  sendError(error: VoxcastError, ref?: string): void {
    this.sendText(errorMessage(error, this.#context.clock.now(), ref, this.style));
  }

  /** The same for text that is written already. */
  sendText(text: string): void {
    if (this.#owner.isOpen) this.#closeIfFull(this.#lanes.control(this.#packed(text)));
  }

  /** Sends a message that must arrive: with ACK, if that was negotiated, again and again until it does. */
  sendReliable(type: ServerMessageType, data: Fields): void {
    if (!this.#hasAck) return this.send(type, data);
    if (!this.#owner.isOpen) return;
    const { clock } = this.#context;
    const id = `${this.#owner.id}-${++this.#lastReliableId}`;
    const text = serverMessage(type, clock.now(), data, { ...this.style, id });
    this.#closeIfFull(this.#lanes.reliable(id, this.#packed(text), clock.monotonic()));
  }

  /** The client has got a reliable message. One that is not awaited, or not any more, is no error. */
  acknowledge(id: string): void {
    this.#lanes.ack(id);
  }

  /** Sends reliable messages again that are due, and tells the client of those that are given up. */
  resend(nowMs: number): void {
    if (this.#lanes.nextDueMs > nowMs) return;
    for (const id of this.#lanes.resendDue(nowMs)) {
      this.#owner.counters.undelivered++;
      this.send("RESYNC", { id });
    }
  }

  /**
   * Sends a message of the region lane, with which so many frames are complete, whether there is room or not; false if the
   * connection is closed or the socket refuses.
   */
  sendFrame(message: Uint8Array, frames = 1): boolean {
    const { isOpen, counters } = this.#owner;
    if (!isOpen) return false;
    const packed = this.#packed(message as Uint8Array<ArrayBuffer>) as Uint8Array<ArrayBuffer>;
    if (!this.#lanes.frame(packed)) return false;
    counters.framesSent += frames;
    counters.regionBytesSent += message.length;
    return true;
  }

  /** A queue for one more stream of messages. */
  addStream(strategy: DropStrategy, keepEvery: number): StreamQueue {
    return this.#lanes.addStream(strategy, keepEvery);
  }

  /** Forgets what waits of a stream; returns how many messages that were. */
  removeStream(queue: StreamQueue): number {
    return this.#lanes.removeStream(queue);
  }

  /** Sends a message of a stream, now or when the socket has room; its strategy says what is lost. */
  pushStream(queue: StreamQueue, type: ServerMessageType, data: Fields): void {
    if (!this.#owner.isOpen) return;
    const text = serverMessage(type, this.#context.clock.now(), data, this.style);
    const wasWaiting = this.#lanes.hasWaiting;
    this.#owner.counters.droppedFrames += this.#lanes.push(queue, this.#packed(text));
    if (!wasWaiting && this.#lanes.hasWaiting) this.#owner.onWaiting();
  }

  /** Sends what waits, as far as the socket has room; true if something still waits. */
  flush(): boolean {
    return this.#lanes.flush() === "waiting";
  }

  /** How the client keeps up: all but `ok` ends a connection. */
  pace(nowMs: number): Pace {
    return this.#lanes.pace(nowMs);
  }

  /** Lets go of what waits, and counts it. To be called before the socket is closed if it is not closed yet. */
  end(): void {
    this.#owner.counters.undelivered += this.#lanes.end();
  }

  #closeIfFull(handover: ReturnType<Lanes["control"]>): void {
    if (handover === "full") this.#owner.close(CLOSE_CODES.SLOW_CONSUMER.code);
  }

  #packed(message: Payload): Payload {
    return this.#hasGzip ? this.#context.gzip.pack(message) : message;
  }
}
