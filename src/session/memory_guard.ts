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
  /** Ends it without waiting for the peer; `isUrgent`: not even for the close frame to be sent. */
  close(isUrgent: boolean): void;
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

/** Time between two looks; more when the runtime is so busy with reading that no timer runs. */
export const GUARD_INTERVAL_MS = 50;
/** Time that clients have to answer {@linkcode GuardedConnection.ask}. */
export const GUARD_GRACE_MS = 2000;
/** The same while memory has grown beyond twice the limit. */
export const GUARD_URGENT_GRACE_MS = 250;
/** Looks that it takes besides, for a question to be written and its answer to be read while the runtime is busy. */
export const GUARD_GRACE_LOOKS = 2;
/** How far false alarms raise the limit. */
const MAX_LIMIT_FACTOR = 4;
/** Looks whose times are remembered, enough for the time that clients have to answer. */
const MAX_LOOKS = 64;
/** Growth is told apart in this many steps of the limit. */
const STEPS = 64;
/** By how much more suspects are closed from one time to the next. */
const BATCH_FACTOR = 2;
/** The same beyond twice the limit. */
export const GUARD_URGENT_BATCH_FACTOR = 4;

interface Alarm {
  /** How many are closed next. */
  batch: number;
  /** Looks to come that cannot see yet what the last ones to be closed give back. */
  blindLooks: number;
  readonly closedIds: Set<string>;
}

/** A question to a client: when, and at which look. */
interface Question {
  readonly atMs: number;
  readonly look: number;
}

/** A connection, and the growth that its fragments may be. */
interface Suspect {
  readonly connection: GuardedConnection;
  readonly bytes: number;
}

