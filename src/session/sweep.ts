import type { Clock, TimerId } from "../observe/mod.ts";
import { CLOSE_CODES, type CloseCode, VoxcastError } from "../protocol/mod.ts";
import type { Authenticator } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { RateGuard } from "./rate_guard.ts";
import type { ConnectionRegistry } from "./registry.ts";

/** The times that a connection is held to. */
export interface SweepLimits {
  readonly openTimeoutMs: number;
  readonly authTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly deadAfterMs: number;
  readonly writeTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly ackRetryMs: number;
}

/** What a {@linkcode Sweep} works with. */
export interface SweepOptions {
  readonly limits: SweepLimits;
  readonly clock: Clock;
  readonly connections: ConnectionRegistry;
  readonly rates: RateGuard;
  readonly authenticator: Pick<Authenticator, "isCurrent">;
  /** Lets go of a connection of which the runtime says nothing any more. */
  readonly giveUp: (connection: Connection) => void;
}

/** Longest time between two rounds: what falls due is done this much later at most. */
const MAX_INTERVAL_MS = 1000;
const MIN_INTERVAL_MS = 10;
/** Closed for what the client did: it is not waited for longer than a close frame takes on its way. */
const PUNISHED: ReadonlySet<CloseCode> = new Set([
  CLOSE_CODES.MESSAGE_TOO_LARGE.code,
  CLOSE_CODES.UNAUTHORIZED.code,
  CLOSE_CODES.PROTOCOL.code,
  CLOSE_CODES.RATE.code,
  CLOSE_CODES.MEMORY.code,
]);
const PUNISHED_FAREWELL_MS = 500;
/** What is said to those whose credential does not open anything, or no longer. */
const REFUSALS = {
  AUTH_REQUIRED: "No credential was shown in time",
  AUTH_EXPIRED: "The credential has expired; send AUTH with a new one before that",
  UNAUTHORIZED: "The credential was withdrawn",
} as const;
/** A socket that did not take everything is looked at again after this time: the runtime does not say when it drains. */
const POLL_MS = 10;

/**
 * One timer for the times of all connections: a round through them sends heartbeats and closes whoever is silent, stuck,
 * expired, or too slow to open, to show a credential or to say good-bye. A second timer runs only while messages wait for
 * sockets that were full.
 */
