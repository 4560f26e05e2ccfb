import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ALIASES, ConfigError, configValue, FIELDS, loadConfig } from "../../src/config/mod.ts";

const KEY = "a-long-enough-key";
const PROXY = { "security.trustProxy": "127.0.0.1" };

/** What a credential, where one is given, needs beside it. */
function besides(env: Record<string, string>): Record<string, unknown> {
  return Object.values(env).some((value) => value.includes(KEY)) ? PROXY : {};
}

function load(env: Record<string, string>, flags: Record<string, unknown> = besides(env)) {
  return loadConfig({ env, flags });
}

function problemsOf(env: Record<string, string>, flags: Record<string, unknown> = besides(env)) {
  const { problems } = assertThrows(() => load(env, flags), ConfigError);
  return problems.map(({ key, place, message }) => ({ key, place, message }));
}

Deno.test("each name of another server sets its setting, and is told as where the value came from", () => {
  const given: Record<string, [text: string, value: unknown]> = {
    MFN_API_KEY: [KEY, KEY],
    MFN_API_KEYS: ["key-number-1, key-number-2", ["key-number-1", "key-number-2"]],
    MFN_API_KEY_REQUIRED: ["true", true],
    MFN_ENV: ["staging", "production"],
    MFN_CORS_ORIGINS: ["https://app.example.com", ["https://app.example.com"]],
    RATE_LIMIT_MAX_REQUESTS: ["77", 77],
    RATE_LIMIT_WINDOW_SECONDS: ["30", 30],
    MESSAGE_QUEUE_SIZE: ["500", 500],
    MESSAGE_RETRY_INTERVAL: ["2.5", 2500],
    METRICS_SAMPLE_SIZE: ["200", 200],
    LATENCY_TRACKING_ENABLED: ["false", false],
  };
  assertEquals(ALIASES.map(({ name }) => name), Object.keys(given));
  for (const { name, key } of ALIASES) {
    const [text, value] = given[name]!;
    // What needs a credential is given another one than the alias itself.
    const { config, origins, aliases } = load({ [name]: text }, {
      ...PROXY,
      "security.keysFile": "keys.json",
    });
    assertEquals(configValue(config, key), value, name);
    assertEquals([origins.get(key), aliases.get(key)], ["environment", name]);
    assertEquals(aliases.size, 1);
    const overridden = load({ [name]: text }, { ...PROXY, "security.keysFile": "keys.json", [key]: value });
    assertEquals([overridden.origins.get(key), overridden.aliases.size], ["flag", 0]);
  }
});

Deno.test("no alias has a name of ours, and each sets a setting that there is", () => {
  for (const { name, key } of ALIASES) {
    assert(FIELDS.every(({ variable }) => variable !== name));
    assert(FIELDS.some((field) => field.key === key));
  }
});

Deno.test("MFN_ENV is taken in the words of its own server, and nothing unknown falls back to development", () => {
  const presetOf = (word: string) => load({ MFN_ENV: word, MFN_API_KEY: KEY }).config.preset;
  assertEquals(["dev", "development", "DEV", " dev "].map(presetOf), Array(4).fill("development"));
  assertEquals(
    ["staging", "prod", "production", "PROD", "Production"].map(presetOf),
    Array(5).fill("production"),
  );
  for (const word of ["testing", "test", "", "live", "production1", "default"]) {
    assertEquals(problemsOf({ MFN_ENV: word }), [{
      key: "preset",
      place: "environment MFN_ENV",
      message: "must be one of dev, development, staging, prod, production",
    }]);
  }
  assertEquals(problemsOf({ MFN_ENV: "prod" }).map(({ key }) => key), ["security.apiKey"]);
});

Deno.test("MESSAGE_RETRY_INTERVAL is in seconds, exactly", () => {
  const retryMs = (text: string) => load({ MESSAGE_RETRY_INTERVAL: text }).config.session.ackRetryMs;
  for (
    const [text, ms] of [["5", 5000], ["0.57", 570], ["0.01", 10], [".29", 290], ["30.", 30000]] as const
  ) {
    assertEquals(retryMs(text), ms);
  }
  for (const text of ["0", "-1", "601", "five", "", "0.0105", "1e1", "5s"]) {
    const [problem, ...more] = problemsOf({ MESSAGE_RETRY_INTERVAL: text });
    assertEquals([problem!.key, more], ["session.ackRetryMs", []]);
    assertEquals(problem!.message, "must be a number of seconds from 0.01 to 600");
    assertThrows(
      () => load({ MESSAGE_RETRY_INTERVAL: text }),
      ConfigError,
      ` = ${text === "" ? '""' : text} (`,
    );
  }
});

