import type { Envelope } from "./envelope.ts";
import { readName, readTimestamp } from "./message_fields.ts";

/** The whole text of a PING without JSON, which is answered before anything is parsed; its answer is `BARE_PONG`. */
export const BARE_PING = "ping";
export const BARE_PONG = "pong";

/** Asks for a PONG. */
export interface Ping {
  readonly type: "PING";
  /** The client's time; comes back as it is. */
  readonly timestamp?: number;
  readonly pingId?: string;
  readonly id?: string;
}

/** Answers the server's HEARTBEAT. */
export interface Pong {
  readonly type: "PONG";
  readonly id?: string;
}

/** A sign of life that the server answers with PONG. */
export interface Heartbeat {
  readonly type: "HEARTBEAT";
  readonly id?: string;
}

export function readPing(envelope: Envelope): Ping {
  // The commonest message: built field by field, as spreading objects costs more than reading them.
  const ping: { -readonly [Field in keyof Ping]: Ping[Field] } = { type: "PING" };
  const timestamp = readTimestamp(envelope);
  if (timestamp !== undefined) ping.timestamp = timestamp;
  const pingId = readName(envelope, "ping_id", "pingId");
  if (pingId !== undefined) ping.pingId = pingId;
  if (envelope.id !== undefined) ping.id = envelope.id;
  return ping;
}
