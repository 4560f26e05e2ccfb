import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConfigError, type EnvironmentAccess, readConfigFile, readVariables } from "../../src/config/mod.ts";
import { needs, testWith } from "../support/needs.ts";

const readable = await needs({ read: "." });

/** An environment that can be asked but not listed, as under the tasks' permissions. */
function askOnly(variables: Readonly<Record<string, string>>): EnvironmentAccess {
  return {
    get: (name) => variables[name],
    list: () => undefined,
    mayAskFor: () => true,
    has: (name) => Object.hasOwn(variables, name),
  };
}

Deno.test("all variables of ours are found where they may be listed, no others", () => {
  const ours = {
    VOXCAST_PORT: "1",
    VOXCAST_NO_SUCH_THING_AT_ALL: "2",
    MFN_WHATEVER: "3",
    RATE_LIMIT_BURST: "4",
    MESSAGE_OF_THE_DAY: "5",
    METRICS_SAMPLE_SIZE: "6",
    LATENCY_TRACKING_ENABLED: "7",
  };
  const variables = { ...ours, HOME: "/", METRICS_PORT: "9", LATENCY: "1", MFN: "1", MESSAGES: "2" };
  const access: EnvironmentAccess = { ...askOnly(variables), list: () => variables };
  assertEquals(readVariables(access), ours);
});

Deno.test("known variables are found by asking", () => {
  const variables = {
    VOXCAST_BUILD_BUILD_POOL_SIZE: "2",
    VOXCAST_TEST_STRICT: "1",
    VOXCAST_CONFIG: "x",
    MFN_API_KEY: "k",
    METRICS_SAMPLE_SIZE: "6",
  };
  assertEquals(readVariables(askOnly(variables)), variables);
  assertEquals(readVariables({ ...askOnly(variables), mayAskFor: () => false }), variables);
});

Deno.test("a misspelt variable is found by asking if it is one slip from a known one", () => {
  const slips = [
    "VOXCAST_PROT", // swapped
    "VOXCAST_PRT", // lost
    "VOXCAST_PORTS", // added
    "VOXCAST_HOOST",
    "VOXCAST_PART", // replaced
    "VOXCAST_TURN_BUDGET_MS", // without its group
    "VOXCAST_STREAMING_TURNBUDGETMS", // without underscores
    "VOXCAST_STREAMINGTURNBUDGETMS",
    "VOXCAST_streaming_turnBudgetMs",
    "MFN_API_KYE",
    "MFN_APIKEY",
    "MFN_ENVS",
    "RATE_LIMIT_MAX_REQUEST",
    "MESSAGE_QUEUES_SIZE",
  ];
  // All at once, as each looking takes a while: no slip is found by means of another.
  const variables = Object.fromEntries(slips.map((name) => [name, "1"]));
  assertEquals(readVariables(askOnly(variables)), variables);
});

Deno.test("only names that may be asked for are asked for", () => {
  const asked: string[] = [];
  readVariables({
    ...askOnly({}),
    mayAskFor: (prefix) => prefix === "MFN_",
    has: (name) => asked.push(name) < 0,
  });
  assert(asked.length > 100);
  assertEquals(asked.filter((name) => !name.startsWith("MFN_")), []);
});

testWith(readable, "an absent default file is no file, an absent named one is a problem", async () => {
  const error = await assertRejects(() => readConfigFile("tests/config/no_such_file.json"), ConfigError);
  assertStringIncludes(error.message, "no_such_file.json (file): cannot be read: there is no such file");
});

const need = await needs({ write: "tmp" }, { read: "tmp" });
testWith(need, "a file that is no JSON is refused with the place, without quoting it", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, '{ "port": 1,\n "security": { "apiKey": "very-secret-key" },, }');
    const error = await assertRejects(() => readConfigFile(path), ConfigError);
    assertStringIncludes(error.message, "is not valid JSON");
    assert(!error.message.includes("very-secret"));
    await Deno.writeTextFile(path, '{ "port": 1 }');
    assertEquals((await readConfigFile(path)).file, { port: 1 });
  } finally {
    await Deno.remove(path);
  }
});
