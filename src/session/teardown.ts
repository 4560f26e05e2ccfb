import type { Clock, Logger, TimerId } from "../observe/mod.ts";
import { CLOSE_CODES } from "../protocol/mod.ts";
import { type AuditLog, type ConnectionRecord, connectionRecord } from "./audit.ts";
import type { Connection } from "./connection.ts";
import { addCounters, type ConnectionCounters, newCounters } from "./connection_counters.ts";
import type { ConnectionRegistry } from "./registry.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Sweep } from "./sweep.ts";

/** What a {@linkcode Teardown} works with. */
export interface TeardownOptions {
  readonly connections: ConnectionRegistry;
  readonly subscriptions: Subscriptions;
  readonly sweep: Sweep;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the account of each connection that has ended. */
  readonly onEnded?: (record: ConnectionRecord) => void;
}

/** What the runtime reports for a connection that broke. */
export const ABNORMAL = 1006;
/** Time for a close frame to be sent before its socket is destroyed. */
const EXPEL_MS = 50;

/** Takes connections that end out of everything that knows them, and keeps the account of what they were. */
export class Teardown implements Disposable {
  readonly #options: TeardownOptions;
  /** Those that are told to go for want of memory, and when they are made to. */
  readonly #expelled = new Map<Connection, TimerId>();
  readonly #totals = newCounters();
  #slowConsumers = 0;

  constructor(options: TeardownOptions) {
    this.#options = options;
  }

  /** Traffic of all connections that have ended. */
  get totals(): Readonly<ConnectionCounters> {
    return this.#totals;
  }

  /** Connections that ended because they did not keep up. */
  get slowConsumers(): number {
    return this.#slowConsumers;
  }

  /**
   * The runtime tells that a connection's socket has ended. Of one that broke it tells twice, and of one that was
   * destroyed it does when the peer has gone, too: only then nothing is left of what had been sent.
   */
  socketEnded(connection: Connection, code: number): void {
    if (connection.isEndTold) this.#options.connections.settled(connection);
    connection.isEndTold = true;
    this.#end(connection, code);
  }

  /** Lets a connection go, once, whatever came first. */
  #end(connection: Connection, code: number): void {
    const { connections, subscriptions, sweep, clock } = this.#options;
    const { state } = connection;
    const timer = this.#expelled.get(connection);
    if (timer !== undefined) clock.clearTimeout(timer);
    this.#expelled.delete(connection);
    if (state.phase === "closed") return;
    const wasOpen = state.phase !== "accepting";
    // The code that we closed with says more than the one that came back.
    const shown = state.phase === "draining" ? state.code : code;
    connection.ended(shown);
    subscriptions.endAll(connection);
    if (connection.principal !== undefined) connection.profile.onClose(connection);
    this.#count(connection, shown);
    if (wasOpen) this.#record(connection, shown);
    connections.remove(connection, clock.monotonic());
    sweep.forget(connection);
  }

  /** Lets go of a connection whose peer does not answer any more. */
  giveUp(connection: Connection): void {
    connection.destroy();
    this.#end(connection, ABNORMAL);
  }

  /** Ends a connection whether its peer answers or not; it has a moment to read why, unless it is urgent. */
  expel(connection: Connection, isUrgent: boolean): void {
    if (this.#expelled.has(connection)) return;
    connection.close(CLOSE_CODES.MEMORY.code);
    if (isUrgent) return this.giveUp(connection);
    const timer = this.#options.clock.setTimeout(() => this.giveUp(connection), EXPEL_MS);
    this.#expelled.set(connection, timer);
  }

  /** Gives those who are expelled no more time. */
  [Symbol.dispose](): void {
    for (const connection of [...this.#expelled.keys()]) this.giveUp(connection);
  }

  #count({ counters }: Connection, closeCode: number): void {
    addCounters(this.#totals, counters);
    if (closeCode === CLOSE_CODES.SLOW_CONSUMER.code) this.#slowConsumers++;
  }

  #record(connection: Connection, closeCode: number): void {
    const { audit, clock, logger, onEnded } = this.#options;
    const { counters } = connection;
    const record = connectionRecord({
      connectionId: connection.id,
      sessionId: connection.sessionId,
      principal: connection.principal?.id,
      world: connection.lastWorld,
      profile: connection.profile.name,
      remoteAddress: connection.remoteAddress,
      durationMs: clock.monotonic() - connection.acceptedMs,
      packetsSent: counters.packetsSent,
      packetsReceived: counters.packetsReceived,
      droppedFrames: counters.droppedFrames,
      closeCode,
      undelivered: counters.undelivered,
    });
    audit.add(record);
    onEnded?.(record);
    logger.info("session.ended", { ...record });
  }
}
