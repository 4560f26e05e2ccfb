import { type Clock, type Logger, type Random, randomId, type TimerId } from "../observe/mod.ts";
import { CLOSE_CODES, VoxcastError } from "../protocol/mod.ts";
import type { Authenticator, Principal, SessionTokens, Violations } from "../security/mod.ts";
import { AdmissionControl, type AdmissionLimits } from "./admission.ts";
import { AuditLog, type ConnectionRecord, connectionRecord } from "./audit.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";
import { Handshake } from "./handshake.ts";
import { Inbound, type InboundLimits } from "./inbound.ts";
import { addCounters, type ConnectionCounters, newCounters } from "./connection_counters.ts";
import { type LatencySummary, LatencyWindow } from "./latency_window.ts";
import { type GzipLimits, MessageGzip } from "./message_gzip.ts";
import type { GuardedConnection } from "./memory_guard.ts";
import type { Profile } from "./profile.ts";
import { RateGuard, type RateLimits } from "./rate_guard.ts";
import { RefusedSockets, serverFull } from "./refused_sockets.ts";
import { ConnectionRegistry, type RegistryLimits, type RegistryRefusal } from "./registry.ts";
import type { StreamSource } from "./stream_source.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Sweep, type SweepLimits } from "./sweep.ts";

/** Every bound of the kernel; the composition root fills it from the configuration. */
export interface KernelLimits
  extends
    RegistryLimits,
    RateLimits,
    AdmissionLimits,
    InboundLimits,
    ConnectionLimits,
    SweepLimits,
    GzipLimits {
  readonly idleTimeoutSec: number;
  readonly maxSubscriptions: number;
  readonly trackLatency: boolean;
  readonly latencySamples: number;
  readonly maxWorlds: number;
  readonly authLockoutMs: number;
}

/** What a {@linkcode Kernel} works with. */
export interface KernelOptions {
  readonly limits: KernelLimits;
  readonly authenticator: Authenticator;
  readonly sessionTokens: SessionTokens;
  /** Who broke limits and is banned for it; shared with the HTTP side, which sweeps it. */
  readonly violations: Violations;
  readonly sources: readonly StreamSource[];
  /** Turns a request into a socket, as `Deno.upgradeWebSocket` does. */
  readonly upgrade: (request: Request, options: Deno.UpgradeWebSocketOptions) => Deno.WebSocketUpgrade;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly serverVersion: string;
  /** What clients are told of their limits at INIT. */
  readonly grants: Readonly<Record<string, number>>;
  /** Called with the account of each connection that has ended. */
  readonly onEnded?: (record: ConnectionRecord) => void;
}

/** Who asks for a socket. */
export interface Caller {
  /** The peer, behind trusted proxies the one that they name. */
  readonly remoteAddress: string;
  /** Undefined if the request showed no credential and one is needed. */
  readonly principal: Principal | undefined;
  /** Value of the Origin header, if there is one. */
  readonly origin?: string;
  /** World that the address names. */
  readonly world?: string;
  /** Name that the client gave itself in the address, in development. */
  readonly clientId?: string;
  /** Subprotocol to answer with. */
  readonly subprotocol?: string;
}

/** Newest records of ended connections, and of ended streams, that are kept of the server and of each world. */
const AUDIT_RECORDS = 100;

/**
 * The one way of every socket: accepted within bounds, authenticated, limited, kept alive, closed and accounted for, the
 * same under every path; a {@linkcode Profile} says what is different.
 */
export class Kernel implements Disposable {
  readonly connections: ConnectionRegistry;
  readonly admission: AdmissionControl;
  readonly audit: AuditLog;
  readonly #options: KernelOptions;
  readonly #rates: RateGuard;
  readonly #gzip: MessageGzip;
  readonly #latency: LatencyWindow | undefined;
  readonly #subscriptions: Subscriptions;
  readonly #inbound: Inbound;
  readonly #refusals: RefusedSockets;
  /** Those that are told to go for want of memory, and when they are made to. */
  readonly #expelled = new Map<Connection, TimerId>();
  readonly #sweep: Sweep;
  /** Counters of connections that have ended. */
  readonly #ended = newCounters();
  readonly #refused: Record<RegistryRefusal, number> = { server: 0, address: 0, unauthenticated: 0 };
  /** One for all, as there are many connections. */
  readonly #onWaiting = (connection: Connection): void => this.#sweep.waitsFor(connection);
  #accepted = 0;
  #slowConsumers = 0;
  #disposed = false;

