import type { Envelope } from "./envelope.ts";
import { idOf, invalid, missing, readName, readText, readTimestamp } from "./message_fields.ts";

/** Longest API key or ticket; a token is longer, as it says who somebody is. */
const MAX_SECRET_CHARS = 512;
const MAX_TOKEN_CHARS = 8192;
/** Hexadecimal digits of an HMAC-SHA256. */
const SIGNATURE = /^[0-9a-f]{64}$/i;
/** Timestamps below are in seconds: in milliseconds they would lie before September 2001. */
const LEAST_MILLISECONDS = 1e12;
/** The latest time that a Date can have. */
const LAST_TIME_MS = 8.64e15;

/** What a client proves itself with. Everything but `keyId` is a secret or shows one: none of it may be logged. */
export type AuthCredential =
  | {
    readonly kind: "api-key";
    readonly apiKey: string;
    readonly timestampMs?: number;
    /** HMAC-SHA256 in lower-case hexadecimal; comes with `timestampMs`. */
    readonly signature?: string;
  }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "ticket"; readonly ticket: string }
  | {
    readonly kind: "signed";
    readonly keyId: string;
    readonly timestampMs: number;
    readonly nonce: string;
    /** HMAC-SHA256 in lower-case hexadecimal. */
    readonly signature: string;
  };

/** Shows a credential, first or anew. */
export interface Auth {
  readonly type: "AUTH";
  readonly credential: AuthCredential;
  readonly id?: string;
}

export function readAuth(envelope: Envelope): Auth {
  return { type: "AUTH", credential: readCredential(envelope), ...idOf(envelope) };
}

function readCredential(envelope: Envelope): AuthCredential {
  const apiKey = readText(envelope, MAX_SECRET_CHARS, "api_key", "apiKey");
  const token = readText(envelope, MAX_TOKEN_CHARS, "auth_token", "authToken", "token");
  const ticket = readText(envelope, MAX_SECRET_CHARS, "ticket");
  const keyId = readName(envelope, "key_id", "keyId");
  const given = Object.entries({ api_key: apiKey, auth_token: token, ticket, key_id: keyId })
    .filter(([, value]) => value !== undefined);
  if (given.length > 1) throw invalid(given[1]![0], `absent if '${given[0]![0]}' is given`, envelope);
  if (apiKey !== undefined) return { kind: "api-key", apiKey, ...readKeySignature(envelope) };
  if (token !== undefined) return { kind: "token", token };
  if (ticket !== undefined) return { kind: "ticket", ticket };
  if (keyId === undefined) throw missing("api_key', 'auth_token', 'ticket' or 'key_id", envelope);
  return {
    kind: "signed",
    keyId,
    timestampMs: readTimestampMs(envelope) ?? fail("timestamp", envelope),
    nonce: readText(envelope, MAX_SECRET_CHARS, "nonce") ?? fail("nonce", envelope),
    signature: readSignature(envelope) ?? fail("signature", envelope),
  };
}

function readKeySignature(envelope: Envelope): { timestampMs?: number; signature?: string } {
  const timestampMs = readTimestampMs(envelope);
  const signature = readSignature(envelope);
  if (timestampMs === undefined) {
    if (signature !== undefined) throw missing("timestamp", envelope);
    return {};
  }
  return { timestampMs, ...(signature === undefined ? {} : { signature }) };
}

/** Whole milliseconds, cut as clients cut them before they sign. */
function readTimestampMs(envelope: Envelope): number | undefined {
  const given = readTimestamp(envelope);
  if (given === undefined) return undefined;
  const milliseconds = Math.trunc(given < LEAST_MILLISECONDS ? given * 1000 : given);
  if (given < 0 || milliseconds > LAST_TIME_MS) {
    throw invalid("timestamp", "a time in milliseconds or seconds since 1970", envelope);
  }
  return milliseconds;
}

function readSignature(envelope: Envelope): string | undefined {
  const signature = readText(envelope, MAX_SECRET_CHARS, "signature");
  if (signature !== undefined && !SIGNATURE.test(signature)) {
    throw invalid("signature", "64 hexadecimal digits", envelope);
  }
  return signature?.toLowerCase();
}

function fail(name: string, envelope: Envelope): never {
  throw missing(name, envelope);
}
