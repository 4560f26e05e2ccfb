/**
 * What a credential costs beside the one SHA-256 that no check can do without: a key among 1, 64 and 1,000 (one hash and
 * as many comparisons in constant time), a signature, a token by secret and by public key.
 */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { defaultConfig } from "../src/config/mod.ts";
import { silentLogger, systemClock, systemRandom } from "../src/observe/mod.ts";
import { createAuthenticator } from "../src/security/mod.ts";
import { ApiKeys } from "../src/security/api_keys.ts";
import { hmacSha256, sha256 } from "../src/security/sha256.ts";
import { signToken } from "../src/security/sign_token.ts";
import { Tokens } from "../src/security/tokens.ts";

const KEY = `vox_${"k".repeat(50)}`;
const SECRET = "a secret of at least thirty-two characters";
const RULE = { issuer: "issuer", audience: "voxcast", leewaySec: 5 };
const PEER = { address: "192.0.2.7" };

const defaults = defaultConfig();
const auth = await createAuthenticator(
  { ...defaults, security: { ...defaults.security, apiKey: KEY } },
  { clock: systemClock, random: systemRandom, logger: silentLogger },
);
const request = new Request("http://127.0.0.1/api/worlds", { headers: { authorization: `Bearer ${KEY}` } });

function keys(count: number): ApiKeys {
  return new ApiKeys(Array.from({ length: count }, (_, i) => ({
    id: `key-${i}`,
    role: "viewer",
    worlds: "all",
    hash: sha256(`${KEY}${i}`),
  })));
}

const few = keys(1);
const some = keys(64);
const many = keys(1000);
const pair = await generateKeyPair("ES256", { extractable: true });
const nowMs = Date.now();
const claims = {
  subject: "alice",
  role: "viewer",
  worlds: "all",
  ...RULE,
  issuedAtMs: nowMs,
  ttlSec: 3600,
} as const;
const token = await signToken(SECRET, claims);
const signed = await new SignJWT({
  iss: RULE.issuer,
  aud: RULE.audience,
  sub: "alice",
  exp: nowMs / 1000 + 3600,
})
  .setProtectedHeader({ alg: "ES256", kid: "k" }).sign(pair.privateKey);
const bySecret = await Tokens.create(RULE, { secret: SECRET });
const byPublicKey = await Tokens.create(RULE, {
  jwks: { keys: [{ ...await exportJWK(pair.publicKey), kid: "k" }] },
});

const group = "a credential";
Deno.bench({ name: "one SHA-256", group, baseline: true }, () => void sha256(KEY));
Deno.bench({ name: "a key among 1", group }, () => void few.find(KEY));
Deno.bench({ name: "a key among 64", group }, () => void some.find(KEY));
Deno.bench({ name: "a key among 1,000", group }, () => void many.find(KEY));
Deno.bench(
  { name: "a whole request with a key", group },
  async () => void await auth.ofRequest(request, PEER),
);
Deno.bench({ name: "an HMAC", group }, () => void hmacSha256(SECRET, `key.${nowMs}.nonce-0001`));
Deno.bench({ name: "a token, HS256", group }, async () => void await bySecret.check(token, nowMs));
Deno.bench({ name: "a token, ES256", group }, async () => void await byPublicKey.check(signed, nowMs));
