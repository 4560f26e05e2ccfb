import type { Clock } from "../observe/mod.ts";
import {
  type Auth,
  BARE_PING,
  BARE_PONG,
  type ClientMessage,
  CLOSE_CODES,
  errorMessage,
  ERRORS,
  isGzipMessage,
  type JsonBounds,
  parseClientMessage,
  pongMessage,
  VoxcastError,
} from "../protocol/mod.ts";
import { hasRole } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { Handshake } from "./handshake.ts";
import type { LatencyWindow } from "./latency_window.ts";
import { MESSAGE_NEEDS } from "./message_needs.ts";
import type { MessageGzip } from "./message_gzip.ts";
import { payloadBytes } from "./payload_bytes.ts";
import type { RateGuard } from "./rate_guard.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Bounds of what comes in. */
export interface InboundLimits extends JsonBounds {
  readonly maxMessageSizeBytes: number;
  readonly maxUnauthenticatedBytes: number;
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

  constructor(options: InboundOptions) {
    this.#options = options;
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
      this.#count(connection, data);
      if (!rates.admits(connection, nowMs)) return;
      const text = typeof data === "string" ? data : this.#inflated(connection, data);
      if (text === BARE_PING) connection.sendText(BARE_PONG);
      else if (!this.#handle(connection, parseClientMessage(text, this.#options.limits), nowMs)) return;
      connection.malformedInRow = 0;
    } catch (error) {
      this.fail(connection, error);
    }
    latency?.add(clock.monotonic() - nowMs);
  }

  /** Answers what went wrong with a message, and closes where the catalogue says so. */
  fail(connection: Connection, given: unknown, ref?: string): void {
    connection.counters.malformedMessages++;
    connection.malformedInRow++;
    if (!(given instanceof VoxcastError)) this.#options.onUnexpected(given);
    const error = given instanceof VoxcastError
      ? given
      : new VoxcastError("INTERNAL", ERRORS.INTERNAL.summary);
    connection.sendText(errorMessage(error, this.#options.clock.now(), ref ?? error.ref, connection.style));
    const { closeCode } = error.entry;
    if (closeCode !== undefined && this.#ends(connection, error)) connection.close(closeCode);
    else if (connection.malformedInRow >= this.#options.limits.maxMalformedInRow) {
      connection.close(CLOSE_CODES.PROTOCOL.code);
    }
  }

  /** A message that came too early is only answered: its sender still has time to show a credential. */
  #ends(connection: Connection, { code }: VoxcastError): boolean {
    return code !== "AUTH_REQUIRED" || connection.principal !== undefined;
  }

  #inflated(connection: Connection, data: unknown): string {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
    if (!isGzipMessage(bytes)) {
      throw new VoxcastError("UNSUPPORTED_BINARY", "Binary messages are not accepted on this path");
    }
    if (!connection.hasGzip) {
      throw new VoxcastError(
        "UNSUPPORTED_BINARY",
        "Compressed messages need INIT with compression gzip first",
      );
    }
    const inflated = this.#options.gzip.inflate(bytes, this.#options.limits.maxMessageSizeBytes);
    if (typeof inflated !== "string") {
      throw new VoxcastError("UNSUPPORTED_BINARY", "Binary messages are not accepted on this path");
    }
    return inflated;
  }

  #count(connection: Connection, data: unknown): void {
    const { maxMessageSizeBytes: maxBytes, maxUnauthenticatedBytes } = this.#options.limits;
    const bytes = typeof data === "string"
      ? payloadBytes(data)
      : data instanceof ArrayBuffer
      ? data.byteLength
      : 0;
    connection.counters.bytesReceived += bytes;
    if (bytes > maxBytes) {
      throw new VoxcastError(
        "MESSAGE_TOO_LARGE",
        `Message of ${bytes} bytes exceeds the limit of ${maxBytes} bytes`,
      );
    }
    if (connection.principal === undefined && connection.counters.bytesReceived > maxUnauthenticatedBytes) {
      connection.close(CLOSE_CODES.UNAUTHORIZED.code);
      throw new VoxcastError(
        "AUTH_REQUIRED",
        `More than ${maxUnauthenticatedBytes} bytes came without a credential`,
      );
    }
  }

  /** Whether the message could be handled; if not, it has been answered. */
  #handle(connection: Connection, message: ClientMessage, nowMs: number): boolean {
    const need = MESSAGE_NEEDS[message.type];
    if (need.role !== "public") {
      if (this.#holds(connection, message)) return true;
      this.#requireRole(connection, message);
    }
    if (need.limit !== "messages" && !this.#options.rates.admitsClass(connection, need.limit, nowMs)) {
      return false;
    }
    try {
      this.#dispatch(connection, message);
      return true;
    } catch (error) {
      if (!(error instanceof VoxcastError) || error.ref !== undefined) throw error;
      this.fail(connection, error, message.id);
      return false;
    }
  }

  /** Keeps what comes right behind an AUTH that is still being checked, to be handled in its order. */
  #holds(connection: Connection, message: ClientMessage): boolean {
    const { isAuthenticating, principal, held } = connection;
    if (!isAuthenticating || principal !== undefined || held.length >= MAX_HELD) return false;
    held.push(message);
    return true;
  }

  async #authenticate(connection: Connection, message: Auth): Promise<void> {
    try {
      await this.#options.handshake.auth(connection, message);
    } catch (error) {
      this.fail(connection, error, message.id);
      if (connection.isAuthenticating) return;
    }
    for (const held of connection.held.splice(0)) {
      try {
        if (connection.isOpen) this.#handle(connection, held, this.#options.clock.monotonic());
      } catch (error) {
        this.fail(connection, error);
      }
    }
  }

  #requireRole({ principal }: Connection, { type, id }: ClientMessage): void {
    const ref = id === undefined ? {} : { ref: id };
    if (principal === undefined) {
      throw new VoxcastError("AUTH_REQUIRED", `Send AUTH before ${type}`, ref);
    }
    const { role } = MESSAGE_NEEDS[type];
    if (role !== "public" && !hasRole(principal, role)) {
      throw new VoxcastError("NOT_ALLOWED", `${type} needs the role ${role}`, ref);
    }
  }

  #dispatch(connection: Connection, message: ClientMessage): void {
    const { handshake, subscriptions, clock } = this.#options;
    switch (message.type) {
      case "PING":
      case "HEARTBEAT":
        connection.sendText(pongMessage(message, clock.now(), connection.style));
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
        connection.acknowledge(message.ackId);
        break;
      case "CLOSE":
        connection.close(CLOSE_CODES.NORMAL.code);
        break;
      case "REGISTER_CLIENT":
      case "UPDATE_VIEWPORT":
        connection.profile.onMessage(connection, message);
        break;
    }
  }
}
