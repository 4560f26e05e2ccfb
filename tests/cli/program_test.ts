import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ExitCode, runCli } from "../../src/cli/mod.ts";
import { formatSettings, formatSettingsJson } from "../../src/cli/config_show.ts";
import { ALIASES, FIELDS, GROUP_TITLES, loadConfig } from "../../src/config/mod.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

async function run(...args: readonly string[]): Promise<{ code: ExitCode; out: string; error: string }> {
  const io = new MemoryIo();
  const code = await runCli(args, { io });
  return { code, out: io.outText, error: io.errorText };
}

testWith(need, "--version prints the version of deno.json and succeeds", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals(await run("--version"), { code: 0, out: `${version}\n`, error: "" });
});

Deno.test("--help lists every command and succeeds; so does help of each command", async () => {
  const { code, out } = await run("--help");
  assertEquals(code, 0);
  for (const command of ["serve", "import", "inspect", "snapshot", "load", "key", "token", "config"]) {
    assertMatch(out, new RegExp(`^  ${command} `, "m"));
    const help = await run(command, "--help");
    assertEquals(help.code, 0);
    assertStringIncludes(help.out, `Usage: voxcast ${command}`);
  }
});

Deno.test("help of serve has every setting under its group, with what is allowed and the default", async () => {
  const text = (await run("serve", "--help")).out;
  const flat = text.replaceAll(/\s+/g, " ");
  for (const title of Object.values(GROUP_TITLES)) assertMatch(text, new RegExp(`^${title}:$`, "m"));
  for (const field of FIELDS) {
    assertStringIncludes(flat, `${field.flag} <value> ${field.description}`);
    assertStringIncludes(flat, field.allowed);
  }
  assertStringIncludes(flat, "a whole number from 0 to 65535 (default 7090)");
  assert(text.split("\n").every((line) => line.length <= 80), "a line is wider than the terminal");
});

Deno.test("no command prints the help and counts as a wrong command line", async () => {
  const { code, error } = await run();
  assertEquals(code, 2);
  assertStringIncludes(error, "Usage: voxcast");
});

Deno.test("a misspelt command is refused with the nearest one", async () => {
  const { code, error } = await run("srve");
  assertEquals(code, 2);
  assertStringIncludes(error, "unknown command 'srve'");
  assertStringIncludes(error, "Did you mean serve?");
});

testWith(need, "serve lists all wrong flags at once and starts nothing", async () => {
  const { code, error, out } = await run(
    "serve",
    "--prot",
    "1",
    "--grid-depth=9",
    "--world-max",
    "-1",
    "--no-such",
    "--no-demmo",
  );
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(error, "5 problems");
  assertStringIncludes(error, "--prot (flag): is no setting; the nearest is --port");
  assertStringIncludes(error, "gridDepth = 9 (flag --grid-depth): must be a whole number from 3 to 8");
  assertStringIncludes(error, "worldMax = -1 (flag --world-max): must be above worldMin, which is 0");
  assertStringIncludes(error, "--no-such (flag)");
  assertStringIncludes(error, "--no-demmo (flag): is no setting; the nearest is --no-demo");
});

Deno.test("a flag without its value is refused", async () => {
  const { code, error } = await run("serve", "--port");
  assertEquals(code, 2);
  assertStringIncludes(error, "argument missing");
});

testWith(need, "config show prints each value with its origin, secrets masked", async () => {
  const key = ["--security-api-key", "a-long-enough-key", "--security-trust-proxy", "127.0.0.1"];
  const { code, out } = await run("config", "show", "--port=80", ...key);
  assertEquals(code, 0);
  const [settings, names] = out.trimEnd().split("\n\n");
  assertEquals(settings!.split("\n").length, FIELDS.length);
  assertEquals(names!.split("\n").length, ALIASES.length + 1);
  assertMatch(names!, /^MFN_API_KEY +security\.apiKey$/m);
  assertMatch(names!, /^MESSAGE_RETRY_INTERVAL +session\.ackRetryMs +in seconds$/m);
  assertMatch(out, /^port +80 +flag$/m);
  assertMatch(out, /^gridDepth +6 +default$/m);
  assertMatch(out, /^security\.redactSensitiveInfo +false +preset$/m);
  assertMatch(out, /^security\.apiKey +\*\*\* +flag$/m);
  assert(!out.includes("long-enough"));
});

testWith(need, "config show --json prints the same for machines", async () => {
  const { code, out } = await run("config", "show", "--json", "--streaming-lod-thresholds", "1,2,3");
  assertEquals(code, 0);
  const shown = JSON.parse(out);
  assertEquals(Object.keys(shown), FIELDS.map((field) => field.key as string));
  assertEquals(shown["streaming.lodThresholds"], { value: [1, 2, 3], origin: "flag" });
  assertEquals(shown["security.apiKey"], { value: null, origin: "default", aliases: ["MFN_API_KEY"] });
  const keys = [
    "--security-api-key",
    "a-long-enough-key",
    "--security-api-keys",
    "key-number-1,key-number-2",
  ];
  const secret = await run("config", "show", "--json", ...keys, "--security-trust-proxy=127.0.0.1");
  const masked = JSON.parse(secret.out);
  assertEquals(masked["security.apiKey"].value, "***");
  assertEquals(masked["security.apiKeys"].value, ["***", "***"]);
  assertEquals(masked["security.trustProxy"], { value: ["127.0.0.1"], origin: "flag" });
});

Deno.test("a value that came under another server's name is shown with that name", () => {
  const env = { MFN_API_KEYS: "key-number-1,key-number-2", MFN_ENV: "dev", RATE_LIMIT_MAX_REQUESTS: "99" };
  const loaded = loadConfig({
    env,
    flags: { "security.trustProxy": "127.0.0.1", "limits.httpRequests": 98 },
  });
  const text = formatSettings(loaded);
  assertMatch(text, /^security\.apiKeys +\["\*\*\*","\*\*\*"\] +environment MFN_API_KEYS$/m);
  assertMatch(text, /^preset +development +environment MFN_ENV$/m);
  assertMatch(text, /^limits\.httpRequests +98 +flag$/m);
  assert(!text.includes("key-number"));
  const shown = JSON.parse(formatSettingsJson(loaded));
  assertEquals(shown["preset"], {
    value: "development",
    origin: "environment",
    alias: "MFN_ENV",
    aliases: ["MFN_ENV"],
  });
  assertEquals(shown["limits.httpRequests"], {
    value: 98,
    origin: "flag",
    aliases: ["RATE_LIMIT_MAX_REQUESTS"],
  });
});

testWith(need, "config show refuses what serve refuses", async () => {
  assertEquals((await run("config", "show", "--port", "x")).code, 2);
  assertEquals((await run("config", "show", "--config", "no_such_file.json")).code, 2);
  const stray = await run("config", "show", "stray");
  assertEquals(stray.code, 2);
  assertStringIncludes(stray.error, "stray");
});
