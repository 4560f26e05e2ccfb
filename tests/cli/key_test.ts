import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ExitCode, runCli } from "../../src/cli/mod.ts";
import { unusedKeysHint } from "../../src/cli/default_keys_file.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { silentLogger } from "../../src/observe/mod.ts";
import { readKeysFile } from "../../src/security/keys_file.ts";
import { authFixture, bearer, PEER, withoutProof } from "../security/auth_fixture.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });

interface Run {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
}

async function run(...args: readonly string[]): Promise<Run> {
  const io = new MemoryIo();
  const code = await runCli(args, { io });
  return { code, out: io.outText, error: io.errorText };
}

/** Runs `key ARGS --file FILE` with a file of its own. */
async function withFile(
  test: (key: (...args: readonly string[]) => Promise<Run>, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "voxcast_key_cli_" });
  const path = `${folder}/new/keys.json`;
  try {
    await test((...args) => run("key", ...args, "--file", path), path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(need, "key new prints the key once and alone, writes its hash, and a server takes it", async () => {
  await withFile(async (key, path) => {
    const { code, out, error } = await key(
      "new",
      "--id",
      "robot",
      "--role",
      "moderator",
      "--world",
      "a",
      "b",
    );
    assertEquals(code, 0);
    assertMatch(out, /^vox_[0-9a-z]{50}\n$/);
    assertStringIncludes(error, "Key robot: role moderator, worlds a, b, no end");
    assertStringIncludes(
      error,
      `with VOXCAST_SECURITY_KEYS_FILE=${path} (or --security-keys-file ${path})\n`,
    );
    assert(!error.includes(out.trim()));
    const text = await Deno.readTextFile(path);
    assert(!text.includes(out.trim()) && !text.includes("signing_secret"));
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    using fixture = await authFixture({ keysFile: path });
    assertEquals(withoutProof(await fixture.auth.ofRequest(bearer(out.trim()), PEER)), {
      id: "key:robot",
      method: "api-key",
      role: "moderator",
      worlds: new Set(["a", "b"]),
    });
  });
});

testWith(
  need,
  "key new without options is a viewer's key for all worlds; with --ttl it ends, with --signing it signs",
  async () => {
    await withFile(async (key, path) => {
      assertStringIncludes((await key("new")).error, "role viewer, all worlds, no end");
      const signing = await key("new", "--id", "b", "--signing", "--ttl", "30d");
      assertMatch(signing.out, /^vox_\w{50}\nvoxsign_\w{50}\n$/);
      const [, second] = await readKeysFile(path, silentLogger);
      assertEquals(second?.expiresAtMs, second!.createdAtMs + 30 * 86_400_000);
      assertEquals(second?.signingSecret, signing.out.split("\n")[1]);
    });
  },
);

testWith(need, "key list shows what is known of each key, and neither hashes nor secrets", async () => {
  await withFile(async (key, path) => {
    assertStringIncludes((await key("list")).error, "has no keys; voxcast key new makes one");
    await key("new", "--id", "a", "--world", "x");
    const { out } = await key("new", "--id", "b", "--signing", "--ttl", "1s");
    const list = await key("list");
    assertMatch(list.out, /^ID +ROLE +WORLDS +SIGNS +CREATED +ENDS\n/);
    assertMatch(list.out, /\na +viewer +x +no +\S+Z +never\n/);
    const json = await key("list", "--json");
    const shown = JSON.parse(json.out);
    assertEquals(shown.map((one: { id: string }) => one.id), ["a", "b"]);
    assertEquals([shown[0].worlds, shown[0].expires_at, shown[1].signing], [["x"], null, true]);
    const [stored] = await readKeysFile(path, silentLogger);
    for (const secret of [...out.trim().split("\n"), stored!.hash.toHex()]) {
      assert(!(list.out + json.out).includes(secret));
    }
  });
});

testWith(need, "key remove takes one key out and leaves the others", async () => {
  await withFile(async (key) => {
    for (const id of ["a", "b", "c"]) await key("new", "--id", id);
    const removed = await key("remove", "b");
    assertEquals([removed.code, removed.out], [0, ""]);
    assertStringIncludes(removed.error, "a running server takes it until its next start");
    assertEquals(JSON.parse((await key("list", "--json")).out).map((one: { id: string }) => one.id), [
      "a",
      "c",
    ]);
    const absent = await key("remove", "b");
    assertEquals(absent.code, 2);
    assertStringIncludes(absent.error, "has no key b; voxcast key list shows all");
  });
});

testWith(need, "wrong options say what is taken, and write nothing", async () => {
  await withFile(async (key, path) => {
    for (
      const [args, words] of [
        [["--role", "boss"], "--role must be one of viewer, participant, moderator, owner"],
        [["--id", "a.b"], "--id must be 1 to 64 letters, digits, _ or -"],
        [
          ["--world", "A"],
          '--world must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, got "A"',
        ],
        [["--ttl", "soon"], "--ttl must be a time such as 90s, 15m, 12h or 30d"],
        [["--ttl", "0"], "--ttl must be a time"],
        [["--ttl", "9999d"], "at most 3660d"],
        [["--no-such"], "unknown option '--no-such'"],
      ] as const
    ) {
      const { code, error } = await key("new", ...args);
      assertEquals(code, 2, error);
      assertStringIncludes(error, words);
    }
    await key("new", "--id", "a");
    assertStringIncludes((await key("new", "--id", "a")).error, "has a key a already");
    await Deno.writeTextFile(path, "{}");
    for (const command of [["new"], ["list"], ["remove", "a"]]) {
      const { code, error } = await key(...command);
      assertEquals(code, 2);
      assertStringIncludes(error, `${path} (file): must be {"version": 1, "keys": [...]}`);
    }
    assertEquals(await Deno.readTextFile(path), "{}");
  });
});

testWith(need, "the keys file is the setting's, if there is one", async () => {
  await withFile(async (_, path) => {
    const folder = path.slice(0, path.lastIndexOf("/new/"));
    const config = `${folder}/voxcast.json`;
    await Deno.writeTextFile(
      config,
      JSON.stringify({ security: { keysFile: path, trustProxy: ["127.0.0.1"] } }),
    );
    const made = await run("key", "new", "--id", "a", "--config", config);
    assertEquals(made.code, 0, made.error);
    assertStringIncludes(made.error, "A server takes it from its next start on\n");
    assertStringIncludes((await run("key", "list", "--config", config)).out, "\na   viewer  all");
  });
});

testWith(
  need,
  "a server that does not take the keys that were made is told so, and how to take them",
  async () => {
    await withFile(async (key, path) => {
      const hint = (keysFile?: string) => {
        const flags = keysFile === undefined
          ? {}
          : { "security.keysFile": keysFile, "security.trustProxy": "::1" };
        return unusedKeysHint(loadConfig({ env: {}, flags }).config, path);
      };
      assertEquals(await hint(), undefined);
      await key("new", "--id", "robot");
      assertEquals(
        await hint(),
        `${path} has 1 key that this server does not take; to have it do so: ` +
          `VOXCAST_SECURITY_KEYS_FILE=${path} (or --security-keys-file ${path})`,
      );
      assertEquals(await hint("other.json"), undefined);
      await key("remove", "robot");
      assertEquals(await hint(), undefined);
      await Deno.writeTextFile(path, "no keys");
      assertEquals(await hint(), undefined);
    });
  },
);
