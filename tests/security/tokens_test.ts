import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import type { AuthFailure } from "../../src/security/auth_failure.ts";
import { Tokens } from "../../src/security/tokens.ts";
import { runs } from "../support/runs.ts";
import {
  authFixture,
  bearer,
  JWT_SECRET,
  KEY,
  PEER,
  request,
  signedToken,
  SOCKET,
  TOKENS,
  upgrade,
} from "./auth_fixture.ts";

const NOW = Date.UTC(2026, 0, 1);
const RULE = { issuer: TOKENS.jwtIssuer, audience: TOKENS.jwtAudience, leewaySec: 5 };
const bySecret = await Tokens.create(RULE, { secret: JWT_SECRET });
const GOOD: JWTPayload = {
  iss: "issuer",
  aud: "voxcast",
  sub: "alice",
  exp: NOW / 1000 + 60,
  // deno-lint-ignore camelcase
  token_type: "access",
  role: "participant",
  worlds: ["a", "b"],
};

type Header = { alg: string; typ?: string; kid?: string; crit?: string[] };

function sign(
  payload: JWTPayload,
  key: CryptoKey | Uint8Array = bytes(JWT_SECRET),
  header: Header = { alg: "HS256" },
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).sign(key);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function without(name: string): JWTPayload {
  return Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name));
}

