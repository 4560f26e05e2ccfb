import type { Clock, Logger, TimerId } from "../observe/mod.ts";
import { GrowthRecord } from "./growth_record.ts";

/** What the guard knows of a connection. */
export interface GuardedConnection {
  readonly id: string;
  readonly isAuthenticated: boolean;
  readonly acceptedAtMs: number;
  /** When its last message was complete; undefined before the first. Times are those of `Clock.monotonic`. */
  readonly lastMessageAtMs: number | undefined;
  /** Asks the client for any message, as a HEARTBEAT does; absent where the client would not know what to answer. */
  ask?(): void;
  /** Ends it without waiting for the peer. */
  close(): void;
}

/** Bytes as `Deno.memoryUsage` gives them. */
export interface MemoryReading {
  readonly rss: number;
  readonly heapTotal: number;
  readonly external: number;
}

export interface MemoryGuardOptions {
  /** Growth that is let pass. */
  readonly maxUnexplainedBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readMemory: () => MemoryReading;
  /** Memory outside of heap and buffers that the server knows of, such as what waits in its sockets. */
  readonly knownBytes: () => number;
  readonly connections: () => Iterable<GuardedConnection>;
}

/** Time between two looks. */
export const GUARD_INTERVAL_MS = 250;
/** The same while memory grows beyond twice the limit. */
export const GUARD_URGENT_INTERVAL_MS = 50;
/** Time that clients have to answer {@linkcode GuardedConnection.ask}. */
export const GUARD_GRACE_MS = 2000;
/** How far false alarms raise the limit. */
const MAX_LIMIT_FACTOR = 4;
/** Looks whose times are remembered, enough for the time of an alarm. */
const MAX_LOOKS = 64;
/** Growth is told apart in this many steps of the limit. */
const STEPS = 64;

interface Alarm {
  readonly sinceMs: number;
  /** How many are closed next. */
  batch: number;
  readonly closedIds: Set<string>;
}

/**
 * The defence against messages that are never finished. The runtime collects their fragments without a bound and tells
 * nothing of it, so all that can be seen is that the process grows by what neither its heap nor the server explains.
 *
 * One thing is certain: when a message of a client is complete, the runtime holds nothing of that client any more. So a
 * connection can only have to do with the growth since its last message. Above the limit, those since whose last message
 * memory has grown by more than half of it are suspects. They are asked for a message: an honest client answers, and one
 * that holds a fragment cannot without giving it up. Who has not answered after {@linkcode GUARD_GRACE_MS} is closed,
 * those who may have to do with most growth first, then the newest, 1, 2, 4 and so on, with a look at the memory in
 * between, until it has fallen. Unauthenticated suspects are closed at once, and beyond twice the limit nobody is
 * waited for and looks follow faster.
 *
 * If memory has not fallen when no suspect is left, it was not theirs, or the allocator keeps it. Then it is let be, and
 * the limit doubles, up to four times what was set, until memory is back. So an alarm costs a silent client one connection
 * at most, and false ones get rarer the more there are.
 */
export class MemoryGuard implements Disposable {
  readonly #options: MemoryGuardOptions;
  readonly #growth: GrowthRecord;
  /** Times of the newest looks. */
  readonly #looks: number[] = [];
  #limitBytes: number;
  /** Memory at or below which an earlier false alarm is forgotten. */
  #calmBytes: number | undefined;
  #alarm: Alarm | undefined;
  #timer: TimerId | undefined;
  #closedConnections = 0;

  /** Looks once, and from then on every {@linkcode GUARD_INTERVAL_MS}. */
  constructor(options: MemoryGuardOptions) {
    this.#options = options;
    this.#limitBytes = options.maxUnexplainedBytes;
    this.#growth = new GrowthRecord(options.maxUnexplainedBytes / STEPS);
    this.#look();
  }

  /** Growth that nothing explains, at the last look. */
  get unexplainedBytes(): number {
    return this.#growth.total;
  }

  /** Connections closed so far. */
  get closedConnections(): number {
    return this.#closedConnections;
  }