/**
 * The defence against messages that are never finished. The runtime collects their fragments without a bound and tells
 * nothing of it, so all that can be seen is that the process grows by what neither its heap nor the server explains.
 *
 * One thing is certain: when a message of a client is complete, the runtime holds nothing of that client any more. So a
 * connection can only have to do with the growth since its last message. Those since whose last message memory has grown
 * by more than half of the limit are suspects. Each is asked for a message, and again after each that it sends: an honest
 * client answers, and one that holds a fragment cannot without giving it up. Above the limit, who owes an answer for
 * {@linkcode GUARD_GRACE_MS} is closed, those who may have to do with most growth first, then the newest, 1, 2, 4 and so
 * on, with a look in between at what that gave back, until memory has fallen. Beyond twice the limit it is
 * {@linkcode GUARD_URGENT_GRACE_MS}, and 1, 4, 16. Unauthenticated suspects are closed at once and together.
 *
 * Between two looks that are due there may be a whole turn of the runtime, which reads up to 128 frames before it lets
 * a timer run: no interval makes the guard faster than that.
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
  /** The questions to suspects that have not been answered, by id. */
  #asked = new Map<string, Question>();
  #lookCount = 0;
  /** Not before this time suspects are asked again as long as memory is below the limit. */
  #nextQuestionMs = -Infinity;
  #timer: TimerId | undefined;
  #closedConnections = 0;
  #knownBytes = 0;

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

  /** Memory outside of heap and buffers that the server knew of at the last look. */
  get knownBytes(): number {
    return this.#knownBytes;
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
    const nowMs = clock.monotonic();
    this.#lookCount++;
    this.#looks.push(nowMs);
    if (this.#looks.length > MAX_LOOKS) this.#looks.shift();
    this.#knownBytes = knownBytes();
    this.#growth.add(nowMs, rss - heapTotal - external - this.#knownBytes);
    if (this.#calmBytes !== undefined && this.#growth.last <= this.#calmBytes) {
      this.#calmBytes = undefined;
      this.#limitBytes = this.#options.maxUnexplainedBytes;
    }
    if (this.#growth.total > this.#limitBytes) this.#act(nowMs);
    else this.#rest(nowMs);
    this.#timer = clock.setTimeout(() => this.#look(), GUARD_INTERVAL_MS);
  }

  #rest(nowMs: number): void {
    if (this.#alarm !== undefined) {
      const fields = { bytes: this.#growth.total, closed: this.#alarm.closedIds.size };
      this.#options.logger.warn("memory.fell", fields);
      this.#alarm = undefined;
    }
    if (this.#growth.total <= this.#limitBytes / 2) {
      this.#asked.clear();
      this.#nextQuestionMs = -Infinity;
    } else if (nowMs >= this.#nextQuestionMs) {
      // When the limit is crossed, the honest have answered.
      this.#question(this.#suspects(), nowMs);
      this.#nextQuestionMs = nowMs + GUARD_GRACE_MS;
    }
  }

  #act(nowMs: number): void {
    const suspects = this.#suspects();
    if (this.#alarm === undefined) {
      this.#alarm = { batch: 1, blindLooks: 0, closedIds: new Set() };
      const fields = { bytes: this.#growth.total, maxBytes: this.#limitBytes, suspects: suspects.length };
      this.#options.logger.warn("memory.grew", fields);
    }
    const alarm = this.#alarm;
    const silent = this.#question(suspects, nowMs);
    if (alarm.blindLooks > 0) {
      alarm.blindLooks--;
      return;
    }
    if (suspects.length === 0) return this.#letBe(alarm);
    const strangers = suspects.filter(({ connection }) => !connection.isAuthenticated);
    if (strangers.length > 0) return this.#close(alarm, strangers);
    if (silent.length === 0) return;
    // Never all that are left: many attackers keep the runtime from reading what the others answer.
    this.#close(alarm, silent.slice(0, Math.min(alarm.batch, Math.ceil(silent.length / 2))));
    alarm.batch *= this.#isUrgent ? GUARD_URGENT_BATCH_FACTOR : BATCH_FACTOR;
  }

  /** Those whose fragments the growth may be, the first to close in front. O(n log n) of all connections. */
  #suspects(): Suspect[] {
    const suspects: Suspect[] = [];
    for (const connection of this.#options.connections()) {
      if (this.#alarm?.closedIds.has(connection.id)) continue;
      const emptyAtMs = this.#lookBefore(connection.lastMessageAtMs ?? connection.acceptedAtMs);
      const bytes = this.#growth.since(emptyAtMs);
      if (bytes > this.#limitBytes / 2) suspects.push({ connection, bytes });
    }
    // Connections come in the order in which they were accepted.
    return suspects.reverse().sort((a, b) =>
      b.bytes - a.bytes || b.connection.acceptedAtMs - a.connection.acceptedAtMs
    );
  }

  /** Asks the suspects that owe no answer; answers those that have owed one for too long. */
  #question(suspects: readonly Suspect[], nowMs: number): Suspect[] {
    const graceMs = this.#isUrgent ? GUARD_URGENT_GRACE_MS : GUARD_GRACE_MS;
    const before = this.#asked;
    this.#asked = new Map();
    const silent: Suspect[] = [];
    for (const suspect of suspects) {
      const { id, isAuthenticated, lastMessageAtMs = -Infinity } = suspect.connection;
      if (!isAuthenticated) continue;
      let question = before.get(id);
      if (question === undefined || lastMessageAtMs >= question.atMs) {
        suspect.connection.ask?.();
        question = { atMs: nowMs, look: this.#lookCount };
      } else if (nowMs - question.atMs >= graceMs && this.#lookCount - question.look >= GUARD_GRACE_LOOKS) {
        silent.push(suspect);
      }
      this.#asked.set(id, question);
    }
    return silent;
  }

  /** The last look up to a time: what came right behind a message counts from what was there before it. */
  #lookBefore(atMs: number): number {
    return this.#looks.findLast((lookMs) => lookMs <= atMs) ?? atMs - GUARD_INTERVAL_MS;
  }

  #close(alarm: Alarm, suspects: readonly Suspect[]): void {
    for (const { connection } of suspects) {
      alarm.closedIds.add(connection.id);
      this.#closedConnections++;
      connection.close(this.#isUrgent);
    }
    // A close frame takes until the next look, and giving back what the socket held one turn more.
    alarm.blindLooks = this.#isUrgent ? 0 : 1;
  }

  #letBe(alarm: Alarm): void {
    this.#options.logger.warn("memory.let_be", { bytes: this.#growth.total, closed: alarm.closedIds.size });
    this.#calmBytes ??= this.#growth.floor + this.#options.maxUnexplainedBytes;
    this.#growth.forget();
    this.#asked.clear();
    this.#limitBytes = Math.min(2 * this.#limitBytes, MAX_LIMIT_FACTOR * this.#options.maxUnexplainedBytes);
    this.#alarm = undefined;
  }
}
