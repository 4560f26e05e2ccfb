import type { Clock } from "../observe/mod.ts";
import {
  type ClientMessage,
  CLOSE_CODES,
  type CloseCode,
  closeReason,
  type DropStrategy,
  type MessageOptions,
  serverMessage,
  type ServerMessageType,
} from "../protocol/mod.ts";
import { perSecond, type Principal, TokenBucket } from "../security/mod.ts";
import { type ConnectionCounters, newCounters } from "./connection_counters.ts";
import { destroySocket } from "./destroy_socket.ts";
import { type LaneLimits, Lanes } from "./lanes.ts";
import type { MessageGzip } from "./message_gzip.ts";
import type { Profile } from "./profile.ts";
import type { LimitClass } from "./message_needs.ts";
import { type SessionEvent, type SessionState, transition } from "./session_state.ts";
import type { StreamQueue } from "./stream_queue.ts";
import type { Subscription } from "./subscription.ts";
import type { Payload, Wire } from "./wire.ts";

/** What a connection needs of a socket; `Deno.upgradeWebSocket`'s WebSocket fits it. */
export interface Transport extends Wire {
  readonly readyState: number;
  close(code: number, reason: string): void;
}

/** Bounds of one connection. */
export interface ConnectionLimits extends LaneLimits {
  readonly heartbeatIntervalMs: number;
  readonly streamUpdatesPerSecond: number;
}

/** What a {@linkcode Connection} is made of. */
export interface ConnectionOptions {
  readonly id: string;
  readonly sessionId: string;
  readonly profile: Profile<Connection>;
  readonly remoteAddress: string;
  readonly origin?: string;
  readonly clientId?: string;
  readonly namedWorld?: string;
  /** The bucket of all its messages. */
  readonly bucket: TokenBucket;
  readonly gzip: MessageGzip;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** Called when messages of streams begin to wait for the socket. */
  readonly onWaiting: (connection: Connection) => void;
}

/** How often a closing socket is asked whether it has taken everything, and for how long at most. */
const GOODBYE_POLL_MS = 5;
const MAX_GOODBYE_WAIT_MS = 40;
/** `readyState` of an open socket. */
const OPEN = 1;

/**
 * One socket: who it is, where it stands, and everything that goes out over it. What is sent after the end is dropped.
 * Fields that others set are what the kernel remembers of it.
 */
export class Connection {
  readonly id: string;
  /** The resumable identity behind it. */
  sessionId: string;
  readonly profile: Profile<Connection>;
  readonly remoteAddress: string;
  readonly origin: string | undefined;
  /** Time of the upgrade on the wall's clock, and on the monotonic one. */
  readonly acceptedAtMs: number;
  readonly acceptedMs: number;
  /** Name that the client gave itself. */
  clientId: string | undefined;
  /** World that its address names. */
  readonly namedWorld: string | undefined;
  /** World that it is in; the registry's to set. */
  world: string | undefined = undefined;
  readonly counters: ConnectionCounters = newCounters();
  readonly bucket: TokenBucket;
  /** Whether the client is known to answer, so that its silence means that it is gone. */
  isMonitored = false;
  /** Whether a credential is being checked now. */
  isAuthenticating = false;
  /** Messages that wait for the credential. */
  readonly held: ClientMessage[] = [];
  /** A session token that was shown before the credential. */
  offeredToken: string | undefined = undefined;
  /** HEARTBEATs sent. */
  heartbeats = 0;
  lastHeardMs: number;
  nextHeartbeatMs: number;
  nextOverloadAnswerMs = -Infinity;
  malformedInRow = 0;
  readonly #options: ConnectionOptions;
  #state: SessionState;
  #principal: Principal | undefined;
  #transport: Transport | undefined;
  #lanes: Lanes | undefined;
  #hasGzip = false;
  #hasAck = false;
  #lastReliableId = 0;
  #subscriptions: Map<string, Subscription> | undefined;
  #classBuckets: Map<LimitClass, TokenBucket> | undefined;
  /** Updates that its streams may send, all together. */
  #updates: TokenBucket | undefined;
  #isSocketClosed = false;
  #unsentBytes = 0;

