import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { AuthCredential } from "../protocol/mod.ts";
import { type ApiKeyEntry, type ApiKeys, principalOfKey } from "./api_keys.ts";
import { AuthFailure } from "./auth_failure.ts";
import type { Principal } from "./principal.ts";
import { ReplayCache } from "./replay_cache.ts";
import { hmacSha256 } from "./sha256.ts";

export interface SignatureOptions {
  /** How far a timestamp may be from the server's time, both ways. */
  readonly windowMs: number;
  /** Whether a key is never taken alone. */
  readonly requireHmac: boolean;
  /** Most signatures that are remembered. */
  readonly maxEntries: number;
}

/** What ids of keys and nonces are made of: no dot, so that `key_id.timestamp.nonce` can be read in one way only. */
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const KEY_ID_WORDS = "1 to 64 letters, digits, _ or -";
const NONCE = /^[A-Za-z0-9_-]{8,128}$/;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;
/** Whether a text can be the id of a key. */
export function isKeyId(text: unknown): text is string {
  return typeof text === "string" && KEY_ID.test(text);
}

/** Signed with where a key has no signing secret, so that this takes the same time. */
const NO_SECRET = "no such key";

/**
 * Checks API keys with what may come beside them, and signatures that come in place of a key. The order is the same for
 * all: first the timestamp, which is no secret; then key and signature, answered alike whatever is wrong; then whether
 * it was used before.
 */
export class Signatures {
  #keys: ApiKeys;
  readonly #options: SignatureOptions;
  readonly #used: ReplayCache;

  constructor(keys: ApiKeys, options: SignatureOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#used = new ReplayCache(options);
  }

  /** Goes by other keys from now on; what was used stays used. */
  replaceKeys(keys: ApiKeys): void {
    this.#keys = keys;
  }

  /**
   * A key alone, with a timestamp, or with the signature HMAC-SHA256(key, timestamp) in hexadecimal.
   * @throws {AuthFailure}
   */
  checkKey(credential: Extract<AuthCredential, { kind: "api-key" }>, nowMs: number): Principal {
    const { apiKey, timestampMs, signature } = credential;
    if (this.#options.requireHmac && signature === undefined) throw new AuthFailure("unsigned-key");
    if (timestampMs !== undefined) this.#checkTime(timestampMs, nowMs);
    const entry = this.#keys.find(apiKey);
    if (signature === undefined) return principalOfKey(current(entry ?? wrongKey(), nowMs), "api-key");
    if (timestampMs === undefined) throw new AuthFailure("malformed");
    const isRight = isSignedBy(apiKey, timestampTexts(timestampMs), signature);
    if (entry === undefined) throw new AuthFailure("wrong-key");
    if (!isRight) throw new AuthFailure("wrong-signature");
    current(entry, nowMs);
    this.#use(entry.id, `${timestampMs} ${signature.toLowerCase()}`, timestampMs, nowMs);
    return principalOfKey(entry, "hmac");
  }

  /**
   * A signature HMAC-SHA256(signing secret, `${key_id}.${timestamp}.${nonce}`) in hexadecimal.
   * @throws {AuthFailure}
   */
  checkSigned(credential: Extract<AuthCredential, { kind: "signed" }>, nowMs: number): Principal {
    const { keyId, timestampMs, nonce, signature } = credential;
    if (!isKeyId(keyId) || !NONCE.test(nonce)) throw new AuthFailure("malformed");
    this.#checkTime(timestampMs, nowMs);
    const entry = this.#keys.byId(keyId);
    const secret = entry?.signingSecret;
    const texts = timestampTexts(timestampMs).map((timestamp) => `${keyId}.${timestamp}.${nonce}`);
    const isRight = isSignedBy(secret ?? NO_SECRET, texts, signature);
    if (entry === undefined || secret === undefined || !isRight) throw new AuthFailure("wrong-signature");
    current(entry, nowMs);
    this.#use(entry.id, nonce, timestampMs, nowMs);
    return principalOfKey(entry, "hmac");
  }

  /** Forgets signatures that are out of the window. */
  sweep(nowMs: number): void {
    this.#used.sweep(nowMs);
  }

  /** Signatures that are remembered. */
  get size(): number {
    return this.#used.size;
  }

  #checkTime(timestampMs: number, nowMs: number): void {
    if (nowMs - timestampMs > this.#options.windowMs) throw new AuthFailure("stale-timestamp");
    if (timestampMs - nowMs > this.#options.windowMs) throw new AuthFailure("future-timestamp");
  }

  #use(keyId: string, text: string, timestampMs: number, nowMs: number): void {
    const found = this.#used.remember(keyId, text, timestampMs + this.#options.windowMs, nowMs);
    if (found === "seen") throw new AuthFailure("replayed");
    if (found === "full") throw new AuthFailure("busy", { retryAfterMs: this.#options.windowMs });
  }
}

/** A timestamp as it may have been signed: milliseconds, or the seconds from which they were made. */
function timestampTexts(timestampMs: number): string[] {
  const texts = [String(timestampMs)];
  if (timestampMs % 1000 === 0) texts.push(String(timestampMs / 1000));
  return texts;
}

function isSignedBy(secret: string, texts: readonly string[], signature: string): boolean {
  if (!HEX_SHA256.test(signature)) return false;
  const given = Uint8Array.fromHex(signature);
  let isRight = false;
  for (const text of texts) isRight = timingSafeEqual(given, hmacSha256(secret, text)) || isRight;
  return isRight;
}

function current(entry: ApiKeyEntry, nowMs: number): ApiKeyEntry {
  if (entry.expiresAtMs !== undefined && nowMs >= entry.expiresAtMs) throw new AuthFailure("expired");
  return entry;
}

function wrongKey(): never {
  throw new AuthFailure("wrong-key");
}
