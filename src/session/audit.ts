/** What is known of a connection when it has ended. */
export interface ConnectionFacts {
  readonly connectionId: string;
  readonly sessionId: string;
  /** Id of who it was; undefined if it never showed a credential. */
  readonly principal: string | undefined;
  /** World that it was in last; undefined if in none. */
  readonly world: string | undefined;
  readonly profile: string;
  readonly remoteAddress: string;
  readonly durationMs: number;
  /** Messages handed to the socket. */
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Messages of streams that were lost because the client was slow. */
  readonly droppedFrames: number;
  readonly closeCode: number;
  /** Reliable messages that it did not acknowledge, and messages of streams that still waited for it in the end. */
  readonly undelivered: number;
}

/** What is known of a stream when it has ended. */
export interface StreamFacts {
  readonly streamId: string;
  readonly streamType: string;
  readonly connectionId: string;
  readonly world: string | undefined;
  readonly durationMs: number;
  readonly packetsSent: number;
  readonly droppedFrames: number;
  /** Why it ended. */
  readonly reason: string;
}

/** Account of one connection, as it is logged and shown. */
export interface ConnectionRecord {
  readonly record: "connection";
  readonly "connection_id": string;
  readonly "duration_seconds": number;
  readonly "packets_sent": number;
  readonly "packets_received": number;
  readonly "dropped_frames": number;
  /** 100 * dropped / sent, to two decimals; with nothing sent, as if it were one. */
  readonly "drop_rate_percent": number;
  readonly "session_id": string;
  readonly principal: string | null;
  readonly world: string | null;
  readonly profile: string;
  readonly "remote_address": string;
  readonly "close_code": number;
  readonly undelivered: number;
}

/** Account of one stream, as it is logged and shown. */
export interface StreamRecord {
  readonly record: "stream";
  readonly "stream_id": string;
  readonly "stream_duration_seconds": number;
  readonly "packets_sent": number;
  readonly "dropped_frames": number;
  readonly "connection_id": string;
  readonly "stream_type": string;
  readonly world: string | null;
  readonly reason: string;
}

/** One entry of the {@linkcode AuditLog}. */
export type AuditRecord = ConnectionRecord | StreamRecord;

/** The record of a connection. */
export function connectionRecord(facts: ConnectionFacts): ConnectionRecord {
  return {
    record: "connection",
    connection_id: facts.connectionId,
    duration_seconds: seconds(facts.durationMs),
    packets_sent: facts.packetsSent,
    packets_received: facts.packetsReceived,
    dropped_frames: facts.droppedFrames,
    drop_rate_percent: Math.round(10_000 * facts.droppedFrames / Math.max(1, facts.packetsSent)) / 100,
    session_id: facts.sessionId,
    principal: facts.principal ?? null,
    world: facts.world ?? null,
    profile: facts.profile,
    remote_address: facts.remoteAddress,
    close_code: facts.closeCode,
    undelivered: facts.undelivered,
  };
}

/** The record of a stream. */
export function streamRecord(facts: StreamFacts): StreamRecord {
  return {
    record: "stream",
    stream_id: facts.streamId,
    stream_duration_seconds: seconds(facts.durationMs),
    packets_sent: facts.packetsSent,
    dropped_frames: facts.droppedFrames,
    connection_id: facts.connectionId,
    stream_type: facts.streamType,
    world: facts.world ?? null,
    reason: facts.reason,
  };
}

/**
 * The newest records, bounded in number; older ones are only in the log. Connections and streams, and the worlds, have
 * their own room each, so that much coming and going in one place wipes nothing out in another.
 */
export class AuditLog {
  readonly #maxRecords: number;
  readonly #maxWorlds: number;
  #lastNumber = 0;
  readonly #all = new Map<AuditRecord["record"], RecordRing>();
  /** By world; the longest without a new record first. */
  readonly #byWorld = new Map<string, Map<AuditRecord["record"], RecordRing>>();

  /**
   * @param maxRecords newest records of each kind that are kept, of the server and of each world, from 1
   * @param maxWorlds worlds that they are kept of
   */
  constructor(maxRecords: number, maxWorlds: number) {
    this.#maxRecords = maxRecords;
    this.#maxWorlds = maxWorlds;
  }

  /** Adds a record; the oldest one of its kind goes if there are too many. */
  add(record: AuditRecord): void {
    const numbered = { number: ++this.#lastNumber, record };
    this.#ringOf(this.#all, record).add(numbered);
    if (record.world === null) return;
    const rings = this.#byWorld.get(record.world) ?? new Map<AuditRecord["record"], RecordRing>();
    this.#byWorld.delete(record.world);
    this.#byWorld.set(record.world, rings);
    this.#ringOf(rings, record).add(numbered);
    if (this.#byWorld.size > this.#maxWorlds) this.#byWorld.delete(this.#byWorld.keys().next().value!);
  }

  /** The newest records, newest first; with a world, only its own. O(kept). */
  newest(world?: string): AuditRecord[] {
    const rings = world === undefined ? this.#all : this.#byWorld.get(world);
    return [...rings?.values() ?? []].flatMap((ring) => ring.entries())
      .sort((a, b) => b.number - a.number).map(({ record }) => record);
  }

  #ringOf(rings: Map<AuditRecord["record"], RecordRing>, { record }: AuditRecord): RecordRing {
    let ring = rings.get(record);
    if (ring === undefined) rings.set(record, ring = new RecordRing(this.#maxRecords));
    return ring;
  }
}

/** A record and its place in the order of all. */
interface Numbered {
  readonly number: number;
  readonly record: AuditRecord;
}

class RecordRing {
  readonly #maxRecords: number;
  readonly #records: Numbered[] = [];
  #oldest = 0;

  constructor(maxRecords: number) {
    this.#maxRecords = maxRecords;
  }

  add(numbered: Numbered): void {
    if (this.#records.length < this.#maxRecords) {
      this.#records.push(numbered);
      return;
    }
    this.#records[this.#oldest] = numbered;
    this.#oldest = (this.#oldest + 1) % this.#maxRecords;
  }

  entries(): readonly Numbered[] {
    return this.#records;
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