  constructor(options: ConnectionOptions) {
    const { clock, limits } = options;
    const nowMs = clock.monotonic();
    this.#options = options;
    this.id = options.id;
    this.sessionId = options.sessionId;
    this.profile = options.profile;
    this.remoteAddress = options.remoteAddress;
    this.origin = options.origin;
    this.clientId = options.clientId;
    this.namedWorld = options.namedWorld;
    this.bucket = options.bucket;
    this.acceptedAtMs = clock.now();
    this.acceptedMs = nowMs;
    this.lastHeardMs = nowMs;
    this.nextHeartbeatMs = nowMs + limits.heartbeatIntervalMs;
    this.#state = { phase: "accepting", sinceMs: nowMs };
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Who it is, from its credential on, also after the end; undefined as long as it was nobody. */
  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Whom violations are counted for: the principal, or the session where nobody is somebody. */
  get identity(): string {
    const known = this.#principal;
    return known === undefined || known.method === "none" ? `session:${this.sessionId}` : known.id;
  }

  /** Whether messages are read and can be sent. */
  get isOpen(): boolean {
    return this.#state.phase === "active" || this.#state.phase === "authenticating";
  }

  /** How messages to this client look, beside their content. */
  get style(): MessageOptions {
    return this.profile.hasPayload ? WITH_PAYLOAD : PLAIN;
  }

  get hasGzip(): boolean {
    return this.#hasGzip;
  }

  get hasAck(): boolean {
    return this.#hasAck;
  }

  /** By `stream_id`; undefined before the first. */
  get subscriptions(): ReadonlyMap<string, Subscription> | undefined {
    return this.#subscriptions;
  }

  /** Bytes that wait in the process for this client. */
  get bufferedBytes(): number {
    return this.#transport?.bufferedAmount ?? 0;
  }

  /** The same as of the last look at the socket, and what has been sent since; costs nothing. */
  get waitingBytes(): number {
    return this.#lanes?.waitingBytes ?? 0;
  }

  /** Bytes that waited when the socket was closed: the runtime keeps them until the peer has read them or is gone. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Whether another region frame may be sent. */
  get hasRoomForFrame(): boolean {
    return this.#lanes?.hasRoomForFrame ?? false;
  }

  /** Gives it its socket, once. */
  tie(transport: Transport): void {
    this.#transport = transport;
    this.#lanes = new Lanes(transport, this.#options.limits);
  }

  /** The socket has opened. */
  opened(principal: Principal | undefined, nowMs: number): void {
    this.#move({ type: "opened", principal, nowMs });
    this.lastHeardMs = nowMs;
  }

  /** A credential was right. */
  authenticated(principal: Principal, nowMs: number): void {
    this.#move({ type: "authenticated", principal, nowMs });
  }

  /** Settles what both sides speak. */
  negotiate({ gzip, ack }: { readonly gzip: boolean; readonly ack: boolean }): void {
    this.#hasGzip = gzip;
    this.#hasAck = ack;
  }

  /** Sends a message of the control lane: at once. */
  sendText(text: string): void {
    if (!this.isOpen) return;
    const { counters } = this;
    const before = this.#lanes!.handedBytes;
    const handover = this.#lanes!.control(this.#packed(text));
    if (handover === "full") return this.close(CLOSE_CODES.SLOW_CONSUMER.code);
    if (handover === "ended") return;
    counters.packetsSent++;
    counters.bytesSent += this.#lanes!.handedBytes - before;
  }

  /** Answers a message: `ref` is its id. */
  reply(type: ServerMessageType, data: Readonly<Record<string, unknown>>, ref?: string): void {
    const now = this.#options.clock.now();
    this.sendText(serverMessage(type, now, ref === undefined ? data : { ...data, ref }, this.style));
  }

  /** Sends a message that must arrive: with ACK, if that was negotiated, again and again until it does. */
  sendReliable(type: ServerMessageType, data: Readonly<Record<string, unknown>>): void {
    if (!this.#hasAck) return this.reply(type, data);
    if (!this.isOpen) return;
    const { clock } = this.#options;
    const lanes = this.#lanes!;
    const id = `${this.id}-${++this.#lastReliableId}`;
    const text = serverMessage(type, clock.now(), data, { ...this.style, id });
    const handover = this.#counted(lanes, () => lanes.reliable(id, this.#packed(text), clock.monotonic()));
    if (handover === "full") this.close(CLOSE_CODES.SLOW_CONSUMER.code);
  }

  /** The client has got a reliable message. One that is not awaited, or not any more, is no error. */
  acknowledge(id: string): void {
    this.#lanes?.ack(id);
  }

  /** Sends reliable messages again that are due, and tells the client of those that are given up. */
  resend(nowMs: number): void {
    const lanes = this.#lanes;
    if (lanes === undefined || lanes.nextDueMs > nowMs) return;
    const givenUp = this.#counted(lanes, () => lanes.resendDue(nowMs));
    for (const id of givenUp) {
      this.counters.undelivered++;
      this.reply("RESYNC", { id });
    }
  }

  /** Sends a region frame; false if the connection is closed or the socket refuses. */
  sendFrame(frame: Uint8Array): boolean {
    if (!this.isOpen) return false;
    const before = this.#lanes!.handedBytes;
    if (!this.#lanes!.frame(this.#packed(frame as Uint8Array<ArrayBuffer>) as Uint8Array<ArrayBuffer>)) {
      return false;
    }
    this.counters.packetsSent++;
    this.counters.framesSent++;
    this.counters.bytesSent += this.#lanes!.handedBytes - before;
    return true;
  }

  /** A queue for one more stream of messages. */
  addStream(strategy: DropStrategy, keepEvery: number): StreamQueue {
    return this.#lanes!.addStream(strategy, keepEvery);
  }

  setSubscription(subscription: Subscription): void {
    (this.#subscriptions ??= new Map()).set(subscription.streamId, subscription);
  }

  /** Forgets a subscription and what waits of it. */
  removeSubscription(subscription: Subscription): void {
    if (!this.#subscriptions?.delete(subscription.streamId)) return;
    const undelivered = this.#lanes?.removeStream(subscription.queue) ?? 0;
    // Who unsubscribes does not want them.
    if (!this.isOpen) this.counters.undelivered += undelivered;
  }

  /** Sends a message of a stream, now or when the socket has room; its strategy says what is lost. */
  pushStream(
    subscription: Subscription,
    type: ServerMessageType,
    data: Readonly<Record<string, unknown>>,
  ): void {
    if (!this.isOpen) return;
    const { clock, limits } = this.#options;
    this.#updates ??= new TokenBucket(perSecond(limits.streamUpdatesPerSecond), clock.monotonic());
    if (!this.#updates.take(clock.monotonic())) {
      subscription.skipped++;
      this.counters.droppedFrames++;
      return;
    }
    const lanes = this.#lanes!;
    const text = serverMessage(type, clock.now(), data, this.style);
    const wasWaiting = lanes.hasWaiting;
    this.#counted(lanes, () => {
      this.counters.droppedFrames += lanes.push(subscription.queue, this.#packed(text));
    });
    if (!wasWaiting && lanes.hasWaiting) this.#options.onWaiting(this);
  }

  /** Sends what waits, as far as the socket has room; true if something still waits. */
  flush(): boolean {
    const lanes = this.#lanes;
    if (lanes === undefined || this.#isSocketClosed) return false;
    this.#counted(lanes, () => lanes.flush());
    if (lanes.hasWaiting) return true;
    if (this.#state.phase === "draining") this.closeSocket();
    return false;
  }

  /** How the client keeps up: `overflow` and `stalled` end a connection. */
  pace(nowMs: number): ReturnType<Lanes["pace"]> {
    return this.#lanes?.pace(nowMs) ?? "ok";
  }

  /** The bucket of a class of messages, once it has been used. */
  classBucket(name: LimitClass): TokenBucket | undefined {
    return this.#classBuckets?.get(name);
  }

  setClassBucket(name: LimitClass, bucket: TokenBucket): TokenBucket {
    (this.#classBuckets ??= new Map()).set(name, bucket);
    return bucket;
  }

  /**
   * Ends the connection with a code of the catalogue and its reason; later calls do nothing. After the client's own CLOSE
   * what waits is sent first, otherwise it is dropped.
   */
  close(code: CloseCode): void {
    const nowMs = this.#options.clock.monotonic();
    if (!this.#move({ type: "closing", code, nowMs })) return;
    if (code === CLOSE_CODES.NORMAL.code && this.flush()) return this.#options.onWaiting(this);
    this.closeSocket();
  }

  /** Closes the socket of a draining connection now, whatever waits. */
  closeSocket(): void {
    if (this.#isSocketClosed || this.#state.phase !== "draining") return;
    this.#endLanes();
    this.#sayGoodbye(this.#state.code, 0);
  }

  /**
   * Sends the close frame once the socket has taken what was sent before, or after a while: a message that comes in while
   * the frame waits behind others makes the runtime drop them all, and the client would never learn why.
   */
  #sayGoodbye(code: CloseCode, waitedMs: number): void {
    const transport = this.#transport;
    if (transport === undefined || transport.readyState > OPEN || this.#state.phase === "closed") return;
    if (transport.bufferedAmount === 0 || waitedMs >= MAX_GOODBYE_WAIT_MS) {
      return transport.close(code, closeReason(code));
    }
    this.#options.clock.setTimeout(
      () => this.#sayGoodbye(code, waitedMs + GOODBYE_POLL_MS),
      waitedMs === 0 ? 0 : GOODBYE_POLL_MS,
    );
  }

  /** Takes the socket away from a peer that does not answer, with all that the runtime keeps for it. */
  destroy(): void {
    if (this.#transport !== undefined) destroySocket(this.#transport);
  }

  /** The socket is gone: nothing waits any more. */
  ended(code: number): void {
    if (!this.#move({ type: "ended", code })) return;
    if (!this.#isSocketClosed) this.#endLanes();
  }

  /** To be called before the socket is closed: afterwards it does not tell any more what waits. */
  #endLanes(): void {
    this.#isSocketClosed = true;
    this.#unsentBytes = this.bufferedBytes;
    this.counters.undelivered += this.#lanes?.end() ?? 0;
  }

  #counted<Result>(lanes: Lanes, hand: () => Result): Result {
    const { handedMessages, handedBytes } = lanes;
    const result = hand();
    this.counters.packetsSent += lanes.handedMessages - handedMessages;
    this.counters.bytesSent += lanes.handedBytes - handedBytes;
    return result;
  }

  #packed(message: Payload): Payload {
    return this.#hasGzip ? this.#options.gzip.pack(message) : message;
  }

  #move(event: SessionEvent): boolean {
    const before = this.#state;
    this.#state = transition(before, event);
    if (this.#state.phase === "active") this.#principal = this.#state.principal;
    return this.#state !== before;
  }
}

const PLAIN: MessageOptions = {};
const WITH_PAYLOAD: MessageOptions = { payload: true };
