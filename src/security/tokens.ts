import {
  base64url,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { isPlainName } from "../protocol/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import { type Principal, ROLES } from "./principal.ts";
import { importTokenSecret } from "./sign_token.ts";
import { readWorldScope } from "./world_scope.ts";

/** Signatures that are taken with a shared secret, and those with a public key; none is in both. */
const SECRET_ALGORITHMS = ["HS256"];
export const PUBLIC_ALGORITHMS: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const MAX_TOKEN_CHARS = 8192;
const MAX_SUBJECT_CHARS = 128;
/** `typ` of the header: nothing, a JWT, or an access token as RFC 9068 has it. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt", "application/at+jwt"];

/** What every token must say. */
export interface TokenRule {
  readonly issuer: string;
  readonly audience: string;
  /** By how much the clocks of issuer and server may differ. */
  readonly leewaySec: number;
}

/** What tokens are signed with; at least one of them. */
export interface TokenKeys {
  /** Secret of HS256. */
  readonly secret?: string;
  /** Public keys only: `readJwks` sees to it. */
  readonly jwks?: JSONWebKeySet;
  /** What stands for a public key in the principals of tokens that it proves, by the `kid` of their headers. */
  readonly proofOf?: (kid: string | undefined) => symbol;
}

type Verify = (token: string, options: Parameters<typeof jwtVerify>[2]) => Promise<JWTPayload>;

/**
 * Checks JSON Web Tokens. The algorithm of the header chooses between the secret and the public keys, which never serve
 * for each other: `none` and everything else is refused unread, and a public key is no secret of HS256.
 * Claims: `exp`, `iss`, `aud` and `sub` are required, `nbf` is heeded; `token_type`, if there, is `access`; `role` is
 * `viewer` unless given; `worlds` is `"all"` or names, and none unless given: a token opens what it says, nothing else.
 */
export class Tokens {
  readonly #rule: TokenRule;
  readonly #bySecret: Verify | undefined;
  readonly #byPublicKey: Verify | undefined;
  readonly #proofOf: TokenKeys["proofOf"];

  private constructor(
    rule: TokenRule,
    bySecret: Verify | undefined,
    byPublicKey: Verify | undefined,
    proofOf: TokenKeys["proofOf"],
  ) {
    this.#rule = rule;
    this.#bySecret = bySecret;
    this.#byPublicKey = byPublicKey;
    this.#proofOf = proofOf;
  }

  static async create(rule: TokenRule, { secret, jwks, proofOf }: TokenKeys): Promise<Tokens> {
    const key = secret === undefined ? undefined : await importTokenSecret(secret);
    const keyOf = jwks === undefined ? undefined : createLocalJWKSet(jwks);
    return new Tokens(
      rule,
      key &&
        (async (token, options) =>
          (await jwtVerify(token, key, { ...options, algorithms: SECRET_ALGORITHMS })).payload),
      keyOf &&
        (async (token, options) =>
          (await jwtVerify(token, keyOf, { ...options, algorithms: [...PUBLIC_ALGORITHMS] })).payload),
      proofOf,
    );
  }

  /**
   * The principal of a token.
   * @throws {AuthFailure}
   */
  async check(token: string, nowMs: number): Promise<Principal> {
    if (token.length > MAX_TOKEN_CHARS) throw new AuthFailure("malformed");
    if (!isExact(token)) throw new AuthFailure("wrong-token");
    const verify = this.#verifierOf(token);
    try {
      const payload = await verify(token, {
        issuer: this.#rule.issuer,
        audience: this.#rule.audience,
        clockTolerance: this.#rule.leewaySec,
        currentDate: new Date(nowMs),
        requiredClaims: ["exp", "sub"],
      });
      const principal = principalOf(payload, this.#rule.leewaySec);
      const proof = verify === this.#byPublicKey
        ? this.#proofOf?.(decodeProtectedHeader(token).kid)
        : undefined;
      return proof === undefined ? principal : { ...principal, proof };
    } catch (error) {
      throw failureOf(error);
    }
  }

  #verifierOf(token: string): Verify {
    const { alg, typ } = headerOf(token);
    const verify = SECRET_ALGORITHMS.includes(alg)
      ? this.#bySecret
      : PUBLIC_ALGORITHMS.includes(alg)
      ? this.#byPublicKey
      : undefined;
    if (verify === undefined) throw new AuthFailure("token-algorithm");
    if (!TYPES.includes(typeof typ === "string" ? typ.toLowerCase() : typ)) {
      throw new AuthFailure("token-type");
    }
    return verify;
  }
}

/**
 * Whether the parts are base64url as it is written: padding, and last characters with bits that mean nothing, would let the
 * same token have several texts (RFC 7515, section 2; RFC 4648, section 3.5).
 */
function isExact(token: string): boolean {
  try {
    return token.split(".").every((part) => base64url.encode(base64url.decode(part)) === part);
  } catch {
    return false;
  }
}

export const SUBJECT_WORDS = `1 to ${MAX_SUBJECT_CHARS} visible characters`;

/** Whether a text can be the subject of a token: shown in logs and lists, so it is short and seen as it is. */
export function isSubject(text: unknown): text is string {
  return typeof text === "string" && text.length > 0 && text.length <= MAX_SUBJECT_CHARS && isPlainName(text);
}

function headerOf(token: string): { readonly alg: string; readonly typ: unknown } {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    if (typeof alg === "string") return { alg, typ };
  } catch {
    // No JSON, no base64: whatever it is, it is no token.
  }
  throw new AuthFailure("wrong-token");
}

function principalOf(payload: JWTPayload, leewaySec: number): Principal {
  const { sub, exp } = payload;
  if ((payload["token_type"] ?? "access") !== "access") throw new AuthFailure("token-type");
  const role = ROLES.find((role) => role === (payload["role"] ?? "viewer"));
  const worlds = readWorldScope(payload["worlds"] ?? []);
  if (!isSubject(sub) || role === undefined || worlds === undefined) throw new AuthFailure("token-claims");
  return { id: `user:${sub}`, method: "jwt", role, worlds, expiresAtMs: (exp! + leewaySec) * 1000 };
}

function failureOf(error: unknown): unknown {
  if (error instanceof AuthFailure) return error;
  // Thrown after the signature was found right, so it tells a guesser nothing.
  if (error instanceof errors.JWTExpired) return new AuthFailure("expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case "iss":
        return new AuthFailure("token-issuer");
      case "aud":
        return new AuthFailure("token-audience");
      case "nbf":
        return new AuthFailure(error.reason === "check_failed" ? "token-early" : "token-claims");
      default:
        return new AuthFailure("token-claims");
    }
  }
  return error instanceof errors.JOSEError ? new AuthFailure("wrong-token") : error;
}