  constructor(options: KernelOptions) {
    const { limits, clock, logger, authenticator, sessionTokens } = options;
    const nowMs = clock.monotonic();
    const onUnexpected = (error: unknown) => logger.error("session.message_failed", { error });
    this.#options = options;
    this.connections = new ConnectionRegistry(limits);
    this.audit = new AuditLog(AUDIT_RECORDS, limits.maxWorlds);
    this.admission = new AdmissionControl(limits, nowMs);
    this.#rates = new RateGuard({
      limits,
      violations: options.violations,
      now: () => clock.now(),
      nowMs,
    });
    this.#gzip = new MessageGzip(limits);
    this.#latency = limits.trackLatency ? new LatencyWindow(limits.latencySamples) : undefined;
    this.#subscriptions = new Subscriptions({
      sources: options.sources,
      maxSubscriptions: limits.maxSubscriptions,
      clock,
      logger,
      audit: this.audit,
      onUnexpected,
    });
    const handshake = new Handshake({
      authenticator,
      sessionTokens,
      registry: this.connections,
      rates: this.#rates,
      subscriptions: this.#subscriptions,
      clock,
      logger,
      serverVersion: options.serverVersion,
      heartbeatIntervalMs: limits.heartbeatIntervalMs,
      deadAfterMs: limits.deadAfterMs,
      authLockoutMs: limits.authLockoutMs,
      grants: options.grants,
    });
    this.#inbound = new Inbound({
      limits,
      clock,
      rates: this.#rates,
      handshake,
      subscriptions: this.#subscriptions,
      gzip: this.#gzip,
      latency: this.#latency,
      onUnexpected,
    });
    this.#refusals = new RefusedSockets(clock);
    this.#sweep = new Sweep({
      limits,
      clock,
      connections: this.connections,
      giveUp: (connection) => this.#giveUp(connection),
      rates: this.#rates,
    });
  }

  /**
   * Upgrades a request to a socket of a profile.
   * @throws {VoxcastError} SHUTTING_DOWN, BANNED, OVERLOADED, AUTH_REQUIRED, ADDRESS_LIMIT: nothing was upgraded
   * @throws {TypeError} if the request is no WebSocket handshake
   */
  accept(request: Request, profile: Profile<Connection>, caller: Caller): Response {
    this.#requireAdmissible(profile, caller);
    this.admission.admit(this.#options.clock.monotonic());
    const connection = this.#connection(profile, caller);
    const refusal = this.connections.add(connection, caller.principal !== undefined);
    if (refusal !== undefined) return this.#refuse(request, refusal, caller);
    try {
      const { socket, response } = this.#upgrade(request, caller);
      this.#accepted++;
      this.#tie(socket, connection, caller.principal);
      return response;
    } catch (error) {
      this.connections.remove(connection);
      throw error;
    }
  }

  /**
   * Looks whether an upgrade would be refused now, for clients that cannot see the answer to one. Takes no place.
   * @throws {VoxcastError} as {@linkcode Kernel.accept}, and SERVER_FULL
   */
  check(profile: Profile<Connection>, caller: Pick<Caller, "remoteAddress" | "principal">): void {
    this.#requireAdmissible(profile, caller);
    this.admission.check(this.#options.clock.monotonic());
    const refusal = this.connections.refusalOf(caller.remoteAddress, caller.principal !== undefined);
    if (refusal !== undefined) throw this.#refusalError(refusal);
  }

  /** What the kernel has to tell of itself. O(connections). */
  status(): KernelStatus {
    const counters = { ...this.#ended };
    let bufferedBytes = 0;
    let subscriptions = 0;
    for (const connection of this.connections) {
      addCounters(counters, connection.counters);
      bufferedBytes += connection.bufferedBytes;
      subscriptions += connection.subscriptions?.size ?? 0;
    }
    return {
      ...counters,
      accepted: this.#accepted,
      refused: { ...this.#refused, overloaded: this.admission.refused },
      unauthenticated: this.connections.unauthenticatedCount,
      lingering: this.connections.lingeringCount,
      bufferedBytes,
      subscriptions,
      compression: this.#gzip.stats,
      latency: (this.#latency ?? NO_LATENCY).summary(),
      violations: this.#options.violations.counted,
      bans: this.#options.violations.bans,
      rateLimited: this.#rates.counters.rateLimited,
      heartbeatTimeouts: this.#sweep.heartbeatTimeouts,
      slowConsumers: this.#slowConsumers,
    };
  }

  /** The connections as the guard over memory sees them. */
  *guarded(): Iterable<GuardedConnection> {
    for (const connection of this.connections) {
      yield {
        id: connection.id,
        isAuthenticated: connection.principal !== undefined,
        acceptedAtMs: connection.acceptedMs,
        lastMessageAtMs: connection.counters.packetsReceived > 0 ? connection.lastHeardMs : undefined,
        ...(connection.isMonitored ? { ask: () => this.#sweep.sendHeartbeat(connection) } : {}),
        close: () => this.#expel(connection),
      };
    }
  }

  /** Bytes that waited in the process for clients a second ago or less. */
  get waitingBytes(): number {
    return this.#sweep.waitingBytes;
  }

  /** Entries of all tables that grow with connections; 0 when nothing is connected, or something was forgotten. */
  get entryCount(): number {
    return this.connections.entryCount + this.#refusals.size + this.#sweep.waitingCount;
  }

  /** Closes every connection, stops all timers, and accepts nothing more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const connection of [...this.connections]) connection.close(CLOSE_CODES.SHUTDOWN.code);
    this.#refusals[Symbol.dispose]();
    for (const connection of [...this.#expelled.keys()]) this.#giveUp(connection);
    this.#sweep[Symbol.dispose]();
  }

  /** Ends a connection whether its peer answers or not; it has a moment to read why. */
  #expel(connection: Connection): void {
    if (this.#expelled.has(connection)) return;
    connection.close(CLOSE_CODES.MEMORY.code);
    const timer = this.#options.clock.setTimeout(() => this.#giveUp(connection), EXPEL_MS);
    this.#expelled.set(connection, timer);
  }

  #giveUp(connection: Connection): void {
    connection.destroy();
    this.#end(connection, ABNORMAL);
  }

  #connection(profile: Profile<Connection>, caller: Caller): Connection {
    const { clock, limits, random } = this.#options;
    const nowMs = clock.monotonic();
    return new Connection({
      id: randomId(random),
      sessionId: randomId(random),
      profile,
      remoteAddress: caller.remoteAddress,
      ...(caller.origin === undefined ? {} : { origin: caller.origin }),
      ...(caller.clientId === undefined ? {} : { clientId: caller.clientId }),
      ...(caller.world === undefined ? {} : { namedWorld: caller.world }),
      bucket: this.#rates.bucket(nowMs),
      gzip: this.#gzip,
      limits,
      clock,
      onWaiting: this.#onWaiting,
    });
  }

  /** A session that is banned is known by its token only, so it is refused at INIT. */
  #refuseBanned(principal: Principal | undefined, nowMs: number): void {
    if (principal === undefined || principal.method === "none") return;
    const retryAfterMs = this.#options.violations.banLeftMs(principal.id, nowMs);
    if (retryAfterMs === 0) return;
    throw new VoxcastError(
      "BANNED",
      "Limits were exceeded so often that nothing is taken for a while: wait, then send less",
      { retryAfterMs },
    );
  }

  #upgrade(request: Request, { subprotocol }: Caller): Deno.WebSocketUpgrade {
    return this.#options.upgrade(request, {
      idleTimeout: this.#options.limits.idleTimeoutSec,
      ...(subprotocol === undefined ? {} : { protocol: subprotocol }),
    });
  }

  #refuse(request: Request, refusal: RegistryRefusal, caller: Caller): Response {
    this.#refused[refusal]++;
    switch (refusal) {
      case "server":
        // Strangers are not worth a socket.
        if (caller.principal === undefined) throw serverFull();
        return this.#refusals.refuse(caller.remoteAddress, () => this.#upgrade(request, caller));
      case "address":
      case "unauthenticated":
        throw this.#refusalError(refusal);
    }
  }

  #refusalError(refusal: RegistryRefusal): VoxcastError {
    switch (refusal) {
      case "server":
        return serverFull();
      case "address":
        return new VoxcastError("ADDRESS_LIMIT", "Too many connections are open from this address");
      case "unauthenticated":
        return new VoxcastError("ADDRESS_LIMIT", "Too many connections have not shown a credential yet", {
          retryAfterMs: this.#options.limits.authTimeoutMs,
        });
    }
  }

  #requireAdmissible(profile: Profile<Connection>, { principal }: Pick<Caller, "principal">): void {
    if (this.#disposed) throw new VoxcastError("SHUTTING_DOWN", "The server is stopping");
    if (principal === undefined && profile.credential === "before-upgrade") {
      throw new VoxcastError("AUTH_REQUIRED", `/ws/${profile.name} needs a credential before the upgrade`);
    }
    this.#refuseBanned(principal, this.#options.clock.monotonic());
  }

  #tie(socket: WebSocket, connection: Connection, principal: Principal | undefined): void {
    const { clock, logger } = this.#options;
    socket.binaryType = "arraybuffer";
    connection.tie(socket);
    socket.onopen = () => {
      // It was given up while it opened.
      if (connection.state.phase !== "accepting") return socket.close();
      connection.opened(principal, clock.monotonic());
      logger.debug("session.opened", { connection_id: connection.id, profile: connection.profile.name });
    };
    socket.onmessage = ({ data }) => this.#inbound.receive(connection, data);
    socket.onclose = ({ code }) => this.#end(connection, code);
    // A write that failed: nothing more comes or goes, and the runtime's count of waiting bytes is wrong from now on.
    socket.onerror = () => this.#end(connection, ABNORMAL);
  }

  /** Lets a connection go, once, whatever came first. */
  #end(connection: Connection, code: number): void {
    const { state } = connection;
    const timer = this.#expelled.get(connection);
    if (timer !== undefined) this.#options.clock.clearTimeout(timer);
    this.#expelled.delete(connection);
    // The runtime tells a second time of a socket whose peer went after the end.
    if (state.phase === "closed") return this.connections.settled(connection);
    const wasOpen = state.phase !== "accepting";
    // The code that we closed with says more than the one that came back.
    const shown = state.phase === "draining" ? state.code : code;
    this.#subscriptions.endAll(connection);
    connection.ended(shown);
    if (connection.principal !== undefined) connection.profile.onClose(connection);
    this.#account(connection, shown, wasOpen);
    this.connections.remove(connection);
    this.#sweep.forget(connection);
  }

  #account(connection: Connection, closeCode: number, wasOpen: boolean): void {
    addCounters(this.#ended, connection.counters);
    if (closeCode === CLOSE_CODES.SLOW_CONSUMER.code) this.#slowConsumers++;
    if (!wasOpen) return;
    const { counters } = connection;
    const record = connectionRecord({
      connectionId: connection.id,
      sessionId: connection.sessionId,
      principal: connection.principal?.id,
      world: connection.world,
      profile: connection.profile.name,
      remoteAddress: connection.remoteAddress,
      durationMs: this.#options.clock.monotonic() - connection.acceptedMs,
      packetsSent: counters.packetsSent,
      packetsReceived: counters.packetsReceived,
      droppedFrames: counters.droppedFrames,
      closeCode,
      undelivered: counters.undelivered,
    });
    this.audit.add(record);
    this.#options.onEnded?.(record);
    this.#options.logger.info("session.ended", { ...record });
  }
}

/** What the runtime reports for a connection that broke. */
const ABNORMAL = 1006;
/** Time for a close frame to be sent before its socket is destroyed. */
const EXPEL_MS = 50;
const NO_LATENCY = new LatencyWindow(1);

/** Totals since the start, and what is there now. */
export interface KernelStatus extends ConnectionCounters {
  readonly accepted: number;
  readonly refused: Readonly<Record<RegistryRefusal | "overloaded", number>>;
  readonly unauthenticated: number;
  readonly lingering: number;
  readonly bufferedBytes: number;
  readonly subscriptions: number;
  readonly compression: MessageGzip["stats"];
  /** All 0 where it is not measured. */
  readonly latency: LatencySummary;
  readonly violations: number;
  readonly bans: number;
  readonly rateLimited: number;
  readonly heartbeatTimeouts: number;
  readonly slowConsumers: number;
}
