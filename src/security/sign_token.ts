import { SignJWT } from "jose";
import type { Role } from "./principal.ts";

/** What a token is made to say. */
export interface TokenClaims {
  readonly subject: string;
  readonly role: Role;
  readonly worlds: "all" | readonly string[];
  readonly issuer: string;
  readonly audience: string;
  readonly issuedAtMs: number;
  readonly ttlSec: number;
}

/** Makes an access token signed with HS256, as `Tokens` takes it. */
export async function signToken(secret: string, claims: TokenClaims): Promise<string> {
  const issuedAtSec = Math.floor(claims.issuedAtMs / 1000);
  return await new SignJWT({ token_type: "access", role: claims.role, worlds: claims.worlds })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(claims.subject)
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setIssuedAt(issuedAtSec)
    .setExpirationTime(issuedAtSec + claims.ttlSec)
    .sign(await importTokenSecret(secret));
}

/** The secret of HS256 as a key. */
export function importTokenSecret(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, [
    "sign",
    "verify",
  ]);
}
