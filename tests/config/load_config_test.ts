import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ConfigError, FIELDS, loadConfig, PRESETS } from "../../src/config/mod.ts";

const KEY = "a-long-enough-key";
/** Where TLS ends, without which no credential is taken. */
const PROXY = { VOXCAST_SECURITY_TRUST_PROXY: "10.0.0.1" };
const TLS = { "security.tlsCertFile": "cert.pem", "security.tlsKeyFile": "key.pem" };

function problemsOf(sources: Partial<Parameters<typeof loadConfig>[0]>): ConfigError {
  return assertThrows(() => loadConfig({ env: {}, flags: {}, ...sources }), ConfigError);
}

Deno.test("with nothing given, every setting has its documented default", () => {
  const { config, origins } = loadConfig({ env: {}, flags: {} });
  assertEquals(config.port, 7090);
  assertEquals(config.host, "127.0.0.1");
  assertEquals(config.preset, "development");
  assertEquals([config.regionLevel, config.gridDepth, config.worldMin, config.worldMax], [4, 6, 0, 1024]);
  assertEquals([config.defaultWorld, config.defaultKind], ["main", "esvo"]);
  assertEquals(config.maxEntitiesPerRegion, 10000);
  assertEquals(config.world, {
    maxWorlds: 64,
    maxVoxelsPerWorld: 33554432,
    maxWorldBytes: 2 ** 30,
    maxVoxelBytesTotal: 2 ** 31,
    maxDirtyRegions: 65536,
    maxPatchCells: 1048576,
    maxEntitiesPerWorld: 100000,
    maxEntityCells: 262144,
  });
  assertEquals(config.cache, { maxCacheMemoryBytes: 268435456 });
  assertEquals(config.build, {
    backend: "auto",
    buildPoolSize: 4,
    maxQueueDepth: 8192,
    buildTimeoutMs: 30000,
    backfillIntervalMs: 10000,
    maxBuildsPerSecondPerRegion: 10,
    pumpBudgetMs: 8,
    breakerFailures: 3,
    breakerPauseMs: 60000,
  });
  assertEquals(config.gpu, {
    maxBatchRegions: 4096,
    maxBatchVoxels: 8388608,
    maxSoftwareBatchVoxels: 262144,
    maxPooledBytes: 536870912,
    batchTimeoutMs: 15000,
    maxHangs: 2,
    maxFailures: 3,
    pauseMs: 60000,
    maxPauseMs: 900000,
  });
  assertEquals(config.trace, {
    backend: "auto",
    poolSize: 2,
    maxPicturePixels: 8294400,
    maxWaitingPictures: 16,
    maxWaitingPicks: 256,
    maxSceneBytes: 536870912,
    tileTimeoutMs: 30000,
    maxHangs: 3,
    maxFailures: 3,
    pauseMs: 1000,
    maxPauseMs: 60000,
  });
  assertEquals(config.snapshots, {
    maxWidthPx: 3840,
    maxHeightPx: 2160,
    maxRegions: 16384,
    maxAtOnce: 8,
    buildWaitMs: 10000,
    traceTimeoutMs: 30000,
    maxCacheBytes: 67108864,
  });
  assertEquals(config.streaming, {
    streamingIntervalMs: 100,
    maxClientsPerServer: 1000,
    maxPendingSendsPerClient: 100,
    maxBufferedBytesPerClient: 65536,
    maxViewportUpdatesPerSecond: 30,
    maxRegionsPerView: 16384,
    turnBudgetMs: 8,
    lodThresholds: [100, 300, 700],
    maxLodLevel: 3,
    lodHysteresis: 0.1,
    lodBy: "distance",
    maxScreenErrorPx: 2,
    coarseLod: 3,
    maxBulkMessageBytes: 16384,
    maxBundleFrames: 10,
    turnQuantumBytes: 65536,
    maxClientBytesPerSecond: 67108864,
    ackIntervalMs: 20,
    backpressureAfterMs: 2000,
    slowConsumerTimeoutMs: 30000,
    maxSendFailures: 5,
    maxMessageSizeBytes: 65536,
    idleTimeoutSec: 60,
    openTimeoutMs: 10000,
  });
  assertEquals(config.performance, { regionCacheTtlMs: 60000, endpointCacheExpireSec: 1 });
  assertEquals(config.http, {
    maxBodyBytes: 33554432,
    maxJsonBytes: 8388608,
    maxJsonValues: 1500000,
    maxReadCells: 65536,
    regionWaitMs: 5000,
    maxPollSec: 30,
    maxWaitingPolls: 1000,
  });
  assertEquals(config.log, { level: "info", format: "text" });
  assertEquals(config.security, {
    apiKeys: [],
    requireAuth: false,
    requireHmac: false,
    hmacWindowSec: 300,
    jwtLeewaySec: 5,
    allowQueryToken: false,
    ticketTtlSec: 30,
    maxTickets: 10000,
    sessionTokenTtlSec: 3600,
    maxAuthFailures: 3,
    authLockoutSec: 60,
    allowedOrigins: [],
    trustProxy: [],
    redactSensitiveInfo: false,
  });
  assertEquals(config.session, {
    authTimeoutMs: 10000,
    maxUnauthenticated: 64,
    maxUnauthenticatedPerAddress: 4,
    maxUnauthenticatedBytes: 4096,
    heartbeatIntervalMs: 30000,
    deadAfterMs: 60000,
    writeTimeoutMs: 10000,
    drainTimeoutMs: 1000,
    maxControlMessages: 256,
    maxControlBytes: 262144,
    maxReliableMessages: 1000,
    maxReliableBytes: 1048576,
    ackRetryMs: 5000,
    maxAckRetries: 3,
    ackTimeoutMs: 30000,
    maxStreamMessages: 1000,
    maxStreamBytes: 1048576,
    maxSubscriptions: 16,
    bulkWatermarkBytes: 65536,
    gzipBinaryBytes: 256,
    gzipJsonBytes: 1024,
    trackLatency: true,
    latencySamples: 1000,
  });
  assertEquals(config.limits, {
    httpRequests: 60,
    httpWindowSec: 60,
    healthRequests: 120,
    settingsRequests: 30,
    regionRequests: 600,
    snapshotRequests: 30,
    pictureRequests: 30,
    pickRequests: 600,
    longPollRequests: 120,
    opRequests: 6000,
    connects: 240,
    messagesPerSecond: 100,
    serverMessagesPerSecond: 20000,
    positionsPerSecond: 60,
    maxKnownRegions: 16384,
    maxKnownBytes: 2 ** 24,
    knownTtlMs: 10000,
    opsPerSecond: 50,
    streamUpdatesPerSecond: 200,
    serverStreamUpdatesPerSecond: 10000,
    maxViolations: 10,
    banSec: 600,
    maxTrackedKeys: 100000,
    maxClientsPerWorld: 1000,
    maxClientsPerAddress: 256,
    loopbackExempt: true,
    maxJsonDepth: 32,
    maxJsonValues: 10000,
    maxLoopLagMs: 250,
    maxMemoryBytes: 2 ** 32,
    pacedAcceptsPerSecond: 20,
    maxUnexplainedBytes: 2 ** 27,
    maxMalformedInRow: 256,
  });
  assertEquals(origins.get("port"), "default");
  assertEquals(origins.get("security.redactSensitiveInfo"), "preset");
});

