import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeJwt } from "jose";
import { readDurationSec } from "../../src/cli/duration.ts";
import { type ExitCode, runCli } from "../../src/cli/mod.ts";
import { Tokens } from "../../src/security/tokens.ts";
import { JWT_SECRET, TOKENS } from "../security/auth_fixture.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "tmp" }, { write: "tmp" });

/** Runs `token ARGS` with a settings file. */
async function token(
  security: Record<string, unknown>,
  ...args: readonly string[]
): Promise<{ code: ExitCode; out: string; error: string }> {
  const config = await Deno.makeTempFile({ prefix: "voxcast_token_cli_", suffix: ".json" });
  try {
    await Deno.writeTextFile(config, JSON.stringify({ security }));
    const io = new MemoryIo();
    const code = await runCli(["token", ...args, "--config", config], { io });
    return { code, out: io.outText, error: io.errorText };
  } finally {
    await Deno.remove(config);
  }
}

const SETTINGS = TOKENS;
const tokens = await Tokens.create({ issuer: "issuer", audience: "voxcast", leewaySec: 0 }, {
  secret: JWT_SECRET,
});

testWith(
  need,
  "token prints a token alone, and a server of the same settings takes it for what it says",
  async () => {
    const { code, out, error } = await token(
      SETTINGS,
      "--subject",
      "bob",
      "--role",
      "participant",
      "--world",
      "a",
      "--ttl",
      "5m",
    );
    assertEquals(code, 0, error);
    assertMatch(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    assertStringIncludes(error, "Token for bob: role participant, worlds a, until ");
    assert(!error.includes(out.trim()));
    const principal = await tokens.check(out.trim(), Date.now());
    assertEquals([principal.id, principal.role, principal.worlds], [
      "user:bob",
      "participant",
      new Set(["a"]),
    ]);
    const { iat, exp } = decodeJwt(out.trim());
    assertEquals(exp! - iat!, 300);
  },
);

testWith(need, "token without options is a viewer's for an hour, in all worlds", async () => {
  const { out } = await token(SETTINGS);
  const principal = await tokens.check(out.trim(), Date.now());
  assertEquals([principal.id, principal.role, principal.worlds], ["user:cli", "viewer", "all"]);
  const { iat, exp } = decodeJwt(out.trim());
  assertEquals(exp! - iat!, 3600);
});

testWith(
  need,
  "token needs the settings that servers check it with, and wrong options say what is taken",
  async () => {
    const bare = await token({});
    assertEquals([bare.code, bare.out], [2, ""]);
    assertStringIncludes(bare.error, "security.jwtSecret");
    assertStringIncludes(bare.error, "must be set to sign tokens");
    for (
      const [args, words] of [
        [["--role", "boss"], "--role must be one of"],
        [["--subject", "a\u202eb"], "--subject must be 1 to 128 visible characters"],
        [["--subject", ""], "--subject must be"],
        [["--ttl", "x"], "--ttl must be a time such as"],
        [["--world", "/"], "--world must be"],
      ] as const
    ) {
      const { code, out, error } = await token(SETTINGS, ...args);
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(error, words);
      assert(!error.includes(JWT_SECRET));
    }
  },
);

Deno.test("times are read in seconds, minutes, hours and days", () => {
  const read = (text: string): number => readDurationSec(text, "--ttl");
  assertEquals(["1", "90s", "15m", "12h", "30d"].map(read), [1, 90, 900, 43_200, 2_592_000]);
});