function part(json: unknown): string {
  return bytes(JSON.stringify(json)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The reason of a refusal, or the principal's id. */
async function outcome(token: string, tokens: Tokens = bySecret, nowMs: number = NOW): Promise<string> {
  try {
    return (await tokens.check(token, nowMs)).id;
  } catch (error) {
    return (error as AuthFailure).reason;
  }
}

Deno.test("a token's principal has its subject, role, worlds and end", async () => {
  assertEquals(await bySecret.check(await sign(GOOD), NOW), {
    id: "user:alice",
    method: "jwt",
    role: "participant",
    worlds: new Set(["a", "b"]),
    expiresAtMs: NOW + 65_000,
  });
});

Deno.test("without role and worlds a token is a viewer's, for no world at all", async () => {
  const { iss, aud, sub, exp } = GOOD;
  const principal = await bySecret.check(await sign({ iss: iss!, aud: aud!, sub: sub!, exp: exp! }), NOW);
  assertEquals([principal.role, principal.worlds], ["viewer", new Set()]);
  assertEquals((await bySecret.check(await sign({ ...GOOD, worlds: "all" }), NOW)).worlds, "all");
});

Deno.test("an expired token is refused once the leeway is over; one without an end always", async () => {
  const token = await sign(GOOD);
  assertEquals(await outcome(token, bySecret, NOW + 64_999), "user:alice");
  assertEquals(await outcome(token, bySecret, NOW + 65_000), "expired");
  assertEquals(await outcome(await sign(without("exp"))), "token-claims");
  assertEquals(await outcome(await sign({ ...GOOD, exp: "soon" as unknown as number })), "token-claims");
});

Deno.test("a token is not taken before its nbf", async () => {
  const token = await sign({ ...GOOD, nbf: NOW / 1000 + 10 });
  assertEquals(await outcome(token, bySecret, NOW), "token-early");
  assertEquals(await outcome(token, bySecret, NOW + 5000), "user:alice");
});

Deno.test("a wrong or missing issuer, audience or subject is refused", async () => {
  assertEquals(await outcome(await sign({ ...GOOD, iss: "other" })), "token-issuer");
  assertEquals(await outcome(await sign(without("iss"))), "token-issuer");
  assertEquals(await outcome(await sign({ ...GOOD, aud: "other" })), "token-audience");
  assertEquals(await outcome(await sign({ ...GOOD, aud: ["other", "voxcast"] })), "user:alice");
  assertEquals(await outcome(await sign(without("aud"))), "token-audience");
  for (const sub of ["", "x".repeat(129), "a\u202eb", "a\nb", 5]) {
    assertEquals(
      await outcome(await sign({ ...GOOD, sub: sub as string })),
      "token-claims",
      JSON.stringify(sub),
    );
  }
  assertEquals(await outcome(await sign(without("sub"))), "token-claims");
});

Deno.test("an unknown role or a scope that is none is refused, not taken for the least", async () => {
  for (const role of ["admin", "OWNER", 3, ["owner"], "__proto__"]) {
    assertEquals(await outcome(await sign({ ...GOOD, role })), "token-claims");
  }
  for (const worlds of ["main", ["ALL"], [1], { a: 1 }, new Array(257).fill("a"), ["../x"]]) {
    assertEquals(await outcome(await sign({ ...GOOD, worlds })), "token-claims");
  }
});

Deno.test("a refresh token is refused, and so is a token of another kind by its header", async () => {
  for (const kind of ["refresh", "id", "", 1]) {
    assertEquals(await outcome(await sign({ ...GOOD, token_type: kind })), "token-type");
  }
  assertEquals(await outcome(await sign(without("token_type"))), "user:alice");
  for (const typ of ["JWT", "jwt", "at+jwt", "application/at+jwt"]) {
    assertEquals(await outcome(await sign(GOOD, undefined, { alg: "HS256", typ })), "user:alice");
  }
  for (const typ of ["logout+jwt", "dpop+jwt", "rt+jwt", ""]) {
    assertEquals(await outcome(await sign(GOOD, undefined, { alg: "HS256", typ })), "token-type");
  }
});

Deno.test("alg none is refused, with and without a signature, in any case of letters", async () => {
  const unsecured = new UnsecuredJWT(GOOD).encode();
  assertEquals(await outcome(unsecured), "token-algorithm");
  const [, payload, signature] = (await sign(GOOD)).split(".");
  for (const alg of ["none", "None", "NONE", "nOnE"]) {
    for (const tail of ["", signature]) {
      assertEquals(await outcome(`${part({ alg })}.${payload}.${tail}`), "token-algorithm");
    }
  }
  for (const header of [{}, { alg: null }, { alg: ["HS256"] }, { typ: "JWT" }]) {
    assertEquals(await outcome(`${part(header)}.${payload}.${signature}`), "wrong-token");
  }
});

Deno.test("a wrong signature is refused: another secret, a changed claim, a cut or longer signature", async () => {
  const token = await sign(GOOD);
  const [header, , signature] = token.split(".") as [string, string, string];
  const wrong = [
    await sign(GOOD, bytes(`${JWT_SECRET}x`)),
    `${header}.${part({ ...GOOD, role: "owner" })}.${signature}`,
    `${header}.${token.split(".")[1]}.`,
    token.slice(0, -4),
    `${token}AAAA`,
    `${token}.x`,
    "a.b.c",
    "..",
    "",
  ];
  for (const text of wrong) assertEquals(await outcome(text), "wrong-token", text);
  assertEquals(await outcome("x".repeat(8193)), "malformed");
});

Deno.test("a critical header that is not understood is refused", async () => {
  const [, payload, signature] = (await sign(GOOD)).split(".");
  assertEquals(
    await outcome(`${part({ alg: "HS256", crit: ["exp"], exp: 1 })}.${payload}.${signature}`),
    "wrong-token",
  );
  assertEquals(
    await outcome(`${part({ alg: "HS256", b64: false, crit: ["b64"] })}.${payload}.${signature}`),
    "wrong-token",
  );
});

for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
  Deno.test(`a token signed with ${alg} is checked with the public key of its kid`, async () => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const other = await generateKeyPair(alg, { extractable: true });
    const jwks = {
      keys: [
        { ...await exportJWK(other.publicKey), kid: "old", alg, use: "sig" },
        { ...await exportJWK(pair.publicKey), kid: "new", alg, use: "sig" },
      ],
    };
    const tokens = await Tokens.create(RULE, { jwks });
    assertEquals(await outcome(await sign(GOOD, pair.privateKey, { alg, kid: "new" }), tokens), "user:alice");
    // The kid names a key, not whether it fits.
    assertEquals(
      await outcome(await sign(GOOD, pair.privateKey, { alg, kid: "old" }), tokens),
      "wrong-token",
    );
    assertEquals(
      await outcome(await sign(GOOD, pair.privateKey, { alg, kid: "../../etc/passwd" }), tokens),
      "wrong-token",
    );
    const stranger = await generateKeyPair(alg);
    assertEquals(
      await outcome(await sign(GOOD, stranger.privateKey, { alg, kid: "new" }), tokens),
      "wrong-token",
    );
    assertEquals(
      await outcome(await sign({ ...GOOD, iss: "other" }, pair.privateKey, { alg, kid: "new" }), tokens),
      "token-issuer",
    );
  });
}

