import { createHash } from "node:crypto";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** The WebSocket subprotocol that the server speaks, and answers with when a key rode beside it. */
export const SUBPROTOCOL = "voxcast";
/** A browser cannot set headers on a WebSocket, so the key rides as a subprotocol: this, then the key in base64url. */
export const KEY_SUBPROTOCOL_PREFIX = "voxcast.key.";
/** Longer credentials are refused unread. */
const MAX_CREDENTIAL_CHARACTERS = 4096;

/** Says whether a request carries the server's key. */
export interface ApiKeyCheck {
  /**
   * True if `Authorization: Bearer KEY` is right, or, for a WebSocket upgrade, a subprotocol
   * `voxcast.key.<base64url(KEY)>`. Reads headers only, never the body. The time taken does not depend on how much of
   * a wrong key is right: SHA-256 hashes are compared, in constant time.
   */
  admits(request: Request): boolean;
}

/**
 * A check against one key.
 * @throws {RangeError} if the key is empty
 */
export function createApiKeyCheck(key: string): ApiKeyCheck {
  if (key.length === 0) throw new RangeError("Cannot check against an empty API key");
  const expected = sha256(key);
  return {
    admits(request: Request): boolean {
      let right = false;
      // Every credential is compared, so that the time does not tell which one was right.
      for (const credential of credentials(request)) {
        right = timingSafeEqual(sha256(credential), expected) || right;
      }
      return right;
    },
  };
}

/** The subprotocol in which a browser sends `key`; the client of the viewer page makes the same. */
export function keySubprotocol(key: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(key)) binary += String.fromCharCode(byte);
  const base64 = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return KEY_SUBPROTOCOL_PREFIX + base64;
}

/** Whether the request asks to become a WebSocket. */
export function isWebSocketUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function credentials(request: Request): string[] {
  const found: string[] = [];
  const header = request.headers.get("authorization");
  const bearer = header !== null && header.length <= MAX_CREDENTIAL_CHARACTERS
    ? /^Bearer +(\S+) *$/i.exec(header)?.[1]
    : undefined;
  if (bearer !== undefined) found.push(bearer);
  if (isWebSocketUpgrade(request)) {
    const fromProtocol = keyOfSubprotocols(request.headers.get("sec-websocket-protocol"));
    if (fromProtocol !== undefined) found.push(fromProtocol);
  }
  return found;
}

function keyOfSubprotocols(header: string | null): string | undefined {
  if (header === null || header.length > MAX_CREDENTIAL_CHARACTERS) return undefined;
  const name = header.split(",").map((part) => part.trim()).find((part) =>
    part.startsWith(KEY_SUBPROTOCOL_PREFIX)
  );
  if (name === undefined) return undefined;
  try {
    const binary = atob(name.slice(KEY_SUBPROTOCOL_PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
}

/** Synchronous, so that no request waits for another's hash; a credential is short. */
function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text, "utf8").digest();
}
