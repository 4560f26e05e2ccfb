import { type Clock, type Logger, type Random, randomId } from "../observe/mod.ts";
import { CLOSE_CODES } from "../protocol/mod.ts";
import type { Authenticator, Principal, SessionTokens, Violations } from "../security/mod.ts";
import { AdmissionControl } from "./admission.ts";
import { AuditLog, type ConnectionRecord } from "./audit.ts";
import type { Caller } from "./caller.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { Handshake } from "./handshake.ts";
import { Inbound } from "./inbound.ts";
import type { KernelLimits } from "./kernel_limits.ts";
import { type KernelStatus, kernelStatus, type StatusParts } from "./kernel_status.ts";
import { LatencyWindow } from "./latency_window.ts";
import type { GuardedConnection } from "./memory_guard.ts";
import { MessageGzip } from "./message_gzip.ts";
import type { Profile } from "./profile.ts";
import { RateGuard } from "./rate_guard.ts";
import { ConnectionRegistry } from "./registry.ts";
import { StreamPace } from "./stream_pace.ts";
import type { StreamSource } from "./stream_source.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Sweep } from "./sweep.ts";
import { ABNORMAL, Teardown } from "./teardown.ts";
import { type CallerIdentity, UpgradeGate } from "./upgrade_gate.ts";

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

/** Newest records of ended connections, and of ended streams, that are kept of the server and of each world. */
const AUDIT_RECORDS = 100;

/**
 * The one way of every socket: accepted within bounds, authenticated, limited, kept alive, closed and accounted for, the
 * same under every path; a {@linkcode Profile} says what is different. Puts the parts together that each do one of these.
 */
export class Kernel implements Disposable {
  readonly connections: ConnectionRegistry;
  readonly admission: AdmissionControl;
  readonly audit: AuditLog;
  readonly #options: KernelOptions;
  readonly #gate: UpgradeGate;
  readonly #rates: RateGuard;
  readonly #inbound: Inbound;
  readonly #pace: StreamPace;
  readonly #sweep: Sweep;
  readonly #teardown: Teardown;
  /** One for all, as there are many connections. */
  readonly #context: ConnectionContext;
  readonly #statusParts: StatusParts;

  constructor(options: KernelOptions) {
    const { limits, clock, logger } = options;
    const connections = this.connections = new ConnectionRegistry(limits);
    const audit = this.audit = new AuditLog(AUDIT_RECORDS, limits.maxWorlds);
    const admission = this.admission = new AdmissionControl(limits, clock.monotonic());
    const rates = this.#rates = new RateGuard(options);
    const gzip = new MessageGzip(limits);
    const latency = limits.trackLatency ? new LatencyWindow(limits.latencySamples) : undefined;
    const onUnexpected = (error: unknown) => logger.error("session.message_failed", { error });
    const giveUp = (connection: Connection) => this.#teardown.giveUp(connection);
    const sweep = this.#sweep = new Sweep({ ...options, connections, rates, giveUp });
    const pace = this.#pace = new StreamPace(options);
    const subscriptions = new Subscriptions({
      ...options,
      connections,
      pace,
      audit,
      onUnexpected,
    });
    const handshake = new Handshake({ ...options, connections, rates, subscriptions });
    const gate = this.#gate = new UpgradeGate({ ...options, admission, connections });
    this.#inbound = new Inbound({ ...options, rates, handshake, subscriptions, gzip, latency, onUnexpected });
    const teardown = this.#teardown = new Teardown({ ...options, connections, subscriptions, sweep, audit });
    this.#options = options;
    this.#context = { limits, clock, gzip, onWaiting: (connection) => sweep.waitsFor(connection) };
    const { violations } = options;
    this.#statusParts = { connections, gate, rates, violations, gzip, latency, sweep, teardown };
  }

  /**
   * Upgrades a request to a socket of a profile.
   * @throws {VoxcastError} as {@linkcode UpgradeGate.refusal}: nothing was upgraded
   * @throws {TypeError} if the request is no WebSocket handshake
   */
  accept(request: Request, profile: Profile<Connection>, caller: Caller): Response {
    const upgrade = () => this.#upgrade(request, caller);
    const refusal = this.#gate.refusal(profile, caller, upgrade);
    if (refusal !== undefined) return refusal;
    const { socket, response } = upgrade();
    const { clock, random } = this.#options;
    const connection = new Connection({
      id: randomId(random),
      sessionId: randomId(random),
      transport: socket,
      profile,
      caller,
      rates: this.#rates.newRates(clock.monotonic()),
    }, this.#context);
    this.connections.add(connection, caller.principal !== undefined);
    this.#listen(socket, connection, caller.principal);
    return response;
  }

  /**
   * Looks whether an upgrade would be refused now, for clients that cannot see the answer to one. Takes no place.
   * @throws {VoxcastError} as {@linkcode UpgradeGate.refusal}
   */
  check(profile: Profile<Connection>, caller: CallerIdentity): void {
    this.#gate.check(profile, caller);
  }

  /** What the kernel has to tell of itself. O(connections). */
  status(): KernelStatus {
    return kernelStatus(this.#statusParts);
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
        close: (isUrgent) => this.#teardown.expel(connection, isUrgent),
      };
    }
  }

  /** Bytes that waited in the process for clients a second ago or less. */
  get waitingBytes(): number {
    return this.#sweep.waitingBytes;
  }

  /** Entries of all tables that grow with connections; 0 when nothing is connected, or something was forgotten. */
  get entryCount(): number {
    return this.connections.entryCount + this.#gate.refusedSocketCount + this.#sweep.waitingCount +
      this.#pace.entryCount;
  }

  /** Closes every connection, stops all timers, and accepts nothing more. */
  [Symbol.dispose](): void {
    this.#gate[Symbol.dispose]();
    for (const connection of [...this.connections]) connection.close(CLOSE_CODES.SHUTDOWN.code);
    this.#teardown[Symbol.dispose]();
    this.#sweep[Symbol.dispose]();
  }

  #upgrade(request: Request, { subprotocol }: Caller): Deno.WebSocketUpgrade {
    return this.#options.upgrade(request, {
      idleTimeout: this.#options.limits.idleTimeoutSec,
      ...(subprotocol === undefined ? {} : { protocol: subprotocol }),
    });
  }

  #listen(socket: WebSocket, connection: Connection, principal: Principal | undefined): void {
    const { clock, logger } = this.#options;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      // It was given up while it opened.
      if (connection.state.phase !== "accepting") return socket.close();
      connection.opened(principal, clock.monotonic());
      logger.debug("session.opened", { connection_id: connection.id, profile: connection.profile.name });
    };
    socket.onmessage = ({ data }) => this.#inbound.receive(connection, data);
    socket.onclose = ({ code }) => this.#teardown.socketEnded(connection, code);
    // A write that failed: nothing more comes or goes, and the runtime's count of waiting bytes is wrong from now on.
    socket.onerror = () => this.#teardown.socketEnded(connection, ABNORMAL);
  }
}
