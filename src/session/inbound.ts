import type { Clock } from "../observe/mod.ts";
import {
  type Auth,
  BARE_PING,
  BARE_PONG,
  CLOSE_CODES,
  type JsonBounds,
  parseClientMessage,
  pongMessage,
  readKnown,
  VoxcastError,
} from "../protocol/mod.ts";
import { hasRole, type Role } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { Handshake } from "./handshake.ts";
import { knownError } from "./known_error.ts";
import type { LatencyWindow } from "./latency_window.ts";
import type { MessageGzip } from "./message_gzip.ts";
import { MESSAGE_NEEDS } from "./message_needs.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import { MessageReader, type ReaderLimits } from "./message_reader.ts";
import type { RateGuard } from "./rate_guard.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Bounds of what comes in. */
export interface InboundLimits extends JsonBounds, ReaderLimits {
  readonly maxMalformedInRow: number;
}

/** What {@linkcode Inbound} works with. */
export interface InboundOptions {
  readonly limits: InboundLimits;
  readonly clock: Clock;
  readonly rates: RateGuard;
  readonly handshake: Handshake;
  readonly subscriptions: Subscriptions;
  readonly gzip: MessageGzip;
  /** Where the time that a message takes is noted; undefined if nobody wants to know. */
  readonly latency: LatencyWindow | undefined;
  readonly onUnexpected: (error: unknown) => void;
}

/** Most messages that wait for the AUTH before them; their bytes are bounded as those of strangers are. */
const MAX_HELD = 32;

/**
 * The way of a message from the socket to whoever handles it: counted, its size checked, its rate, inflated if need be, its
 * JSON bounded and read, its sender's role checked. What is wrong is answered with ERROR and changes nothing.
 */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #reader: MessageReader;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#reader = new MessageReader(options.limits, options.gzip);
  }

  /** Takes what a socket got: a string, or the ArrayBuffer of a binary message. Never throws. */
  receive(connection: Connection, data: unknown): void {
    const { clock, rates, latency } = this.#options;
    if (!connection.isOpen) return;
    const nowMs = clock.monotonic();
    connection.counters.packetsReceived++;
    connection.lastHeardMs = nowMs;
    try {
      // Before the rate: what is skipped has cost its bytes all the same.
      this.#reader.count(connection, data);
      if (!rates.admits(connection, nowMs)) return;
      const message = this.#reader.read(connection, data);
      if (message === BARE_PING) {
        connection.outbox.sendText(BARE_PONG);
        connection.malformedInRow = 0;
      } else if (typeof message === "string") {
        this.#handle(connection, parseClientMessage(message, this.#options.limits), nowMs);
      } else {
        this.#handle(connection, readKnown(message), nowMs);
      }
    } catch (error) {
      this.#fail(connection, error);
    }
    latency?.add(clock.monotonic() - nowMs);
  }

  /** Answers what went wrong with a message, and closes where the catalogue says so. */
  #fail(connection: Connection, given: unknown, ref?: string): void {
    connection.counters.malformedMessages++;
    connection.malformedInRow++;
    const error = knownError(given, this.#options.onUnexpected);
    connection.outbox.sendError(error, ref);
    const { closeCode } = error.entry;
    if (closeCode !== undefined && this.#ends(connection, error)) connection.close(closeCode);
    else if (connection.malformedInRow >= this.#options.limits.maxMalformedInRow) {
      connection.close(CLOSE_CODES.PROTOCOL.code);
    }
  }

  /** A message that came too early is only answered, as long as its sender may still show a credential. */
  #ends(connection: Connection, { code }: VoxcastError): boolean {
    return code !== "AUTH_REQUIRED" || connection.principal !== undefined ||
      this.#reader.hasHadEnough(connection);
  }

  /** Hands a message to whom it is for, or answers what is wrong with it. */
  #handle(connection: Connection, message: IncomingMessage, nowMs: number): void {
    const { role, limit } = MESSAGE_NEEDS[message.type];
    try {
      if (role !== "public") {
        if (this.#holds(connection, message)) return;
        requireRole(connection, message.type, role);
      }
      if (limit !== "messages" && !this.#options.rates.admitsClass(connection, limit, nowMs)) return;
      this.#dispatch(connection, message);
      connection.malformedInRow = 0;
    } catch (error) {
      this.#fail(connection, error, "id" in message ? message.id : undefined);
    }
  }

  /** Keeps what comes right behind an AUTH that is still being checked, to be handled in its order. */
  #holds(connection: Connection, message: IncomingMessage): boolean {
    const { isAuthenticating, principal, held } = connection;
    if (!isAuthenticating || principal !== undefined || held.length >= MAX_HELD) return false;
    held.push(message);
    return true;
  }

  async #authenticate(connection: Connection, message: Auth): Promise<void> {
    try {
      await this.#options.handshake.auth(connection, message);
    } catch (error) {
      this.#fail(connection, error, message.id);
      if (connection.isAuthenticating) return;
    }
    for (const held of connection.held.splice(0)) {
      if (connection.isOpen) this.#handle(connection, held, this.#options.clock.monotonic());
    }
  }

  #dispatch(connection: Connection, message: IncomingMessage): void {
    const { handshake, subscriptions, clock } = this.#options;
    switch (message.type) {
      case "PING":
      case "HEARTBEAT":
        connection.outbox.sendText(pongMessage(message, clock.now(), connection.outbox.style));
        break;
      case "PONG":
        connection.isMonitored = true;
        break;
      case "INIT":
        handshake.init(connection, message);
        break;
      case "AUTH":
        void this.#authenticate(connection, message);
        break;
      case "SUBSCRIBE":
        subscriptions.subscribe(connection, message);
        break;
      case "UNSUBSCRIBE":
        subscriptions.unsubscribe(connection, message);
        break;
      case "ACK":
        if ("ackId" in message) connection.outbox.acknowledge(message.ackId);
        else {
          connection.profile.onMessage(connection, message);
          this.#options.rates.excuse(connection, clock.monotonic());
        }
        break;
      case "CLOSE":
        connection.close(CLOSE_CODES.NORMAL.code);
        break;
      case "REGISTER_CLIENT":
      case "UPDATE_VIEWPORT":
      case "KNOWN":
      case "VERIFY":
        connection.profile.onMessage(connection, message);
        break;
    }
  }
}

function requireRole({ principal }: Connection, type: IncomingMessage["type"], role: Role): void {
  if (principal === undefined) throw new VoxcastError("AUTH_REQUIRED", `Send AUTH before ${type}`);
  if (!hasRole(principal, role)) throw new VoxcastError("NOT_ALLOWED", `${type} needs the role ${role}`);
}