Deno.test("a public key is no secret: an HS256 token signed with it is refused, with a secret set up or without", async () => {
  const { publicKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const pem = await exportSPKI(publicKey);
  const onlyPublic = await Tokens.create(RULE, { jwks: { keys: [{ ...jwk, kid: "k" }] } });
  const both = await Tokens.create(RULE, { secret: JWT_SECRET, jwks: { keys: [{ ...jwk, kid: "k" }] } });
  for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk.n!]) {
    const token = await sign(GOOD, bytes(secret), { alg: "HS256", kid: "k" });
    assertEquals(await outcome(token, onlyPublic), "token-algorithm");
    assertEquals(await outcome(token, both), "wrong-token");
  }
  assertEquals(await outcome(await sign(GOOD), both), "user:alice");
});

Deno.test("a key that a token brings along is not believed", async () => {
  const mine = await generateKeyPair("ES256", { extractable: true });
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const tokens = await Tokens.create(RULE, { jwks: { keys: [{ ...await exportJWK(publicKey), kid: "k" }] } });
  const header = {
    alg: "ES256",
    kid: "k",
    jwk: await exportJWK(mine.publicKey),
    jku: "https://evil.example/jwks",
  };
  const token = await new SignJWT(GOOD).setProtectedHeader(header).sign(mine.privateKey);
  assertEquals(await outcome(token, tokens), "wrong-token");
});

Deno.test("another HMAC length is not taken, though the secret is the same", async () => {
  const long = bytes(JWT_SECRET.repeat(2));
  assertEquals(await outcome(await sign(GOOD, long, { alg: "HS512" })), "token-algorithm");
});

Deno.test("tokens come in a header or subprotocol; in the address only if that is switched on", async () => {
  using fixture = await authFixture(TOKENS);
  const token = await sign({ ...GOOD, exp: fixture.clock.now() / 1000 + 60 });
  for (const shown of [bearer(token), upgrade([`voxcast.token.${token}`])]) {
    assertEquals((await fixture.auth.ofRequest(shown, SOCKET))?.id, "user:alice");
  }
  assertEquals((await fixture.auth.ofMessage({ kind: "token", token }, PEER)).id, "user:alice");
  const inAddress = upgrade([], `/ws/render?auth_token=${token}`);
  assertEquals(await fixture.codeOfRequest(inAddress, SOCKET), "UNAUTHORIZED");
  using allowing = await authFixture({ ...TOKENS, allowQueryToken: true });
  assertEquals((await allowing.auth.ofRequest(inAddress, SOCKET))?.id, "user:alice");
  // No socket, no token in the address: pages and logs are full of addresses.
  assertEquals(
    await allowing.auth.ofRequest(request({}, `/api/worlds?auth_token=${token}`), PEER),
    undefined,
  );
  assertEquals(fixture.failures, { "query-token": 1 });
});

