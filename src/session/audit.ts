/** What is known of a connection when it has ended. */
export interface ConnectionFacts {
  readonly connectionId: string;
  readonly sessionId: string;
  /** Id of who it was; undefined if it never showed a credential. */
  readonly principal: string | undefined;
  /** World that it was in; undefined if in none. */
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
  /** Messages that the client had not had, or not acknowledged, in the end. */
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

/** The newest records, bounded in number; older ones are only in the log. */
export class AuditLog {
  readonly #maxRecords: number;
  readonly #records: AuditRecord[] = [];
  #oldest = 0;

  /** @param maxRecords newest records that are kept, from 1 */
  constructor(maxRecords: number) {
    this.#maxRecords = maxRecords;
  }

  /** Adds a record; the oldest one goes if there are too many. */
  add(record: AuditRecord): void {
    if (this.#records.length < this.#maxRecords) {
      this.#records.push(record);
      return;
    }
    this.#records[this.#oldest] = record;
    this.#oldest = (this.#oldest + 1) % this.#maxRecords;
  }

  /** The newest records, newest first; with a world, only its own. O(kept). */
  newest(world?: string): AuditRecord[] {
    const { length } = this.#records;
    const found: AuditRecord[] = [];
    for (let age = 1; age <= length; age++) {
      const record = this.#records[(this.#oldest + length - age) % length]!;
      if (world === undefined || record.world === world) found.push(record);
    }
    return found;
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
