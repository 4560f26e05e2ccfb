import { assert, assertEquals, assertRejects } from "@std/assert";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { ConfigError } from "../../src/config/mod.ts";
import { readJwks } from "../../src/security/jwks_file.ts";
import { needs, testWith } from "../support/needs.ts";
import { authFixture, bearer, PEER } from "./auth_fixture.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });
const pair = await generateKeyPair("ES256", { extractable: true });
const publicJwk = await exportJWK(pair.publicKey);

async function withJwks(json: unknown, run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "voxcast_jwks_" });
  try {
    await Deno.writeTextFile(path, typeof json === "string" ? json : JSON.stringify(json));
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

async function problemOf(json: unknown): Promise<string> {
  let message = "";
  await withJwks(json, async (path) => {
    const error = await assertRejects(() => readJwks(path), ConfigError);
    assertEquals(error.problems.map(({ key, value }) => [key, value]), [["security.jwksFile", path]]);
    message = error.problems[0]!.message;
  });
  return message;
}

testWith(need, "a server takes tokens signed with a key of its JWKS file, and no others", async () => {
  await withJwks({ keys: [{ ...publicJwk, kid: "k1" }] }, async (jwksFile) => {
    using fixture = await authFixture({ jwksFile, jwtIssuer: "issuer", jwtAudience: "voxcast" });
    const sign = (key: CryptoKey): Promise<string> =>
      new SignJWT({ iss: "issuer", aud: "voxcast", sub: "alice", exp: fixture.clock.now() / 1000 + 60 })
        .setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(key);
    assertEquals((await fixture.auth.ofRequest(bearer(await sign(pair.privateKey)), PEER))?.id, "user:alice");
    const stranger = await generateKeyPair("ES256");
    assertEquals(
      await fixture.codeOfRequest(bearer(await sign(stranger.privateKey))),
      "UNAUTHORIZED",
    );
  });
});

testWith(need, "a private or symmetric key in the JWKS file is refused, and not shown", async () => {
  const priv = await exportJWK(pair.privateKey);
  for (const key of [priv, { kty: "oct", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQ", alg: "HS256" }] as JWK[]) {
    const message = await problemOf({ keys: [publicJwk, key] });
    assertEquals(message, "key 2 is private or symmetric; only public keys are taken");
  }
});

testWith(need, "what is no set of public keys for signing says which key is wrong and why", async () => {
  const weak = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const rsa = await crypto.subtle.exportKey("jwk", weak.publicKey);
  const cases: [unknown, string][] = [
    ["{", "is not valid JSON"],
    [{}, 'must be {"keys": [...]} with 1 to 64 keys'],
    [{ keys: [] }, 'must be {"keys": [...]} with 1 to 64 keys'],
    [{ keys: new Array(65).fill(publicJwk) }, 'must be {"keys": [...]} with 1 to 64 keys'],
    [{ keys: [5] }, "key 1 must be an object"],
    [{ keys: [{ ...publicJwk, use: "enc" }] }, 'key 1 has a use other than "sig"'],
    [
      { keys: [{ ...publicJwk, kid: "a" }, { ...publicJwk, kid: "a" }] },
      "key 2 has a kid that is no text, or that another key has",
    ],
    [{ keys: [{ ...publicJwk, alg: "ES384" }] }, "key 1 is for no algorithm that is taken"],
    [{ keys: [{ ...publicJwk, alg: "HS256" }] }, "key 1 is for no algorithm that is taken"],
    [{ keys: [{ ...publicJwk, x: "AAAA" }] }, "key 1 is no valid key for ES256"],
    [
      { keys: [{ kty: "EC", crv: "secp256k1", x: "AA", y: "AA" }] },
      "key 1 is for no algorithm that is taken",
    ],
    [
      { keys: [{ kty: "RSA", n: rsa.n, e: rsa.e }] },
      "key 1 is an RSA key of 1024 bits, at least 2048 are needed",
    ],
  ];
  for (const [json, words] of cases) {
    const message = await problemOf(json);
    assert(message.startsWith(words), message);
  }
});
