import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ConfigError } from "../../src/config/mod.ts";
import { createLogger, seededRandom, silentLogger } from "../../src/observe/mod.ts";
import {
  formatKeysFile,
  loadKeysFile,
  MAX_KEYS,
  parseKeysFile,
  readKeysFile,
  writeKeysFile,
} from "../../src/security/keys_file.ts";
import { newKey, ROLES, type StoredKey } from "../../src/security/mod.ts";
import { hmacSha256, sha256 } from "../../src/security/sha256.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { runs } from "../support/runs.ts";
import { authFixture, bearer, PEER, request, SOCKET, upgrade, withoutProof } from "./auth_fixture.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });
const clock = new ManualClock();
const random = seededRandom(3);

const GOOD = {
  id: "backup",
  role: "viewer",
  worlds: ["a"],
  sha256: "ab".repeat(32),
  // deno-lint-ignore camelcase
  created_at: "2026-01-01T00:00:00Z",
};

function fileOf(...keys: readonly unknown[]): string {
  return JSON.stringify({ version: 1, keys });
}

function problemsOf(text: string): string[] {
  return assertThrows(() => parseKeysFile(text, "keys.json"), ConfigError).problems.map(({ message }) =>
    message
  );
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "voxcast_keys_" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an entry is read with all its members", () => {
  const [key] = parseKeysFile(
    fileOf({ ...GOOD, expires_at: "2027-01-01T00:00:00.5Z", signing_secret: "0123456789abcdef" }),
    "keys.json",
  );
  assertEquals(key, {
    id: "backup",
    role: "viewer",
    worlds: new Set(["a"]),
    hash: new Uint8Array(32).fill(0xab),
    createdAtMs: Date.UTC(2026, 0, 1),
    expiresAtMs: Date.UTC(2027, 0, 1) + 500,
    signingSecret: "0123456789abcdef",
  });
});

Deno.test("a broken file says which entry is wrong, and what was expected, for all of them at once", () => {
  assertEquals(
    problemsOf(fileOf(GOOD, { ...GOOD, id: "x y", role: "admin" }, 5, { ...GOOD, worlds: ["A"] })),
    [
      "entry 2: id must be 1 to 64 letters, digits, _ or -",
      "entry 2: role must be one of viewer, participant, moderator, owner",
      "entry 3 must be an object",
      'entry 4 (backup): worlds must be "all" or an array of up to 256 names of worlds',
    ],
  );
  for (
    const [member, value] of [
      ["sha256", "ab"],
      ["sha256", undefined],
      ["created_at", "yesterday"],
      ["created_at", "2026-13-01T00:00:00Z"],
      ["expires_at", null],
      ["expires_at", 5],
      ["signing_secret", "short"],
    ] as const
  ) {
    const [message] = problemsOf(fileOf({ ...GOOD, [member]: value }));
    assert(message?.startsWith(`entry 1 (backup): ${member} must be `), message);
  }
});

Deno.test("a misspelt member is refused: a key whose end is not read would never end", () => {
  const [message] = problemsOf(fileOf({ ...GOOD, expire_at: "2026-01-01T00:00:00Z" }));
  assert(message?.startsWith("entry 1 (backup) has members other than id, role, worlds, "), message);
});

Deno.test("what is no keys file, or of another version, or too long is refused; its text is never quoted", () => {
  for (
    const text of ["[]", "null", "3", '{"keys":[]}', '{"version":2,"keys":[]}', '{"version":1,"keys":{}}']
  ) {
    assertEquals(problemsOf(text), ['must be {"version": 1, "keys": [...]}']);
  }
  const secret = "vox_this_must_not_be_shown";
  const error = assertThrows(() => parseKeysFile(`{"version":1,\n "${secret}`, "keys.json"), ConfigError);
  assert(error.message.includes("is not valid JSON") && error.message.includes("keys.json"));
  assert(!error.message.includes(secret));
  const wrong = assertThrows(
    () => parseKeysFile(fileOf({ ...GOOD, sha256: secret, signing_secret: `${secret} ` }), "k"),
    ConfigError,
  );
  assert(!wrong.message.includes(secret));
  assertEquals(problemsOf(fileOf(...new Array(MAX_KEYS + 1).fill(GOOD))), [
    `has ${MAX_KEYS + 1} keys, at most ${MAX_KEYS} are taken`,
  ]);
});

testWith(
  need,
  "a written file can be opened by its owner alone, and replaces the old one as a whole",
  async () => {
    await withFolder(async (folder) => {
      const path = `${folder}/keys.json`;
      assertEquals(await loadKeysFile(path), []);
      const { stored } = newKey({ role: "owner", worlds: "all", signing: true, ttlMs: 1000 }, {
        clock,
        random,
      });
      await writeKeysFile(path, []);
      await Deno.chmod(path, 0o644);
      await writeKeysFile(path, [stored]);
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      assertEquals(await loadKeysFile(path), [stored]);
      assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["keys.json"]);
    });
  },
);

