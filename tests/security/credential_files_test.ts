import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { seededRandom } from "../../src/observe/mod.ts";
import { formatKeysFile } from "../../src/security/keys_file.ts";
import {
  CREDENTIAL_LOOK_MS,
  CredentialWatch,
  type NewKey,
  newKey,
  type NewKeyOptions,
  type Principal,
} from "../../src/security/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { type AuthFixture, authFixture, bearer, KEY, PEER, SOCKET, upgrade } from "./auth_fixture.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });
const random = seededRandom(11);

function made(id: string, options: Partial<NewKeyOptions> = {}): NewKey {
  const usual = { id, role: "viewer", worlds: "all", signing: false } as const;
  return newKey({ ...usual, ...options }, { clock: new ManualClock(), random });
}

/** A file of keys, and an authenticator that goes by it. */
async function withKeys(
  keys: readonly NewKey[],
  run: (fixture: AuthFixture, write: (text: string | readonly NewKey[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  const keysFile = await Deno.makeTempFile({ prefix: "voxcast_keys_" });
  const write = (text: string | readonly NewKey[]) =>
    Deno.writeTextFile(
      keysFile,
      typeof text === "string" ? text : formatKeysFile(text.map(({ stored }) => stored)),
    );
  try {
    await Deno.chmod(keysFile, 0o600);
    await write(keys);
    using fixture = await authFixture({ apiKey: KEY, keysFile });
    await run(fixture, write);
  } finally {
    await Deno.remove(keysFile).catch(() => {});
  }
}

async function principalOf({ auth }: AuthFixture, key: string): Promise<Principal> {
  return (await auth.ofRequest(bearer(key), PEER))!;
}

/** Events of the log that tell of keys. */
function events({ lines }: AuthFixture): string[] {
  return lines.map((line) => /auth\.keys_\w+/.exec(line)?.[0]).filter((event) => event !== undefined);
}

testWith(
  need,
  "keys that come into the file are taken, and those that go are not, nor whoever came by them",
  async () => {
    const [stays, goes, comes] = [made("stays"), made("goes"), made("comes")];
    await withKeys([stays, goes], async (fixture, write) => {
      const { auth } = fixture;
      const before = [
        await principalOf(fixture, KEY),
        await principalOf(fixture, stays.key),
        await principalOf(fixture, goes.key),
      ];
      const { ticket } = auth.issueTicket(before[2]!, {});
      await write([stays, comes]);
      assertEquals(before.map((principal) => auth.isCurrent(principal)), [true, true, true]);
      await auth.reload();
      assertEquals(before.map((principal) => auth.isCurrent(principal)), [true, true, false]);
      assertEquals((await principalOf(fixture, comes.key)).id, "key:comes");
      assertEquals(await fixture.codeOfRequest(bearer(goes.key)), "UNAUTHORIZED");
      assertEquals(
        await fixture.codeOfRequest(upgrade([`voxcast.ticket.${ticket}`]), SOCKET),
        "AUTH_EXPIRED",
        "nor does a ticket that it got before",
      );
      assertEquals(events(fixture), ["auth.keys_reloaded"]);
      assertStringIncludes(fixture.lines.join("\n"), '["goes","comes"]');
      for (const { key } of [stays, goes, comes]) assert(!fixture.lines.join("\n").includes(key));
    });
  },
);

testWith(
  need,
  "a key of the same id that is another, or may do other things, ends those who came by it",
  async () => {
    const old = made("robot", { role: "participant", worlds: new Set(["a", "b"]), signing: true });
    const others: readonly (readonly [string, NewKey])[] = [
      ["another key", made("robot", { role: "participant", worlds: new Set(["a", "b"]) })],
      ["role", { key: old.key, stored: { ...old.stored, role: "viewer" } }],
      ["worlds", { key: old.key, stored: { ...old.stored, worlds: new Set(["a"]) } }],
      ["end", { key: old.key, stored: { ...old.stored, expiresAtMs: Date.UTC(2030, 0) } }],
      ["secret", { key: old.key, stored: { ...old.stored, signingSecret: "another-secret-to-sign-with" } }],
    ];
    for (const [what, other] of others) {
      await withKeys([old], async (fixture, write) => {
        const principal = await principalOf(fixture, old.key);
        await write([{
          key: old.key,
          stored: { ...old.stored, worlds: new Set(["b", "a"]), createdAtMs: 0 },
        }]);
        await fixture.auth.reload();
        assert(fixture.auth.isCurrent(principal), "the same, written otherwise");
        await write([other]);
        await fixture.auth.reload();
        assert(!fixture.auth.isCurrent(principal), what);
        assert(fixture.auth.isCurrent(await principalOf(fixture, other.key)), what);
      });
    }
  },
);

testWith(need, "a file that cannot be used is logged once, and the keys of before hold on", async () => {
  const [robot, other] = [made("robot"), made("other")];
  await withKeys([robot], async (fixture, write) => {
    const { auth } = fixture;
    const principal = await principalOf(fixture, robot.key);
    const wrong = [`{"version": 1, "keys": [{"id": "robot", "sha256": "${robot.key}"}]}`, "{", ""];
    for (const [i, text] of wrong.entries()) {
      await write(text);
      for (let look = 0; look < 3; look++) await auth.reload();
      assertEquals(events(fixture).length, i + 1);
      assert(auth.isCurrent(principal));
      assertEquals((await principalOf(fixture, robot.key)).id, "key:robot");
    }
    assertEquals(new Set(events(fixture)), new Set(["auth.keys_not_reloaded"]));
    assert(!fixture.lines.join("\n").includes(robot.key), "what a file holds is quoted nowhere");
    await write([other]);
    await auth.reload();
    assertEquals(events(fixture).at(-1), "auth.keys_reloaded");
    assert(!auth.isCurrent(principal));
  });
});

testWith(
  need,
  "a file that is gone is logged, and the keys of before hold on until it is there again",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "voxcast_keys_" });
    try {
      const [keysFile, robot] = [`${folder}/keys.json`, made("robot")];
      const write = () => Deno.writeTextFile(keysFile, formatKeysFile([robot.stored]), { mode: 0o600 });
      await write();
      using fixture = await authFixture({ keysFile });
      const principal = await principalOf(fixture, robot.key);
      await Deno.remove(keysFile);
      await fixture.auth.reload();
      assertEquals(events(fixture), ["auth.keys_not_reloaded"]);
      assertStringIncludes(fixture.lines.join("\n"), "there is no such file");
      assert(fixture.auth.isCurrent(principal));
      await write();
      await fixture.auth.reload();
      assertEquals(events(fixture), ["auth.keys_not_reloaded", "auth.keys_reloaded"]);
      assert(fixture.auth.isCurrent(principal), "it is the same key");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  need,
  "a public key that goes out of its set ends those whom it proved, and those whose token named none",
  async () => {
    const jwksFile = await Deno.makeTempFile({ prefix: "voxcast_jwks_" });
    try {
      const pairs = [
        await generateKeyPair("ES256", { extractable: true }),
        await generateKeyPair("ES256", { extractable: true }),
      ];
      const jwks: JWK[] = await Promise.all(
        pairs.map(async ({ publicKey }, i) => ({ ...await exportJWK(publicKey), kid: `k${i}` })),
      );
      const write = (keys: readonly JWK[]) => Deno.writeTextFile(jwksFile, JSON.stringify({ keys }));
      await write([jwks[0]!]);
      using fixture = await authFixture({ jwksFile, jwtIssuer: "issuer", jwtAudience: "voxcast" });
      const { auth } = fixture;
      const token = (i: number, kid: { kid?: string } = { kid: `k${i}` }) =>
        new SignJWT({ iss: "issuer", aud: "voxcast", sub: `user-${i}`, exp: fixture.clock.now() / 1000 + 60 })
          .setProtectedHeader({ alg: "ES256", ...kid }).sign(pairs[i]!.privateKey);
      const first = await principalOf(fixture, await token(0));
      const unnamed = await principalOf(fixture, await token(0, {}));
      await write(jwks);
      await auth.reload();
      const second = await principalOf(fixture, await token(1));
      const current = () => [first, second, unnamed].map((principal) => auth.isCurrent(principal));
      assertEquals(current(), [true, true, true], "one that is added ends nobody");
      await write([jwks[1]!]);
      await auth.reload();
      assertEquals(current(), [false, true, false]);
      assertEquals(await fixture.codeOfRequest(bearer(await token(0))), "UNAUTHORIZED");
      const again = await principalOf(fixture, await token(1, {}));
      assert(auth.isCurrent(again), "who comes again with a good token stays");
      await write([{ ...jwks[0]!, kid: "k1" }]);
      await auth.reload();
      assertEquals(current(), [false, false, false], "another key under the same name is another key");
    } finally {
      await Deno.remove(jwksFile);
    }
  },
);

Deno.test("files are looked at every two seconds, never twice at a time, until the end", async () => {
  const clock = new ManualClock();
  const looks: PromiseWithResolvers<void>[] = [];
  const watch = new CredentialWatch(() => {
    looks.push(Promise.withResolvers());
    return looks.at(-1)!.promise;
  }, clock);
  await clock.advanceAsync(CREDENTIAL_LOOK_MS - 1);
  assertEquals(looks.length, 0);
  await clock.advanceAsync(10 * CREDENTIAL_LOOK_MS);
  assertEquals(looks.length, 1, "the first look has not ended");
  looks[0]!.resolve();
  await clock.advanceAsync(0);
  await clock.advanceAsync(CREDENTIAL_LOOK_MS);
  assertEquals(looks.length, 2);
  watch[Symbol.dispose]();
  looks[1]!.resolve();
  await clock.advanceAsync(10 * CREDENTIAL_LOOK_MS);
  assertEquals([looks.length, clock.pending], [2, 0]);
});
