import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { type Clock, type Random, randomId } from "../observe/mod.ts";
import type { Principal } from "./principal.ts";
import { hmacSha256 } from "./sha256.ts";

/** 258 random bits. */
const SECRET_CHARS = 50;
const MAX_TOKEN_CHARS = 512;
const TOKEN = /^([\w-]{1,128})\.(\d{1,16})\.([0-9a-f]{64})$/;

export interface SessionTokensOptions {
  readonly ttlMs: number;
  readonly clock: Pick<Clock, "now">;
  /** Where the process's secret comes from. */
  readonly random: Random;
}

/**
 * Tokens with which a client takes its session up again after a lost connection: `id.end.signature`, signed with a secret
 * that lives as long as the process, for one principal. A token is no credential: who shows it must prove anew to be
 * that principal.
 */
export class SessionTokens {
  readonly #ttlMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #secret: string;

  constructor({ ttlMs, clock, random }: SessionTokensOptions) {
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#secret = randomId(random, SECRET_CHARS);
  }

  /** @param sessionId 1 to 128 letters, digits, `_` or `-` */
  issue(
    sessionId: string,
    principal: Pick<Principal, "id">,
  ): { readonly token: string; readonly expiresAtMs: number } {
    const expiresAtMs = Math.floor(this.#clock.now()) + this.#ttlMs;
    const signature = this.#sign(sessionId, expiresAtMs, principal.id).toHex();
    return { token: `${sessionId}.${expiresAtMs}.${signature}`, expiresAtMs };
  }

  /** The session of a token, or undefined if it is not one of these, has ended, or was issued to somebody else. */
  read(token: string, principal: Pick<Principal, "id">): string | undefined {
    if (token.length > MAX_TOKEN_CHARS) return undefined;
    const [, sessionId, end, signature] = TOKEN.exec(token) ?? [];
    if (sessionId === undefined) return undefined;
    const expiresAtMs = Number(end);
    const expected = this.#sign(sessionId, expiresAtMs, principal.id);
    if (!timingSafeEqual(Uint8Array.fromHex(signature!), expected)) return undefined;
    return this.#clock.now() < expiresAtMs ? sessionId : undefined;
  }

  #sign(sessionId: string, expiresAtMs: number, principalId: string): Uint8Array {
    return hmacSha256(this.#secret, JSON.stringify([sessionId, expiresAtMs, principalId]));
  }
}
