import { type Envelope, readField } from "./envelope.ts";
import { idOf, inside, invalid, missing, readName } from "./message_fields.ts";

/** Says that a reliable message has arrived. */
export interface MessageAck {
  readonly type: "ACK";
  /** The `id` of the message that arrived. */
  readonly ackId: string;
  readonly id?: string;
}

/** Says how much has arrived, by which the server paces what it sends. */
export interface BytesAck {
  readonly type: "ACK";
  /** Bytes of all frames, bundles and parts of this connection so far, whatever they were compressed to on the wire. */
  readonly receivedBytes: number;
  /** It is of no message, so nothing answers it. */
  readonly id?: never;
}

/** Either of the two; `"ackId" in ack` tells them apart. */
export type Ack = MessageAck | BytesAck;

/** The id may be called `ref`, or be the `id` in `data`, or the message's own; with `received_bytes` there is none. */
export function readAck(envelope: Envelope): Ack {
  const ackId = readName(envelope, "ref") ?? readName(inside(envelope), "id") ?? envelope.id;
  const receivedBytes = readReceivedBytes(envelope);
  if (receivedBytes === undefined) {
    if (ackId === undefined) throw missing("id", envelope);
    return { type: "ACK", ackId, ...idOf(envelope) };
  }
  if (ackId !== undefined) throw invalid("received_bytes", "in an ACK without id", envelope);
  return { type: "ACK", receivedBytes };
}

function readReceivedBytes(envelope: Envelope): number | undefined {
  const value = readField(envelope, "received_bytes", "receivedBytes");
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw invalid("received_bytes", "an integer of at least 0", envelope);
  }
  return value;
}