Deno.test("a flag wins over the environment, that over the file, that over the preset, that over the default", () => {
  const file = {
    streaming: { turnBudgetMs: 1, maxMessageSizeBytes: 2001 },
    regionLevel: 3,
    preset: "testing",
  };
  const env = { VOXCAST_STREAMING_TURN_BUDGET_MS: "2", VOXCAST_REGION_LEVEL: "5" };
  const { config, origins } = loadConfig({ file, env, flags: { "streaming.turnBudgetMs": "3" } });
  assertEquals(config.streaming.turnBudgetMs, 3);
  assertEquals(config.regionLevel, 5);
  assertEquals(config.streaming.maxMessageSizeBytes, 2001);
  assertEquals(config.streaming.maxPendingSendsPerClient, 10);
  assertEquals(config.limits.messagesPerSecond, 1000);
  assertEquals(config.gridDepth, 6);
  assertEquals(origins.get("streaming.turnBudgetMs"), "flag");
  assertEquals(origins.get("regionLevel"), "environment");
  assertEquals(origins.get("streaming.maxMessageSizeBytes"), "file");
  assertEquals(origins.get("streaming.maxPendingSendsPerClient"), "preset");
  assertEquals(origins.get("gridDepth"), "default");
});

Deno.test("the preset is taken from the strongest source that names one", () => {
  const presetOf = (sources: Partial<Parameters<typeof loadConfig>[0]>) =>
    loadConfig({ env: {}, flags: {}, ...sources }).config.preset;
  const env = { ...PROXY, VOXCAST_PRESET: "production", VOXCAST_SECURITY_API_KEY: KEY };
  assertEquals(presetOf({ file: { preset: "testing" } }), "testing");
  assertEquals(presetOf({ file: { preset: "testing" }, env }), "production");
  assertEquals(
    presetOf({ file: { preset: "testing" }, env, flags: { preset: "development" } }),
    "development",
  );
  assertEquals(presetOf({ env, flags: { preset: "development" }, preset: "testing" }), "testing");
  const { config } = loadConfig({ file: { preset: "testing" }, env, flags: {} });
  assertEquals(
    [config.port, config.log.format],
    [7090, "json"],
    "values of another preset than the one named",
  );
});