testWith(need, "a server warns of a keys file that others may open, and reads it", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/keys.json`;
    const lines: string[] = [];
    const logger = createLogger({ level: "warn", format: "text", write: (line) => lines.push(line), clock });
    await writeKeysFile(path, []);
    await readKeysFile(path, logger);
    assertEquals(lines, []);
    await Deno.chmod(path, 0o640);
    await readKeysFile(path, logger);
    assertEquals([lines.length, lines[0]?.includes("auth.keys_file_open"), lines[0]?.includes("mode=640")], [
      1,
      true,
      true,
    ]);
  });
});

testWith(need, "a file that is absent, a folder, too large, or no JSON is refused by its name", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/large.json`, " ".repeat(1_048_577));
    await Deno.writeTextFile(`${folder}/broken.json`, "{");
    for (
      const [name, words] of [
        ["absent.json", "there is no such file"],
        ["", "is no file"],
        ["large.json", "has 1048577 bytes, at most 1048576 are taken"],
        ["broken.json", "is not valid JSON"],
      ] as const
    ) {
      const error = await assertRejects(() => readKeysFile(`${folder}/${name}`, silentLogger), ConfigError);
      assert(error.message.includes(words) && error.message.includes(`${folder}/${name}`), error.message);
    }
  });
});

testWith(need, "keys of a file open what they say, alone and with a signature, until they end", async () => {
  await withFolder(async (folder) => {
    const keysFile = `${folder}/keys.json`;
    const made = newKey({
      id: "robot",
      role: "participant",
      worlds: new Set(["a"]),
      signing: true,
      ttlMs: 60_000,
    }, { clock, random });
    await writeKeysFile(keysFile, [made.stored]);
    using fixture = await authFixture({ keysFile });
    const { auth } = fixture;
    const expected = {
      id: "key:robot",
      role: "participant",
      worlds: new Set(["a"]),
      expiresAtMs: clock.now() + 60_000,
    } as const;
    assertEquals(withoutProof(await auth.ofRequest(bearer(made.key), PEER)), {
      ...expected,
      method: "api-key",
    });
    const sign = (nonce: string): string => {
      const text = `robot.${fixture.clock.now()}.${nonce}`;
      return `${text}.${hmacSha256(made.stored.signingSecret!, text).toHex()}`;
    };
    const header = sign("nonce-0001");
    const signed = await auth.ofRequest(request({ authorization: `Voxcast ${header}` }), PEER);
    assertEquals(withoutProof(signed), {
      ...expected,
      method: "hmac",
    });
    assertEquals(
      await fixture.codeOfRequest(request({ authorization: `Voxcast ${header}` })),
      "UNAUTHORIZED",
    );
    assertEquals(
      (await auth.ofRequest(upgrade([`voxcast.signed.${sign("nonce-0002")}`]), SOCKET))?.method,
      "hmac",
    );
    assertEquals(await fixture.codeOfRequest(bearer(made.stored.signingSecret!)), "UNAUTHORIZED");
    assertEquals(
      await fixture.codeOfRequest(bearer(made.stored.hash.toHex()), { address: "192.0.2.9" }),
      "UNAUTHORIZED",
    );
    fixture.clock.advance(60_000);
    assertEquals(await fixture.codeOfRequest(bearer(made.key)), "AUTH_EXPIRED");
  });
});

testWith(
  need,
  "two keys of one id, or one key twice, are refused; a file without keys lets nobody in",
  async () => {
    await withFolder(async (folder) => {
      const keysFile = `${folder}/keys.json`;
      const entry = { ...GOOD, sha256: sha256("the-key-itself").toHex() };
      await Deno.writeTextFile(
        keysFile,
        fileOf(entry, { ...entry, sha256: "cd".repeat(32) }, { ...entry, id: "other" }),
        { mode: 0o600 },
      );
      const error = await assertRejects(() => authFixture({ keysFile }), ConfigError);
      assertEquals(error.problems.map(({ message }) => message), [
        "has the id backup twice, or it is one of the configuration's",
        "key other is the same key as backup",
      ]);
      await writeKeysFile(keysFile, []);
      using fixture = await authFixture({ keysFile });
      assertEquals(fixture.auth.isOpen, false);
      assertEquals(await fixture.auth.ofRequest(request({}), { address: "127.0.0.1" }), undefined);
    });
  },
);

Deno.test("a new key has 258 random bits, a name to be known by, and leaves only its hash", () => {
  const made = newKey({ role: "viewer", worlds: "all", signing: false }, { clock, random });
  assert(/^vox_[0-9a-z]{50}$/.test(made.key) && /^[0-9a-z]{8}$/.test(made.stored.id));
  assertEquals(made.stored.hash, sha256(made.key));
  assert(!formatKeysFile([made.stored]).includes(made.key.slice(4)));
  assertEquals([made.stored.signingSecret, made.stored.expiresAtMs], [undefined, undefined]);
});

Deno.test("property: every list of keys survives being written and read", () => {
  const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const key = fc.record({
    id: fc.stringMatching(/^[\w-]{1,64}$/),
    role: fc.constantFrom(...ROLES),
    worlds: fc.oneof(
      fc.constant("all" as const),
      fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/), { maxLength: 5 }),
    ),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    createdAtMs: time,
    expiresAtMs: fc.option(time, { nil: undefined }),
    signingSecret: fc.option(fc.stringMatching(/^[\x21-\x7e]{16,256}$/), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 5 }), (keys) => {
      const stored = keys.map(({ worlds, expiresAtMs, signingSecret, ...rest }): StoredKey => ({
        ...rest,
        worlds: worlds === "all" ? worlds : new Set(worlds),
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
        ...(signingSecret === undefined ? {} : { signingSecret }),
      }));
      assertEquals(parseKeysFile(formatKeysFile(stored), "keys.json"), stored);
    }),
    { numRuns: runs(100) },
  );
});