export class Sweep implements Disposable {
  readonly #options: SweepOptions;
  readonly #intervalMs: number;
  readonly #waiting = new Set<Connection>();
  #round: TimerId;
  #poll: TimerId | undefined;
  #waitingBytes = 0;
  #heartbeatTimeouts = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    const { openTimeoutMs, authTimeoutMs, heartbeatIntervalMs, deadAfterMs, writeTimeoutMs, ackRetryMs } =
      options.limits;
    const shortest = Math.min(
      ...[openTimeoutMs, authTimeoutMs, heartbeatIntervalMs, deadAfterMs, writeTimeoutMs, ackRetryMs],
    );
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, shortest / 4));
    this.#round = options.clock.setTimeout(() => this.#run(), this.#intervalMs);
  }

  /** Bytes that waited in the process for clients at the last round, those that have ended included. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Clients from which nothing was heard in time. */
  get heartbeatTimeouts(): number {
    return this.#heartbeatTimeouts;
  }

  /** Connections with messages that wait for their sockets. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Looks after a connection until everything that waits for its socket has been handed over. */
  waitsFor(connection: Connection): void {
    this.#waiting.add(connection);
    this.#poll ??= this.#options.clock.setTimeout(() => this.#flush(), POLL_MS);
  }

  /** Sends a HEARTBEAT, which the client answers with PONG. */
  sendHeartbeat(connection: Connection): void {
    connection.outbox.send("HEARTBEAT", {
      "server_time_ms": this.#options.clock.now(),
      sequence: ++connection.heartbeats,
    });
  }

  /** Forgets a connection that has ended. */
  forget(connection: Connection): void {
    this.#waiting.delete(connection);
  }

  [Symbol.dispose](): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#round);
    if (this.#poll !== undefined) clock.clearTimeout(this.#poll);
    this.#poll = undefined;
  }

  #flush(): void {
    this.#poll = undefined;
    const { clock } = this.#options;
    for (const connection of this.#waiting) {
      if (!connection.flush()) this.#waiting.delete(connection);
    }
    if (this.#waiting.size > 0) this.#poll = clock.setTimeout(() => this.#flush(), POLL_MS);
  }

  #run(): void {
    const { clock, connections } = this.#options;
    this.#round = clock.setTimeout(() => this.#run(), this.#intervalMs);
    const nowMs = clock.monotonic();
    connections.sweepLingering(nowMs);
    // A connection may end while it is looked at; a Set goes on with the others.
    let bytes = 0;
    for (const connection of connections) {
      this.#look(connection, nowMs);
      if (connection.state.phase !== "closed") bytes += connection.outbox.waitingBytes;
    }
    this.#waitingBytes = bytes + connections.lingeringBytes;
  }

  #look(connection: Connection, nowMs: number): void {
    const { limits, giveUp } = this.#options;
    const { state } = connection;
    switch (state.phase) {
      case "accepting":
        // The runtime says nothing of a socket that broke before it opened.
        if (nowMs - state.sinceMs >= limits.openTimeoutMs) giveUp(connection);
        break;
      case "authenticating":
        if (nowMs - state.sinceMs >= limits.authTimeoutMs) this.#refuse(connection, "AUTH_REQUIRED");
        else this.#keepAlive(connection, nowMs);
        break;
      case "active":
        if (hasExpired(connection, this.#options.clock.now())) this.#refuse(connection, "AUTH_EXPIRED");
        else if (this.#isWithdrawn(connection)) this.#refuse(connection, "UNAUTHORIZED");
        else this.#keepAlive(connection, nowMs);
        break;
      case "draining":
        if (nowMs - state.sinceMs >= limits.drainTimeoutMs) connection.closeSocket();
        if (nowMs - state.sinceMs >= this.#farewellMs(state.code)) giveUp(connection);
        break;
      case "closed":
        break;
    }
  }

  /** How long a peer may take to answer a close frame; the runtime keeps what it sent, and reads on, until it does. */
  #farewellMs(code: CloseCode): number {
    const { drainTimeoutMs, writeTimeoutMs } = this.#options.limits;
    return PUNISHED.has(code) ? PUNISHED_FAREWELL_MS : drainTimeoutMs + writeTimeoutMs;
  }

  #keepAlive(connection: Connection, nowMs: number): void {
    const { limits } = this.#options;
    if (connection.isMonitored && nowMs - connection.lastHeardMs >= limits.deadAfterMs) {
      this.#heartbeatTimeouts++;
      connection.close(CLOSE_CODES.HEARTBEAT.code);
      return;
    }
    // By what it did elsewhere: over another connection, or over HTTP.
    if (this.#options.rates.closeIfBanned(connection, nowMs)) return;
    if (connection.outbox.pace(nowMs) !== "ok") {
      connection.close(CLOSE_CODES.SLOW_CONSUMER.code);
      return;
    }
    connection.outbox.resend(nowMs);
    if (nowMs < connection.nextHeartbeatMs) return;
    connection.nextHeartbeatMs = nowMs + limits.heartbeatIntervalMs;
    this.sendHeartbeat(connection);
  }

  #isWithdrawn({ principal }: Connection): boolean {
    return principal !== undefined && !this.#options.authenticator.isCurrent(principal);
  }

  #refuse(connection: Connection, code: keyof typeof REFUSALS): void {
    connection.outbox.sendError(new VoxcastError(code, REFUSALS[code]));
    connection.close(CLOSE_CODES.UNAUTHORIZED.code);
  }
}

function hasExpired({ principal }: Connection, now: number): boolean {
  return principal?.expiresAtMs !== undefined && now >= principal.expiresAtMs;
}