Deno.test("the preset testing has the small limits of the original's tests", () => {
  const { config } = loadConfig({ preset: "testing", env: {}, flags: {} });
  assertEquals([config.port, config.regionLevel, config.build.buildPoolSize], [0, 2, 2]);
  assertEquals(config.build.backend, "cpu");
  assertEquals(config.cache.maxCacheMemoryBytes, 16 * 1024 * 1024);
  assertEquals(config.streaming.maxClientsPerServer, 10);
  assertEquals(config.streaming.maxPendingSendsPerClient, 10);
  assertEquals(config.limits.messagesPerSecond, 1000);
  assertEquals(config.streaming.maxMessageSizeBytes, 4096);
  assertEquals(config.performance.regionCacheTtlMs, 5000);
});

Deno.test("the preset production redacts, logs JSON, and needs a key", () => {
  const error = problemsOf({ preset: "production" });
  assertEquals(error.problems.map((problem) => problem.key), ["security.apiKey"]);
  const { config } = loadConfig({
    preset: "production",
    env: { ...PROXY, VOXCAST_SECURITY_API_KEY: KEY },
    flags: {},
  });
  assert(config.security.redactSensitiveInfo);
  assertEquals(config.log.format, "json");
});

Deno.test("an unknown preset is refused, not replaced", () => {
  for (
    const sources of [{ preset: "prod" }, { env: { VOXCAST_PRESET: "prod" } }, { file: { preset: "prod" } }]
  ) {
    const [problem] = problemsOf(sources).problems;
    assertEquals(problem?.key, "preset");
    assertEquals(problem?.value, "prod");
    assertStringIncludes(problem?.message ?? "", "one of development, production, testing");
  }
});

Deno.test("each preset is valid by itself, given a key", () => {
  for (const preset of PRESETS) {
    loadConfig({ preset, env: { ...PROXY, VOXCAST_SECURITY_API_KEY: KEY }, flags: {} });
  }
});

Deno.test("all problems of all sources are listed at once, each with key, value, place and what is allowed", () => {
  const error = problemsOf({
    file: { prot: 1, build: { buildPoolSize: 0 }, streaming: 7, log: { level: "loud" } },
    env: { VOXCAST_STREAMING_MAX_CLIENTS: "5", VOXCAST_GRID_DEPTH: "six" },
    flags: { "--regionlevel": "4", "worldMax": "0", "--host": "0.0.0.0" },
  });
  const text = error.message;
  assertEquals(error.problems.length, 9);
  assertStringIncludes(text, "9 problems");
  assertStringIncludes(text, "prot (voxcast.json): is no setting; the nearest is port");
  assertStringIncludes(text, "build.buildPoolSize = 0 (voxcast.json): must be a whole number from 1 to 64");
  assertStringIncludes(
    text,
    "streaming = 7 (voxcast.json): must be an object with the settings of streaming",
  );
  assertStringIncludes(
    text,
    "log.level = loud (voxcast.json): must be one of debug, info, warn, error, silent",
  );
  assertStringIncludes(
    text,
    "VOXCAST_STREAMING_MAX_CLIENTS (environment): is no setting; the nearest is VOXCAST_STREAMING_MAX_CLIENTS_PER_SERVER",
  );
  assertStringIncludes(
    text,
    "gridDepth = six (environment VOXCAST_GRID_DEPTH): must be a whole number from 3 to 8",
  );
  assertStringIncludes(text, "--regionlevel (flag): is no setting; the nearest is --region-level");
  assertStringIncludes(text, "worldMax = 0 (flag --world-max): must be above worldMin, which is 0");
  assertStringIncludes(text, "host = 0.0.0.0 (flag --host): must be a loopback address");
});

