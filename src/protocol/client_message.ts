import { type Ack, readAck } from "./ack_message.ts";
import { type Auth, readAuth } from "./auth_message.ts";
import { echo, type Envelope, readEnvelope, refOf } from "./envelope.ts";
import { type Init, readInit } from "./init_message.ts";
import { checkJsonBounds, type JsonBounds } from "./json_bounds.ts";
import { type Heartbeat, type Ping, type Pong, readPing } from "./liveness_messages.ts";
import { idOf } from "./message_fields.ts";
import {
  readRegisterClient,
  readUpdateViewport,
  type RegisterClient,
  type UpdateViewport,
} from "./register_client.ts";
import { readSubscribe, readUnsubscribe, type Subscribe, type Unsubscribe } from "./subscribe_message.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** Asks the server to close the connection in order. */
export interface Close {
  readonly type: "CLOSE";
  readonly id?: string;
}

/** Every message that a client may send, its fields checked. */
export type ClientMessage =
  | Init
  | Auth
  | RegisterClient
  | UpdateViewport
  | Subscribe
  | Unsubscribe
  | Ping
  | Pong
  | Heartbeat
  | Ack
  | Close;

const READERS: ReadonlyMap<string, (envelope: Envelope) => ClientMessage> = new Map<
  string,
  (envelope: Envelope) => ClientMessage
>([
  ["INIT", readInit],
  ["AUTH", readAuth],
  ["REGISTERCLIENT", readRegisterClient],
  ["UPDATEVIEWPORT", readUpdateViewport],
  ["SUBSCRIBE", readSubscribe],
  ["UNSUBSCRIBE", readUnsubscribe],
  ["PING", readPing],
  ["PONG", (envelope) => ({ type: "PONG", ...idOf(envelope) })],
  ["HEARTBEAT", (envelope) => ({ type: "HEARTBEAT", ...idOf(envelope) })],
  ["ACK", readAck],
  ["CLOSE", (envelope) => ({ type: "CLOSE", ...idOf(envelope) })],
]);

/**
 * Reads a text message of a client. Types are known in any case (`register_client`, `registerClient`). With
 * `bounds`, JSON of more structure is refused before it is parsed.
 * Throws VoxcastError, and nothing else, for any text; it carries the message's `id`, if there was one, as `ref`.
 */
export function parseClientMessage(text: string, bounds?: JsonBounds): ClientMessage {
  if (bounds !== undefined) checkJsonBounds(text, bounds);
  const envelope = readEnvelope(text);
  const read = READERS.get(envelope.type) ?? READERS.get(envelope.type.replaceAll(/[_-]/g, "").toUpperCase());
  if (read === undefined) {
    throw new VoxcastError("UNKNOWN_TYPE", `Unknown message type: ${echo(envelope.type)}`, refOf(envelope));
  }
  return read(envelope);
}
