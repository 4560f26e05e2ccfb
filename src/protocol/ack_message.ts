import type { Envelope } from "./envelope.ts";
import { idOf, inside, missing, readName } from "./message_fields.ts";

/** Says that a reliable message has arrived. */
export interface Ack {
  readonly type: "ACK";
  /** The `id` of the message that arrived. */
  readonly ackId: string;
  readonly id?: string;
}

/** The id may be called `ref`, or be the `id` in `data`, or the message's own. */
export function readAck(envelope: Envelope): Ack {
  const ackId = readName(envelope, "ref") ?? readName(inside(envelope), "id") ?? envelope.id;
  if (ackId === undefined) throw missing("id", envelope);
  return { type: "ACK", ackId, ...idOf(envelope) };
}
