import { type Envelope, type JsonFields, readField } from "./envelope.ts";
import { idOf, invalid, readFlag, readName, readObject, readText } from "./message_fields.ts";
import { checkInitVersion } from "./protocol_version.ts";

/** Longest `session_token`. */
const MAX_SESSION_TOKEN_CHARS = 1024;
/** Longest list of compressions worth reading. */
const MAX_COMPRESSIONS = 16;

/** Says which protocol and which of its options the client speaks, and may take up an earlier session. */
export interface Init {
  readonly type: "INIT";
  /** What the client says of itself; shown, and nothing depends on it. */
  readonly clientInfo?: JsonFields;
  /** The client reads and may send messages compressed with gzip. */
  readonly gzip: boolean;
  /** The client answers reliable messages with ACK. */
  readonly ack: boolean;
  readonly sessionToken?: string;
  readonly clientId?: string;
  readonly id?: string;
}

export function readInit(envelope: Envelope): Init {
  // A later version may name its fields otherwise, so the version is looked at first.
  checkInitVersion(envelope);
  const clientInfo = readObject(envelope, "client_info", "clientInfo");
  const sessionToken = readText(envelope, MAX_SESSION_TOKEN_CHARS, "session_token", "sessionToken");
  const clientId = readName(envelope, "client_id", "clientId");
  return {
    type: "INIT",
    ...(clientInfo === undefined ? {} : { clientInfo }),
    gzip: readsGzip(envelope),
    ack: readFlag(envelope, "ack") ?? false,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(clientId === undefined ? {} : { clientId }),
    ...idOf(envelope),
  };
}

/** `compression` lists what the client reads; names that are not known here are passed over. */
function readsGzip(envelope: Envelope): boolean {
  const value = readField(envelope, "compression") ?? [];
  if (!Array.isArray(value) || value.length > MAX_COMPRESSIONS || !value.every(isString)) {
    throw invalid("compression", `an array of up to ${MAX_COMPRESSIONS} strings`, envelope);
  }
  return value.some((name) => name.toLowerCase() === "gzip");
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