Deno.test("a name far from all settings gets no suggestion", () => {
  const { problems } = problemsOf({
    file: { foo: 1, buildPoolSiz: 2 },
    env: { VOXCAST_FOO: "1" },
    flags: { "--foo": "1" },
  });
  assertEquals(problems.map(({ key, message }) => [key, message]).sort(), [
    ["--foo", "is no setting"],
    ["VOXCAST_FOO", "is no setting"],
    ["buildPoolSiz", "is no setting; the nearest is build.buildPoolSize"],
    ["foo", "is no setting"],
  ]);
});

Deno.test("a misspelt group is told with the nearest one", () => {
  const { problems } = problemsOf({ file: { straming: { turnBudgetMs: 4 }, buidl: { buildPoolSize: 2 } } });
  assertEquals(problems.map(({ key, message }) => [key, message]), [
    ["straming", "is no setting; the nearest is streaming"],
    ["buidl", "is no setting; the nearest is build"],
  ]);
});

Deno.test("a value out of range is refused even where another source overrides it", () => {
  const error = problemsOf({ env: { VOXCAST_PORT: "70000" }, flags: { port: "80" } });
  assertEquals(error.problems.map(({ key, value }) => [key, value]), [["port", "70000"]]);
});

Deno.test("every numeric setting takes its bounds and refuses what lies beyond", () => {
  for (const field of FIELDS) {
    if (field.kind !== "integer" && field.kind !== "number") continue;
    assert(field.min !== undefined && field.max !== undefined, `${field.key} has no range`);
    assert(field.schema.safeParse(field.min).success, `${field.key} refuses its own lower bound`);
    assert(field.schema.safeParse(field.max).success, `${field.key} refuses its own upper bound`);
    const step = field.kind === "integer" ? 1 : 1e-3;
    for (const value of [field.min - step, field.max + step, NaN, Infinity, null, String(field.min)]) {
      assert(!field.schema.safeParse(value).success, `${field.key} takes ${value}`);
    }
    if (field.kind === "integer") assert(!field.schema.safeParse(field.min + 0.5).success);
  }
});

Deno.test("contradictions are refused", () => {
  const keysOf = (flags: Record<string, unknown>) =>
    problemsOf({ flags }).problems.map((problem) => problem.key);
  assertEquals(keysOf({ worldMin: 5, worldMax: 5 }), ["worldMax"]);
  assertEquals(keysOf({ "streaming.lodThresholds": [1, 1, 2] }), ["streaming.lodThresholds"]);
  assertEquals(keysOf({ "streaming.lodThresholds": "100,300" }), ["streaming.maxLodLevel"]);
  assertEquals(keysOf({ "streaming.lodThresholds": "1,2,3,4", "streaming.maxLodLevel": 4, gridDepth: 3 }), [
    "streaming.maxLodLevel",
  ]);
  assertEquals(keysOf({ "world.maxWorldBytes": 2 ** 31, "world.maxVoxelBytesTotal": 2 ** 30 }), [
    "world.maxWorldBytes",
  ]);
  assertEquals(keysOf({ "gpu.pauseMs": 5000, "gpu.maxPauseMs": 4999 }), ["gpu.pauseMs"]);
  loadConfig({ env: {}, flags: { "gpu.pauseMs": 5000, "gpu.maxPauseMs": 5000 } });
  assertEquals(keysOf({ "trace.pauseMs": 5000, "trace.maxPauseMs": 4999 }), ["trace.pauseMs"]);
  for (const backend of ["", " gpu", "gpu ", "x".repeat(101), "gr\u00fcn"]) {
    assertEquals(keysOf({ "build.backend": backend }), ["build.backend"]);
    assertEquals(keysOf({ "trace.backend": backend }), ["trace.backend"]);
  }
  for (const backend of ["auto", "gpu", "cpu", "H", "NVIDIA H200", "x".repeat(100)]) {
    assertEquals(loadConfig({ env: {}, flags: { "build.backend": backend } }).config.build.backend, backend);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org", "127.x.0.0.1"]) {
    assertEquals(keysOf({ host }), ["host"]);
    assertEquals(loadConfig({ env: {}, flags: { ...TLS, host, "security.apiKey": KEY } }).config.host, host);
  }
  for (const host of ["localhost", "::1", "[::1]", "127.0.0.2"]) {
    assertEquals(loadConfig({ env: {}, flags: { host } }).config.host, host);
  }
});

