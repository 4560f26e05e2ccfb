import type { AuthCredential } from "../protocol/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import type { Peer } from "./peer.ts";

/** The WebSocket subprotocol that the server speaks, and answers with when a credential rode beside it. */
export const SUBPROTOCOL = "voxcast";
/** A browser cannot set headers on a WebSocket, so a key rides as a subprotocol: this, then the key in base64url. */
export const KEY_SUBPROTOCOL_PREFIX = "voxcast.key.";
/** The same for a JWT, which is made of characters that a subprotocol may have. */
export const TOKEN_SUBPROTOCOL_PREFIX = "voxcast.token.";
/** The same for a one-time ticket. */
export const TICKET_SUBPROTOCOL_PREFIX = "voxcast.ticket.";
/** The same for a signature: `key_id.timestamp.nonce.signature`. */
export const SIGNED_SUBPROTOCOL_PREFIX = "voxcast.signed.";
/** Longer headers are refused unread. */
const MAX_HEADER_CHARACTERS = 8192;
/** Three parts in base64url: a key may look like this, too, so it is tried as a key first. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const SIGNED = /^([^.]+)\.(\d{1,15})\.([^.]+)\.([^.]+)$/;
/** Timestamps below are in seconds, as in AUTH. */
const LEAST_MILLISECONDS = 1e12;

/** What a request shows, before anybody knows whether it is right. */
export type ShownCredential =
  | AuthCredential
  /** `Authorization: Bearer`, which takes keys and tokens alike. */
  | { readonly kind: "bearer"; readonly value: string; readonly looksLikeToken: boolean };

/**
 * The credential that a request shows, or undefined: `Authorization: Bearer KEY_OR_TOKEN`, `Authorization: Voxcast
 * key_id.timestamp.nonce.signature`, and where it opens a socket a subprotocol, `?ticket=` or `?auth_token=`. Looks at
 * headers and address only.
 *
 * @param options.opensSocket as {@linkcode Peer} has it: whoever only sends `Upgrade` with another request opens none
 * @throws {AuthFailure} if it shows more than one, or one that cannot be read
 */
export function readRequestCredential(
  request: Request,
  options: { readonly allowQueryToken: boolean } & Required<Pick<Peer, "opensSocket">>,
): ShownCredential | undefined {
  const shown = [...fromHeader(request.headers)];
  if (options.opensSocket) {
    shown.push(...fromSubprotocols(request.headers), ...fromQuery(request.url, options.allowQueryToken));
  }
  if (shown.length > 1) throw new AuthFailure("several");
  return shown[0];
}

/** The subprotocol in which a browser sends `key`; the client of the viewer page makes the same. */
export function keySubprotocol(key: string): string {
  return KEY_SUBPROTOCOL_PREFIX +
    new TextEncoder().encode(key).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Whether the request asks to become a WebSocket. */
export function isWebSocketUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function* fromHeader(headers: Headers): Generator<ShownCredential> {
  const header = headers.get("authorization");
  const scheme = header === null ? undefined : /^(Bearer|Voxcast)(?:\s|$)/i.exec(header)?.[1];
  if (header === null || scheme === undefined) return;
  const value = header.length > MAX_HEADER_CHARACTERS ? undefined : /^\w+ +(\S+) *$/.exec(header)?.[1];
  if (value === undefined) throw new AuthFailure("malformed");
  if (scheme.toLowerCase() === "voxcast") yield readSigned(value);
  else yield { kind: "bearer", value, looksLikeToken: JWT.test(value) };
}

function* fromSubprotocols(headers: Headers): Generator<ShownCredential> {
  const header = headers.get("sec-websocket-protocol");
  if (header === null) return;
  if (header.length > MAX_HEADER_CHARACTERS) throw new AuthFailure("malformed");
  for (const name of header.split(",").map((part) => part.trim())) {
    const key = after(name, KEY_SUBPROTOCOL_PREFIX);
    const token = after(name, TOKEN_SUBPROTOCOL_PREFIX);
    const ticket = after(name, TICKET_SUBPROTOCOL_PREFIX);
    const signed = after(name, SIGNED_SUBPROTOCOL_PREFIX);
    if (key !== undefined) yield { kind: "api-key", apiKey: decodeKey(key) };
    if (token !== undefined) yield { kind: "token", token };
    if (ticket !== undefined) yield { kind: "ticket", ticket };
    if (signed !== undefined) yield readSigned(signed);
  }
}

function* fromQuery(url: string, allowQueryToken: boolean): Generator<ShownCredential> {
  const { searchParams } = new URL(url);
  for (const ticket of searchParams.getAll("ticket")) yield { kind: "ticket", ticket };
  for (const token of searchParams.getAll("auth_token")) {
    if (!allowQueryToken) throw new AuthFailure("query-token");
    yield { kind: "token", token };
  }
}

function after(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function readSigned(text: string): ShownCredential {
  const [, keyId, timestamp, nonce, signature] = SIGNED.exec(text) ?? [];
  if (keyId === undefined) throw new AuthFailure("malformed");
  const given = Number(timestamp);
  return {
    kind: "signed",
    keyId,
    timestampMs: given < LEAST_MILLISECONDS ? given * 1000 : given,
    nonce: nonce!,
    signature: signature!,
  };
}

function decodeKey(text: string): string {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    if (bytes.length === 0) throw new AuthFailure("malformed");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw error instanceof AuthFailure ? error : new AuthFailure("malformed");
  }
}