Deno.test("a wrong value under an alias is refused under its name, secrets unseen", () => {
  const error = assertThrows(() => load({ MFN_API_KEY: "tiny", RATE_LIMIT_MAX_REQUESTS: "0" }), ConfigError);
  assertStringIncludes(error.message, "security.apiKey = *** (environment MFN_API_KEY): must be 8 to 256");
  assertStringIncludes(
    error.message,
    "limits.httpRequests = 0 (environment RATE_LIMIT_MAX_REQUESTS): must be a whole",
  );
  assert(!error.message.includes("tiny"));
});

Deno.test("an alias and the setting's own name may agree but not disagree, and both are named", () => {
  const same: Record<string, [string, string, string]> = {
    "security.apiKey": ["MFN_API_KEY", KEY, KEY],
    "security.apiKeys": ["MFN_API_KEYS", "key-number-1,key-number-2", '["key-number-1", "key-number-2"]'],
    "security.requireAuth": ["MFN_API_KEY_REQUIRED", "1", "true"],
    preset: ["MFN_ENV", "prod", "production"],
    "session.ackRetryMs": ["MESSAGE_RETRY_INTERVAL", "5", "5000"],
  };
  const other: Record<string, string> = {
    "security.apiKey": "another-long-key",
    "security.apiKeys": "key-number-1",
    "security.requireAuth": "false",
    preset: "development",
    "session.ackRetryMs": "5",
  };
  for (const [key, [alias, text, own]] of Object.entries(same)) {
    const { variable } = FIELDS.find((field) => field.key === key)!;
    const flags = { ...PROXY, "security.keysFile": "keys.json" };
    assertEquals(load({ [alias]: text, [variable]: own }, flags).aliases.size, 0, key);
    const problems = problemsOf({ [alias]: text, [variable]: other[key]! }, flags);
    const problem = problems.find(({ message }) =>
      message.startsWith("contradicts MFN_") || message.includes("MESSAGE_")
    );
    assertEquals(problem?.key, key);
    assertEquals(problem?.place, `environment ${variable}`);
    assertStringIncludes(problem?.message ?? "", `contradicts ${alias}, which sets the same`);
    assert(!JSON.stringify(problems).includes("long-key"));
  }
});

Deno.test("authentication cannot be declared not required while there is a credential", () => {
  for (const env of [{ MFN_API_KEY_REQUIRED: "false" }, { VOXCAST_SECURITY_REQUIRE_AUTH: "0" }]) {
    assertEquals(load(env).config.security.requireAuth, false);
    const [problem, ...more] = problemsOf({ ...env, MFN_API_KEY: KEY });
    assertEquals(more, []);
    assertEquals(problem?.key, "security.requireAuth");
    assertStringIncludes(
      problem?.message ?? "",
      "contradicts security.apiKey: with a credential authentication",
    );
  }
  const [problem] = problemsOf({ MFN_API_KEY_REQUIRED: "true" });
  assertStringIncludes(problem?.message ?? "", "needs a credential");
});

Deno.test("unknown names that begin like those of another server are refused with the nearest one", () => {
  const env = {
    MFN_API_KYE: KEY,
    MFN_TOKEN_FILE: "x",
    RATE_LIMIT_MAX: "1",
    MESSAGE_QUEUE_LENGTH: "1",
    MESSAGE_OF_THE_DAY: "hello",
    METRICS_SAMPLES: "1",
    REDIS_URL: "redis://",
  };
  assertEquals(problemsOf(env, {}).map(({ key, message }) => [key, message]), [
    ["MFN_API_KYE", "is no setting; the nearest is MFN_API_KEY"],
    ["MFN_TOKEN_FILE", "is no setting"],
    ["RATE_LIMIT_MAX", "is no setting; the nearest is RATE_LIMIT_MAX_REQUESTS"],
    ["MESSAGE_QUEUE_LENGTH", "is no setting; the nearest is MESSAGE_QUEUE_SIZE"],
    ["MESSAGE_OF_THE_DAY", "is no setting"],
  ]);
});
