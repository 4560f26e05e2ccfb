import type { JsonFields } from "../protocol/mod.ts";

/** What a client proves itself with. */
export type Credential =
  /** `sign` adds the time and its HMAC-SHA256 with the key, for servers that take no key without. */
  | { readonly apiKey: string; readonly sign?: boolean }
  /** A JWT. */
  | { readonly token: string }
  /**
   * A one-time ticket; good for one connection, so a client that comes back needs a function that gives new
   * ones.
   */
  | { readonly ticket: string }
  /** A key that is never sent: it signs the time and a number used once. */
  | { readonly keyId: string; readonly secret: string };

/** A credential, or what gives a fresh one: asked before each connection, and before a token ends. */
export type CredentialSource = Credential | (() => Credential | undefined | Promise<Credential | undefined>);

/** What goes into a signature. */
export interface SigningFacts {
  /** The server's time in milliseconds, as far as it is known, so that a wrong clock here does no harm. */
  readonly timestampMs: number;
  /** Never used before. */
  readonly nonce: string;
}

/** The credential of this moment. */
export async function currentCredential(
  source: CredentialSource | undefined,
): Promise<Credential | undefined> {
  return typeof source === "function" ? await source() : source;
}

/** Whether a credential can go into a header: all can but tickets, and keys that are sent with a signature. */
export function fitsHeader(credential: Credential): boolean {
  return !("ticket" in credential) && !("apiKey" in credential && credential.sign === true);
}

/** The `Authorization` header of a request; undefined for credentials that do not fit one. */
export async function authorizationOf(
  credential: Credential,
  facts: SigningFacts,
): Promise<string | undefined> {
  if (!fitsHeader(credential)) return undefined;
  if ("token" in credential) return `Bearer ${credential.token}`;
  if ("apiKey" in credential) return `Bearer ${credential.apiKey}`;
  const fields = await authFields(credential, facts);
  return `Voxcast ${["key_id", "timestamp", "nonce", "signature"].map((name) => fields[name]).join(".")}`;
}

/** The fields of AUTH for a credential. */
export async function authFields(credential: Credential, facts: SigningFacts): Promise<JsonFields> {
  if ("token" in credential) return { auth_token: credential.token };
  if ("ticket" in credential) return { ticket: credential.ticket };
  const timestamp = Math.trunc(facts.timestampMs);
  if ("keyId" in credential) {
    const { keyId, secret } = credential;
    const signature = await hmacHex(secret, signedText(keyId, timestamp, facts.nonce));
    return { key_id: keyId, timestamp, nonce: facts.nonce, signature };
  }
  if (credential.sign !== true) return { api_key: credential.apiKey };
  return {
    api_key: credential.apiKey,
    timestamp,
    signature: await hmacHex(credential.apiKey, String(timestamp)),
  };
}

/**
 * When a token ends, by its own account, in milliseconds since the Unix epoch; undefined for what is no JWT
 * or never ends. Only good for planning: nothing is verified.
 */
export function tokenExpiryMs(token: string): number | undefined {
  try {
    const payload = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function signedText(keyId: string, timestamp: number, nonce: string): string {
  return `${keyId}.${timestamp}.${nonce}`;
}

/** HMAC-SHA256 in lower-case hexadecimal. */
async function hmacHex(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
