import type { Clock, Logger } from "../observe/mod.ts";
import {
  type Auth,
  CLOSE_CODES,
  echo,
  type Init,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_TEXT,
  VoxcastError,
} from "../protocol/mod.ts";
import { type Authenticator, mayEnter, type Principal, type SessionTokens } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { RateGuard } from "./rate_guard.ts";
import type { ConnectionRegistry } from "./registry.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** The times that clients are told of. */
export interface HandshakeLimits {
  readonly heartbeatIntervalMs: number;
  readonly deadAfterMs: number;
  readonly authLockoutMs: number;
}

/** What a {@linkcode Handshake} works with. */
export interface HandshakeOptions {
  readonly limits: HandshakeLimits;
  readonly authenticator: Authenticator;
  readonly sessionTokens: SessionTokens;
  readonly connections: ConnectionRegistry;
  readonly rates: RateGuard;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverVersion: string;
  /** What a client is told of its limits. */
  readonly grants: Readonly<Record<string, number>>;
}

/** Answers INIT and AUTH. */
export class Handshake {
  readonly #options: HandshakeOptions;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** Settles what both sides speak, and gives or takes up a session. INIT may come again, to change what was settled. */
  init(connection: Connection, message: Init): void {
    const { clock, rates } = this.#options;
    connection.isMonitored = true;
    if (message.clientId !== undefined) connection.clientId = message.clientId;
    if (message.clientInfo !== undefined) connection.clientInfo = echo(JSON.stringify(message.clientInfo));
    if (message.sessionToken !== undefined) connection.offeredToken = message.sessionToken;
    if (connection.principal !== undefined) this.#takeUpSession(connection, connection.principal);
    if (rates.closeIfBanned(connection, clock.monotonic())) return;
    connection.outbox.send("INIT", this.#settled(connection, message), message.id);
    // From the next message on: this one tells the client, so it has to be plain.
    connection.outbox.negotiate({ gzip: message.gzip, ack: message.ack });
  }

  /**
   * Checks a credential. While it is being checked others are refused. A wrong one is answered with AUTH_FAILED; once the
   * address is locked out the socket is closed, unless it is active and only tried to refresh.
   */
  async auth(connection: Connection, { credential, id }: Auth): Promise<void> {
    const { authenticator, clock, logger } = this.#options;
    if (connection.isAuthenticating) {
      throw new VoxcastError("BUSY", "An earlier AUTH is still being checked");
    }
    // Without any credential set up there is nothing to compare with, and everybody is who they are already.
    if (authenticator.isOpen && connection.principal !== undefined) {
      return this.#authenticated(connection, connection.principal, id);
    }
    connection.isAuthenticating = true;
    let principal: Principal;
    try {
      principal = await authenticator.ofMessage(credential, {
        address: connection.remoteAddress,
        ...(connection.origin === undefined ? {} : { origin: connection.origin }),
      });
    } catch (error) {
      if (!(error instanceof VoxcastError)) throw error;
      // That the address is locked out has been logged once.
      const log = error.code === "LOCKED_OUT" ? logger.debug : logger.info;
      log.call(logger, "session.auth_failed", { connection_id: connection.id, code: error.code });
      this.#failed(connection, error, id);
      return;
    } finally {
      connection.isAuthenticating = false;
    }
    if (!connection.isOpen) return;
    this.#authenticated(connection, principal, id);
    logger.debug("session.authenticated", { connection_id: connection.id, principal: principal.id });
    connection.lastHeardMs = clock.monotonic();
  }

  #authenticated(connection: Connection, principal: Principal, id: string | undefined): void {
    const { clock, connections, rates } = this.#options;
    if (connection.principal !== undefined && connection.principal.id !== principal.id) {
      const error = new VoxcastError(
        "NOT_ALLOWED",
        "A connection stays with the principal that it began with",
      );
      this.#failed(connection, error, id);
      return;
    }
    connection.authenticated(principal, clock.monotonic());
    connections.authenticated(connection);
    this.#takeUpSession(connection, principal);
    if (rates.closeIfBanned(connection, clock.monotonic())) return;
    const { registeredWorld } = connection;
    if (registeredWorld !== undefined && !mayEnter(principal, registeredWorld)) {
      const error = new VoxcastError(
        "NOT_ALLOWED",
        "The new credential is not for the world of this connection",
      );
      connection.outbox.sendError(error, id);
      connection.close(CLOSE_CODES.UNAUTHORIZED.code);
      return;
    }
    this.#options.subscriptions.endForbidden(connection);
    const token = connection.isMonitored ? this.#sessionToken(connection, principal) : {};
    connection.outbox.send("AUTH_SUCCESS", {
      principal: principal.id,
      method: principal.method,
      role: principal.role,
      worlds: principal.worlds === "all" ? "all" : [...principal.worlds],
      expires_at_ms: principal.expiresAtMs ?? null,
      server_time_ms: clock.now(),
      ...token,
    }, id);
  }

  #failed(connection: Connection, given: VoxcastError, id: string | undefined): void {
    const { authenticator, limits } = this.#options;
    if (!connection.isOpen) return;
    const attemptsLeft = authenticator.attemptsLeft(connection.remoteAddress);
    // The attempt that brings the lock-out says so, and for how long.
    const error = given.code === "UNAUTHORIZED" && attemptsLeft === 0
      ? new VoxcastError("LOCKED_OUT", "Too many wrong credentials came from this address", {
        retryAfterMs: limits.authLockoutMs,
      })
      : given;
    const { number } = error.entry;
    connection.counters.authFailures++;
    connection.outbox.send("AUTH_FAILED", {
      code: error.code,
      number,
      message: error.message,
      retry_after_ms: error.retryAfterMs,
      attempts_left: attemptsLeft,
    }, id);
    if (error.code === "LOCKED_OUT" && connection.principal === undefined) {
      connection.close(CLOSE_CODES.UNAUTHORIZED.code);
    }
  }

  /** A token that is not this principal's, or too old, is no error: the client simply begins a new session. */
  #takeUpSession(connection: Connection, principal: Principal): void {
    const { sessionTokens, connections } = this.#options;
    const token = connection.offeredToken;
    connection.offeredToken = undefined;
    const known = token === undefined ? undefined : sessionTokens.read(token, principal);
    const before = connections.takeSession(connection, known ?? connection.sessionId);
    before?.close(CLOSE_CODES.SESSION_TAKEN.code);
  }

  #settled(connection: Connection, { gzip, ack }: Init): Record<string, unknown> {
    const { authenticator, clock, serverVersion, limits, grants } = this.#options;
    const { principal } = connection;
    return {
      protocol_version: PROTOCOL_VERSION_TEXT,
      protocol: PROTOCOL_VERSION,
      server_version: serverVersion,
      ...(principal === undefined ? { session: null } : this.#sessionToken(connection, principal)),
      compression: gzip ? "gzip" : null,
      ack,
      authenticated: principal !== undefined,
      auth_required: !authenticator.isOpen,
      server_time_ms: clock.now(),
      heartbeat_interval_ms: limits.heartbeatIntervalMs,
      dead_after_ms: limits.deadAfterMs,
      limits: grants,
    };
  }

  #sessionToken(connection: Connection, principal: Principal): Record<string, unknown> {
    const { token, expiresAtMs } = this.#options.sessionTokens.issue(connection.sessionId, principal);
    return { session: connection.sessionId, session_token: token, session_expires_at_ms: expiresAtMs };
  }
}
