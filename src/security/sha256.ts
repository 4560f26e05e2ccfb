import { createHash, createHmac } from "node:crypto";

/** SHA-256 of a text's UTF-8. Synchronous, so that no request waits for another's hash; credentials are short. */
export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text, "utf8").digest());
}

/** HMAC-SHA256 of a text, both in UTF-8 if given as text. */
export function hmacSha256(key: string | Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(text, "utf8").digest());
}
