import { assert, assertEquals } from "@std/assert";
import { configSchema, configValue, FIELDS, loadConfig } from "../../src/config/mod.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../../src/observe/mod.ts";
import { TREE_KINDS } from "../../src/tree/mod.ts";

Deno.test("every setting has a description, words for what is allowed, a unit if it is a number, and its own names", () => {
  for (const field of FIELDS) {
    assert(field.description.length > 10 && !field.description.endsWith("."), field.key);
    assert(field.allowed.length > 3, field.key);
    if (field.kind === "integer" || field.kind === "number" || field.kind === "numbers") {
      assert(field.unit, field.key);
    }
  }
  for (const name of ["key", "variable", "flag"] as const) {
    assertEquals(new Set(FIELDS.map((field) => field[name])).size, FIELDS.length);
  }
});

Deno.test("names in the environment and on the command line follow the key", () => {
  const field = FIELDS.find(({ key }) => key === "streaming.maxClientsPerServer");
  assertEquals(field?.variable, "VOXCAST_STREAMING_MAX_CLIENTS_PER_SERVER");
  assertEquals(field?.flag, "--streaming-max-clients-per-server");
});

Deno.test("the list of settings is the schema, neither more nor less", () => {
  const leaves = (value: object, prefix: string): string[] =>
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === "object" && !Array.isArray(inner)
        ? leaves(inner, `${prefix}${name}.`)
        : [prefix + name]
    );
  const unset = Object.fromEntries(
    ["apiKey", "keysFile", "jwksFile", "jwtIssuer", "jwtAudience", "tlsCertFile", "tlsKeyFile"].map((
      name,
    ) => [
      name,
      "a-long-enough-text",
    ]),
  );
  const security = { ...unset, jwtSecret: "a-secret-of-at-least-thirty-two-characters" };
  const withDefaults = leaves(configSchema.parse({ security }), "");
  assertEquals(FIELDS.map((field) => field.key as string).toSorted(), withDefaults.toSorted());
});

Deno.test("each setting reaches the configuration from its variable and from its flag", () => {
  const given: Record<string, string> = {
    preset: "testing",
    host: "localhost",
    defaultWorld: "other",
    defaultKind: "esvt",
    "security.apiKey": "a-long-enough-key",
    "security.apiKeys": '["key-number-1","key,with,commas"]',
    "security.keysFile": "keys.json",
    "security.jwtSecret": "a-secret-of-at-least-thirty-two-characters",
    "security.jwksFile": "jwks.json",
    "security.jwtIssuer": "https://login.example.com",
    "security.jwtAudience": "voxcast",
    "security.allowedOrigins": '["https://app.example.com","http://127.0.0.1:8080"]',
    "security.tlsCertFile": "cert.pem",
    "security.tlsKeyFile": "key.pem",
    "security.trustProxy": '["10.0.0.0/8","::1"]',
    "streaming.lodThresholds": "[1, 2]",
    "streaming.lodBy": "screen-error",
    "log.level": "debug",
    "log.format": "json",
  };
  const proxy = { "security.trustProxy": "127.0.0.1" };
  const jwt = { ...proxy, "security.jwtIssuer": "me", "security.jwtAudience": "you" };
  const key = { ...proxy, "security.apiKey": "a-long-enough-key" };
  const companions: Record<string, Record<string, unknown>> = {
    "security.trustProxy": { "security.apiKey": "a-long-enough-key" },
    "security.apiKey": proxy,
    "security.apiKeys": proxy,
    "security.keysFile": proxy,
    "security.jwtSecret": jwt,
    "security.jwksFile": jwt,
    "security.requireAuth": key,
    "security.requireHmac": key,
    "security.tlsCertFile": { "security.tlsKeyFile": "key.pem" },
    "security.tlsKeyFile": { "security.tlsCertFile": "cert.pem" },
    "session.maxUnauthenticated": { "session.maxUnauthenticatedPerAddress": 1 },
    "session.deadAfterMs": { "session.heartbeatIntervalMs": 100 },
    "session.ackTimeoutMs": { "session.ackRetryMs": 10 },
    "limits.serverMessagesPerSecond": { "limits.messagesPerSecond": 1 },
    "streaming.lodThresholds": { "streaming.maxLodLevel": 2 },
    "streaming.maxLodLevel": { "streaming.lodThresholds": [] },
    worldMin: { worldMax: 1e9 },
    worldMax: { worldMin: -1e9 },
    "gpu.maxPauseMs": { "gpu.pauseMs": 100 },
    "trace.maxPauseMs": { "trace.pauseMs": 100 },
    "world.maxVoxelBytesTotal": { "world.maxWorldBytes": 65536 },
  };
  for (const field of FIELDS) {
    const boolean = field.kind === "boolean" ? String(field.defaultValue !== true) : undefined;
    const text = given[field.key] ?? boolean ?? String(field.key === "worldMax" ? 7 : field.min);
    const flags = companions[field.key] ?? {};
    const fromVariable = loadConfig({ env: { [field.variable]: text }, flags });
    const fromFlag = loadConfig({ env: {}, flags: { ...flags, [field.flag]: text } });
    assertEquals(configValue(fromVariable.config, field.key), configValue(fromFlag.config, field.key));
    assertEquals(fromVariable.origins.get(field.key), "environment");
    assertEquals(fromFlag.origins.get(field.key), "flag");
    const value = configValue(fromFlag.config, field.key);
    assertEquals(
      Array.isArray(value) ? JSON.stringify(value) : String(value),
      text.replaceAll(" ", ""),
      field.key,
    );
  }
});

Deno.test("log levels and formats are the logger's", () => {
  const choices = (key: string) => FIELDS.find((field) => field.key === key)?.choices;
  assertEquals(choices("log.level"), [...LOG_LEVELS]);
  assertEquals(choices("log.format"), [...LOG_FORMATS]);
});

Deno.test("the kinds of trees to choose from are those that there are", () => {
  assertEquals(FIELDS.find((field) => field.key === "defaultKind")?.choices, [...TREE_KINDS]);
});