  /** Stops looking. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }

  get #isUrgent(): boolean {
    return this.#growth.total > 2 * this.#limitBytes;
  }

  #look(): void {
    const { clock, readMemory, knownBytes } = this.#options;
    const { rss, heapTotal, external } = readMemory();
    this.#looks.push(clock.monotonic());
    if (this.#looks.length > MAX_LOOKS) this.#looks.shift();
    this.#growth.add(clock.monotonic(), rss - heapTotal - external - knownBytes());
    if (this.#calmBytes !== undefined && this.#growth.last <= this.#calmBytes) {
      this.#calmBytes = undefined;
      this.#limitBytes = this.#options.maxUnexplainedBytes;
    }
    if (this.#growth.total > this.#limitBytes) this.#act();
    else this.#rest();
    const intervalMs = this.#isUrgent ? GUARD_URGENT_INTERVAL_MS : GUARD_INTERVAL_MS;
    this.#timer = clock.setTimeout(() => this.#look(), intervalMs);
  }

  #rest(): void {
    if (this.#alarm === undefined) return;
    this.#options.logger.warn("memory.fell", {
      bytes: this.#growth.total,
      closed: this.#alarm.closedIds.size,
    });
    this.#alarm = undefined;
  }

  #act(): void {
    const nowMs = this.#options.clock.monotonic();
    const isNew = this.#alarm === undefined;
    const alarm = this.#alarm ??= { sinceMs: nowMs, batch: 1, closedIds: new Set() };
    const suspects = this.#suspects(alarm);
    if (isNew) {
      const fields = { bytes: this.#growth.total, maxBytes: this.#limitBytes, suspects: suspects.length };
      this.#options.logger.warn("memory.grew", fields);
      for (const suspect of suspects) if (suspect.isAuthenticated) suspect.ask?.();
    }
    if (suspects.length === 0) return this.#letBe(alarm);
    const strangers = suspects.filter(({ isAuthenticated }) => !isAuthenticated);
    if (strangers.length > 0) return this.#close(alarm, strangers);
    if (!this.#isUrgent && nowMs - alarm.sinceMs < GUARD_GRACE_MS) return;
    this.#close(alarm, suspects.slice(0, alarm.batch));
    alarm.batch *= 2;
  }

  /** Those whose fragments the growth may be, the first to close in front. O(n log n) of all connections. */
  #suspects({ closedIds }: Alarm): GuardedConnection[] {
    const suspects: { readonly connection: GuardedConnection; readonly bytes: number }[] = [];
    for (const connection of this.#options.connections()) {
      if (closedIds.has(connection.id)) continue;
      const emptyAtMs = this.#lookBefore(connection.lastMessageAtMs ?? connection.acceptedAtMs);
      const bytes = this.#growth.since(emptyAtMs);
      if (bytes > this.#limitBytes / 2) suspects.push({ connection, bytes });
    }
    // Connections come in the order in which they were accepted.
    suspects.reverse().sort((a, b) =>
      b.bytes - a.bytes || b.connection.acceptedAtMs - a.connection.acceptedAtMs
    );
    return suspects.map(({ connection }) => connection);
  }

  /** The last look up to a time: what came right behind a message counts from what was there before it. */
  #lookBefore(atMs: number): number {
    return this.#looks.findLast((lookMs) => lookMs <= atMs) ?? atMs - GUARD_INTERVAL_MS;
  }

  #close(alarm: Alarm, connections: readonly GuardedConnection[]): void {
    for (const connection of connections) {
      alarm.closedIds.add(connection.id);
      this.#closedConnections++;
      connection.close();
    }
  }

  #letBe(alarm: Alarm): void {
    this.#options.logger.warn("memory.let_be", { bytes: this.#growth.total, closed: alarm.closedIds.size });
    this.#calmBytes ??= this.#growth.floor + this.#options.maxUnexplainedBytes;
    this.#growth.forget();
    this.#limitBytes = Math.min(2 * this.#limitBytes, MAX_LIMIT_FACTOR * this.#options.maxUnexplainedBytes);
    this.#alarm = undefined;
  }
}