Deno.test("a contradiction is not reported on top of a value that is wrong by itself", () => {
  const error = problemsOf({ flags: { worldMax: "many", worldMin: 2000 } });
  assertEquals(error.problems.map(({ key, message }) => [key, message.slice(0, 15)]), [[
    "worldMax",
    "must be a numbe",
  ]]);
});

Deno.test("region level and grid depth at their bounds fit the 20 bits of a cell coordinate", () => {
  const level = FIELDS.find((field) => field.key === "regionLevel");
  const depth = FIELDS.find((field) => field.key === "gridDepth");
  assert(level?.max !== undefined && depth?.max !== undefined);
  assert(level.max + depth.max <= 20);
});

Deno.test("settings of connections and limits do not contradict each other", () => {
  const pairs = [
    ["session.heartbeatIntervalMs", 1000, "session.deadAfterMs", 1000, 1001],
    ["session.ackRetryMs", 1000, "session.ackTimeoutMs", 999, 1000],
    ["session.maxUnauthenticatedPerAddress", 10, "session.maxUnauthenticated", 9, 10],
    ["limits.messagesPerSecond", 10, "limits.serverMessagesPerSecond", 9, 10],
  ] as const;
  for (const [key, value, other, wrong, right] of pairs) {
    const { problems } = problemsOf({ flags: { [key]: value, [other]: wrong } });
    assertEquals(problems.map((problem) => problem.key), [key]);
    assertStringIncludes(problems[0]!.message, `${other}, which is ${wrong}`);
    loadConfig({ env: {}, flags: { [key]: value, [other]: right } });
  }
});

Deno.test("a secret appears in no message", () => {
  const error = problemsOf({
    file: { security: { apiKey: "tiny" } },
    env: { VOXCAST_SECURITY_API_KEY: "has a blank in it" },
    flags: {
      "security.apiKey": 12345,
      "security.apiKeys": "small,a-long-enough-key",
      "security.jwtSecret": "short",
    },
  });
  assertEquals(error.problems.length, 5);
  for (const secret of ["tiny", "blank", "12345", "small", "a-long", "short\n", "= short"]) {
    assert(!error.message.includes(secret), secret);
  }
});

Deno.test("a key given by the file alone opens other addresses", () => {
  const security = { apiKey: KEY, trustProxy: ["10.0.0.1"] };
  const { config } = loadConfig({ file: { host: "0.0.0.0", security }, env: {}, flags: {} });
  assertEquals(config.security.apiKey, KEY);
});

Deno.test("null, arrays and other shapes at the top of the file are refused", () => {
  for (const file of [null, [], 3, "x"]) assertEquals(problemsOf({ file }).problems[0]?.key, "voxcast.json");
});

Deno.test("names from the prototype are unknown settings like any other", () => {
  const file = JSON.parse('{"__proto__": 1, "constructor": {"x": 1}, "streaming": {"toString": 1}}');
  assertEquals(problemsOf({ file }).problems.length, 3);
});

Deno.test("foreign and reserved variables are left alone", () => {
  const env = { HOME: "/", VOXCAST_CONFIG: "x.json", VOXCAST_TEST_STRICT: "1", VOXCASTER: "y" };
  assertEquals(loadConfig({ env, flags: {} }).config.port, 7090);
});

Deno.test("the configuration cannot be changed after it was made", () => {
  const { config } = loadConfig({ env: {}, flags: {} });
  assertThrows(() => Object.assign(config.streaming, { turnBudgetMs: 1 }), TypeError);
  assertThrows(() => Object.assign(config, { port: 1 }), TypeError);
  assertThrows(() => (config.streaming.lodThresholds as number[]).push(1), TypeError);
});

Deno.test("whatever the text, a variable is taken as written or refused, never guessed", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
    try {
      const { config } = loadConfig({ env: { VOXCAST_PORT: text }, flags: {} });
      assertEquals(config.port, Number(text));
      assert(text.trim() !== "");
    } catch (error) {
      assert(error instanceof ConfigError);
      assertEquals(error.problems[0]?.key, "port");
    }
  }));
});
