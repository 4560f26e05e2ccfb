import type { Clock } from "../observe/mod.ts";
import { CLOSE_CODES, type CloseCode, closeReason, type MessageOptions } from "../protocol/mod.ts";
import type { Principal } from "../security/mod.ts";
import type { Caller } from "./caller.ts";
import { closeWhenDrained } from "./close_when_drained.ts";
import { type ConnectionCounters, newCounters } from "./connection_counters.ts";
import type { ConnectionRates } from "./connection_rates.ts";
import { destroySocket } from "./destroy_socket.ts";
import { Outbox, type OutboxContext, type OutboxOwner } from "./outbox.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import type { Profile } from "./profile.ts";
import { type SessionEvent, type SessionState, transition } from "./session_state.ts";
import type { Subscription } from "./subscription.ts";
import type { Transport } from "./wire.ts";

/** What sets one {@linkcode Connection} apart. */
export interface ConnectionOptions {
  readonly id: string;
  readonly sessionId: string;
  readonly transport: Transport;
  readonly profile: Profile<Connection>;
  readonly caller: Caller;
  readonly rates: ConnectionRates;
}

/** What all connections work with. */
export interface ConnectionContext extends OutboxContext {
  readonly limits: OutboxContext["limits"] & { readonly heartbeatIntervalMs: number };
  /** Called when messages begin to wait for the socket: {@linkcode Connection.flush} is to be called until none do. */
  readonly onWaiting: (connection: Connection) => void;
}

/**
 * One socket: who it is, where it stands, and how it ends. Fields that others set are what the kernel remembers of it.
 */
export class Connection implements OutboxOwner {
  readonly id: string;
  /** The resumable identity behind it; the registry's to set. */
  sessionId: string;
  readonly profile: Profile<Connection>;
  readonly remoteAddress: string;
  readonly origin: string | undefined;
  /** World that its address names. */
  readonly namedWorld: string | undefined;
  /** World that it is in, because it has registered there or else has a stream of it; the registry's to set. */
  world: string | undefined = undefined;
  /** World that it was in last; the registry's to set. */
  lastWorld: string | undefined = undefined;
  /** World that it has registered in. */
  registeredWorld: string | undefined = undefined;
  /** Name that the client gave itself. */
  clientId: string | undefined;
  /** The beginning of what the client says of itself, as JSON. */
  clientInfo: string | undefined = undefined;
  /** Time of the upgrade on the wall's clock, and on the monotonic one. */
  readonly acceptedAtMs: number;
  readonly acceptedMs: number;
  readonly counters: ConnectionCounters = newCounters();
  readonly rates: ConnectionRates;
  /** Everything that goes out. */
  readonly outbox: Outbox;
  /** By `stream_id`; undefined before the first. */
  subscriptions: Map<string, Subscription> | undefined = undefined;
  /** Whether a credential is being checked now. */
  isAuthenticating = false;
  /** Messages that wait for the credential. */
  readonly held: IncomingMessage[] = [];
  /** A session token that was shown before the credential. */
  offeredToken: string | undefined = undefined;
  /** Whether the client is known to answer, so that its silence means that it is gone. */
  isMonitored = false;
  lastHeardMs: number;
  nextHeartbeatMs: number;
  /** HEARTBEATs sent. */
  heartbeats = 0;
  malformedInRow = 0;
  /** Whether the runtime has told of the end of the socket. */
  isEndTold = false;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #onWaiting: (connection: Connection) => void;
  #state: SessionState;
  #principal: Principal | undefined;
  #isOpen = false;
  #isSocketClosed = false;
  #unsentBytes = 0;

  constructor(options: ConnectionOptions, context: ConnectionContext) {
    const { caller, profile, transport } = options;
    const { clock, limits } = context;
    const nowMs = clock.monotonic();
    this.id = options.id;
    this.sessionId = options.sessionId;
    this.profile = profile;
    this.remoteAddress = caller.remoteAddress;
    this.origin = caller.origin;
    this.namedWorld = caller.world;
    this.clientId = caller.clientId;
    this.acceptedAtMs = clock.now();
    this.acceptedMs = nowMs;
    this.rates = options.rates;
    this.lastHeardMs = nowMs;
    this.nextHeartbeatMs = nowMs + limits.heartbeatIntervalMs;
    this.#transport = transport;
    this.#clock = clock;
    this.#onWaiting = context.onWaiting;
    this.#state = { phase: "accepting", sinceMs: nowMs };
    this.outbox = new Outbox(this, transport, profile.hasPayload ? WITH_PAYLOAD : PLAIN, context);
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
    return this.#isOpen;
  }

  /** Bytes that wait in the process for this client. */
  get bufferedBytes(): number {
    return this.#transport.bufferedAmount;
  }

  /**
   * Bytes that the socket had not taken when it was closed or destroyed: the runtime keeps them until the peer has read them
   * or is gone.
   */
  get unsentBytes(): number {
    return this.#unsentBytes;
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

  /** Messages have begun to wait for the socket. */
  onWaiting(): void {
    this.#onWaiting(this);
  }

  /** Sends what waits, as far as the socket has room; true if something still waits. If not, a draining one is closed. */
  flush(): boolean {
    if (this.outbox.flush()) return true;
    this.closeSocket();
    return false;
  }

  /**
   * Ends the connection with a code of the catalogue and its reason; later calls do nothing. After the client's own CLOSE
   * what waits is sent first, otherwise it is dropped.
   */
  close(code: CloseCode): void {
    if (!this.#move({ type: "closing", code, nowMs: this.#clock.monotonic() })) return;
    if (code !== CLOSE_CODES.NORMAL.code) this.closeSocket();
    else if (this.flush()) this.onWaiting();
  }

  /** Closes the socket of a draining connection now, whatever waits; does nothing in any other state. */
  closeSocket(): void {
    if (this.#isSocketClosed || this.#state.phase !== "draining") return;
    this.#endOutbox();
    const { code } = this.#state;
    closeWhenDrained(this.#transport, this.#clock, () => this.#state.phase === "closed", () => {
      this.#noteUnsent();
      this.#transport.close(code, closeReason(code));
    });
  }

  /** Takes the socket away from a peer that does not answer, with all that the runtime keeps for it. */
  destroy(): void {
    this.#noteUnsent();
    destroySocket(this.#transport);
  }

  /** The socket is gone: nothing waits any more. */
  ended(code: number): void {
    if (!this.#move({ type: "ended", code })) return;
    if (!this.#isSocketClosed) this.#endOutbox();
  }

  #endOutbox(): void {
    this.#isSocketClosed = true;
    this.outbox.end();
  }

  /** To be called before the socket is closed: a closed one says that nothing waits. */
  #noteUnsent(): void {
    this.#unsentBytes = Math.max(this.#unsentBytes, this.bufferedBytes);
  }

  #move(event: SessionEvent): boolean {
    const before = this.#state;
    this.#state = transition(before, event);
    this.#isOpen = this.#state.phase === "active" || this.#state.phase === "authenticating";
    if (this.#state.phase === "active") this.#principal = this.#state.principal;
    return this.#state !== before;
  }
}

const PLAIN: MessageOptions = {};
const WITH_PAYLOAD: MessageOptions = { payload: true };