Deno.test("a user_id beside a token must be the token's own", async () => {
  using fixture = await authFixture({ ...TOKENS, allowQueryToken: true });
  const token = await sign({ ...GOOD, exp: fixture.clock.now() / 1000 + 60 });
  const path = (userId: string): string => `/ws/render?auth_token=${token}&client_id=c&user_id=${userId}`;
  assertEquals((await fixture.auth.ofRequest(upgrade([], path("alice")), SOCKET))?.id, "user:alice");
  assertEquals(await fixture.codeOfRequest(upgrade([], path("bob")), SOCKET), "UNAUTHORIZED");
  // Where no socket is asked for the query says nothing about who asks.
  const elsewhere = request({ authorization: `Bearer ${token}` }, "/api/worlds?user_id=bob");
  assertEquals((await fixture.auth.ofRequest(elsewhere, PEER))?.id, "user:alice");
  const beside = upgrade([`voxcast.token.${token}`], "/ws/render?user_id=bob");
  assertEquals(await fixture.codeOfRequest(beside, SOCKET), "UNAUTHORIZED");
  assertEquals(fixture.failures, { "user-mismatch": 2 });
});

Deno.test("refresh: a newer token is the same principal with a later end", async () => {
  using fixture = await authFixture(TOKENS);
  const nowSec = fixture.clock.now() / 1000;
  const first = await fixture.auth.ofMessage({
    kind: "token",
    token: await sign({ ...GOOD, exp: nowSec + 10 }),
  }, PEER);
  fixture.clock.advance(9000);
  const token = await sign({ ...GOOD, exp: nowSec + 100 });
  const second = await fixture.auth.ofMessage({ kind: "token", token }, PEER);
  assertEquals(second.id, first.id);
  assert(second.expiresAtMs! > first.expiresAtMs!);
  fixture.clock.advance(10_000);
  const old = await sign({ ...GOOD, exp: nowSec + 10 });
  assertEquals(await fixture.codeOfMessage({ kind: "token", token: old }), "AUTH_EXPIRED");
});

Deno.test("a key that looks like a token is still a key; without tokens set up a token is a wrong key", async () => {
  using fixture = await authFixture({ ...TOKENS, apiKey: "eyJhbGci.eyJzdWIi.c2ln" });
  assertEquals((await fixture.auth.ofRequest(bearer("eyJhbGci.eyJzdWIi.c2ln"), PEER))?.method, "api-key");
  using plain = await authFixture({ apiKey: KEY });
  assertEquals(await plain.codeOfRequest(bearer(await sign(GOOD))), "UNAUTHORIZED");
  assertEquals(
    await plain.codeOfMessage({ kind: "token", token: await sign(GOOD) }),
    "UNAUTHORIZED",
  );
  assertEquals(plain.failures, { "wrong-key": 1, "wrong-token": 1 });
});

Deno.test("what the command line signs is taken by a server of the same settings", async () => {
  const token = await signedToken({ subject: "bob", role: "moderator", worlds: ["main"], issuedAtMs: NOW });
  const { id, role, worlds } = await bySecret.check(token, NOW);
  assertEquals([id, role, worlds], ["user:bob", "moderator", new Set(["main"])]);
});

Deno.test("a token has one text: padding and other bits that mean nothing are refused", async () => {
  const token = await sign(GOOD);
  // 43 characters carry 258 bits of a signature of 256.
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet[alphabet.indexOf(token.at(-1)!) + 1]!;
  for (const text of [`${token.slice(0, -1)}${last}`, `${token}=`, `${token.slice(0, -1)}${last}=`]) {
    assertEquals(await outcome(text), "wrong-token", text);
  }
});

Deno.test("property: no text and no change to a token is taken or crashes", async () => {
  const token = await sign(GOOD);
  const change = fc.record({
    at: fc.nat(token.length - 1),
    by: fc.stringMatching(/^[\w.=-]{0,3}$/),
    cut: fc.nat(3),
  });
  const changed = change.map(({ at, by, cut }) => token.slice(0, at) + by + token.slice(at + cut));
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, fc.string({ maxLength: 200 })), async (text) => {
      const found = await outcome(text);
      if (text !== token) {
        assert(
          ["wrong-token", "token-algorithm", "token-type", "malformed"].includes(found),
          `${found}: ${text}`,
        );
      }
    }),
    { numRuns: runs(300) },
  );
});
