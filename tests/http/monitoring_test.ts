import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { EndpointCache } from "../../src/http/endpoint_cache.ts";
import { METRIC_TABLE } from "../../src/http/metric_table.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { bearer, principal } from "./principals.ts";
import { createTestServer, problemOf, STATUS, type TestServer } from "./server.ts";

async function addVoxel({ call }: TestServer): Promise<void> {
  await call("POST", "/api/worlds/main/voxels", { voxels: [{ position: [1, 2, 3], color: "#ffffff" }] });
}

Deno.test("health has the seed's fields and counts all worlds", async () => {
  const server = createTestServer();
  await addVoxel(server);
  await server.call("POST", "/api/worlds", { id: "other" });
  const health = await (await server.call("GET", "/api/health")).json();
  assertEquals(health, { status: "healthy", uptime: 1234, worlds: 2, regions: 1, entities: 0, voxels: 1 });
});

Deno.test("where a credential is needed, health shows sizes only with one for all worlds", async () => {
  const server = createTestServer({
    principals: { "key-of-all": principal("viewer"), "key-of-one": principal("viewer", ["main"]) },
  });
  const fields = async (key?: string) => {
    const headers = key === undefined ? {} : bearer(key);
    return Object.keys(await (await server.call("GET", "/api/health", undefined, headers)).json());
  };
  assertEquals(await fields("key-of-all"), ["status", "uptime", "worlds", "regions", "entities", "voxels"]);
  assertEquals(await fields("key-of-one"), ["status", "uptime"]);
  assertEquals(await fields(), ["status", "uptime"]);
});

Deno.test("health is degraded, with the reason and still 200, while the CPU builds for a GPU that failed", async () => {
  const builder = {
    ...STATUS.builder,
    name: "cpu",
    breaker: "open",
    reason: "secret driver text",
    isDegraded: true,
  };
  const { call } = createTestServer({ status: { builder } as Partial<typeof STATUS> });
  const response = await call("GET", "/api/health");
  const { status, reason } = await response.json();
  assertEquals([response.status, status, reason], [
    ...[200, "degraded", "The GPU has failed; regions are built on the CPU"],
  ]);
  const metrics = await (await call("GET", "/api/metrics")).json();
  assertEquals(metrics.builder.breakerOpen, 1);
});

Deno.test("info says what builds, what was asked for, why, and on which adapter", async () => {
  const cpu = await (await createTestServer().call("GET", "/api/info")).json();
  assertEquals([cpu.builder, cpu.builderAsked, cpu.builderReason, cpu.adapter], [
    ...["cpu", "auto", "There is no WebGPU adapter on this machine", undefined],
  ]);
  const adapter = { name: "llvmpipe (LLVM 15.0.6, 256 bits)", isSoftware: true };
  const builder = { ...STATUS.builder, name: "gpu", asked: "gpu", reason: undefined, adapter };
  const gpu = await (await createTestServer({ status: { builder } }).call("GET", "/api/info")).json();
  assertEquals([gpu.builder, gpu.builderAsked, gpu.builderReason], ["gpu", "gpu", undefined]);
  assertEquals(gpu.adapter, { name: adapter.name, software: true });
});

Deno.test("health is degraded while the CPU traces for a GPU that failed, and info says why", async () => {
  const tracer = {
    ...STATUS.tracer,
    breaker: "open" as const,
    reason: "It hung too often",
    isDegraded: true,
  };
  const { call } = createTestServer({ status: { tracer } });
  const { status, reason } = await (await call("GET", "/api/health")).json();
  assertEquals([status, reason], ["degraded", "The GPU has failed; pictures are traced on the CPU"]);
  const info = await (await call("GET", "/api/info")).json();
  assertEquals([info.tracer, info.tracerAsked, info.tracerReason], ["cpu", "auto", "It hung too often"]);
  assertEquals([info.limits.maxPictureWidthPx, info.limits.maxPicturePixels], [3840, 8_294_400]);
  const { snapshots } = await (await call("GET", "/api/metrics")).json();
  assertEquals([snapshots.breakerOpen, snapshots.pictures, snapshots.refused.late], [1, 61, 67]);
});

Deno.test("health and metrics are kept for endpointCacheExpireSec by the given clock", async () => {
  let asked = 0;
  const status = () => ({ ...STATUS, uptimeMs: ++asked });
  const { call, clock } = createTestServer({
    deps: { status },
    config: { performance: { endpointCacheExpireSec: 2 } },
  });
  const uptime = async () => (await (await call("GET", "/api/health")).json()).uptime;
  const scraped = async () => (await (await call("GET", "/api/metrics")).json()).uptimeMs;
  assertEquals([await uptime(), await scraped()], [1, 2]);
  clock.advance(1999);
  assertEquals([await uptime(), await scraped()], [1, 2]);
  clock.advance(1);
  assertEquals([await uptime(), await scraped()], [3, 4]);
});

Deno.test("after dispose nothing is answered from memory: 503 as a problem", async () => {
  const { call, app } = createTestServer();
  assertEquals((await call("GET", "/api/health")).status, 200);
  app.dispose();
  app.dispose();
  for (const path of ["/api/health", "/api/metrics", "/", "/api/worlds"]) {
    const response = await call("GET", path);
    assertEquals(response.status, 503);
    await problemOf(response, "SHUTTING_DOWN");
  }
});

Deno.test("a body whose rendering began before the close is not given out after it", async () => {
  const clock = new ManualClock();
  const cache = new EndpointCache(clock, 1000);
  const rendering = Promise.withResolvers<{ body: string; contentType: string }>();
  const waiting = cache.get("a", () => rendering.promise);
  cache.close();
  rendering.resolve({ body: "stale", contentType: "text/plain" });
  await assertRejects(() => waiting, VoxcastError, "stopping");
  await assertRejects(() => cache.get("a", () => rendering.promise), VoxcastError, "stopping");
});

Deno.test("the endpoint cache renders once for many, and again after a failure", async () => {
  const cache = new EndpointCache(new ManualClock(), 1000);
  let renderings = 0;
  const render = () => {
    renderings++;
    if (renderings === 1) return Promise.reject(new Error("first"));
    return Promise.resolve({ body: String(renderings), contentType: "text/plain" });
  };
  await assertRejects(() => cache.get("a", render), Error, "first");
  const bodies = await Promise.all([1, 2, 3].map(() => cache.get("a", render)));
  assertEquals(bodies.map(({ body }) => body), ["2", "2", "2"]);
});

Deno.test("metrics as JSON have the seed's names", async () => {
  const server = createTestServer();
  await addVoxel(server);
  const metrics = await (await server.call("GET", "/api/metrics")).json();
  assertEquals(metrics.builder, {
    name: "cpu",
    totalBuilds: 10,
    failedBuilds: 1,
    queueDepth: 2,
    inFlight: 3,
    avgBuildTimeMs: 4.5,
    avgWaitMs: 26.5,
    maxWaitMs: 27.5,
    refusals: 28,
    evictions: 29,
    cancellations: 30,
    retries: 31,
    openBreakers: 32,
    halfOpenBreakers: 33,
    breakerOpen: 0,
    batches: 20,
    batchRegions: 21,
    deviceLosses: 22,
    hangs: 23,
    fallbackBuilds: 24,
    gpuMs: 25.5,
  });
  assertEquals(metrics.cache, {
    pinnedCount: 1,
    unpinnedCount: 2,
    totalCount: 3,
    totalMemoryBytes: 400,
    maxMemoryBytes: 1000,
    caffeineHitRate: 0.75,
    caffeineMissRate: 0.25,
    caffeineEvictionCount: 5,
    memoryPressure: 0.4,
    heldLod: 1,
    demandBytes: 1500,
    trims: 34,
    oversized: 35,
  });
  assertEquals([metrics.bulk, metrics.backpressure], [STATUS.bulk, STATUS.backpressure]);
  assertEquals(metrics.clients, STATUS.clients);
  assertEquals([metrics.ledger, metrics.kinds], [STATUS.ledger, STATUS.kinds]);
  assertEquals([metrics.worlds.main.voxels, metrics.worlds.main.regions, metrics.worlds.main.seq], [1, 1, 1]);
  assert(metrics.memory.rssBytes > 1_000_000);
});

Deno.test("the Prometheus text holds the same numbers, each described", async () => {
  const server = createTestServer();
  await addVoxel(server);
  const response = await server.call("GET", "/api/metrics?format=prometheus");
  assertStringIncludes(response.headers.get("content-type")!, "text/plain; version=0.0.4");
  const text = await response.text();
  const values = new Map(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) =>
      line.split(" ") as [string, string]
    ),
  );
  for (const { name, kind, read } of METRIC_TABLE) {
    assertStringIncludes(text, `# TYPE ${name} ${kind}\n`);
    if (!name.startsWith("voxcast_process")) {
      assertEquals([name, Number(values.get(name))], [name, read(STATUS)]);
    }
  }
  assertEquals(values.get('voxcast_ledger_dropped_total{reason="closed"}'), "3");
  assertEquals(values.get('voxcast_world_voxels{world="main"}'), "1");
  assertEquals(values.get('voxcast_kind_cached_regions{kind="esvo"}'), "2");
  assertEquals(values.get('voxcast_kind_frames_sent_total{kind="esvt"}'), "1");
  assertEquals(values.get('voxcast_builder_info{name="cpu"}'), "1");
  const posted = 'voxcast_http_requests_total{method="POST",route="/api/worlds/:w/voxels",status="200"}';
  assertEquals(values.get(posted), "1");
});

Deno.test("builds are described as the successful ones, which is what they count", async () => {
  const { call } = createTestServer();
  const text = await (await call("GET", "/api/metrics?format=prometheus")).text();
  assertStringIncludes(text, "# HELP voxcast_builder_builds_total Successful builds\n");
});

Deno.test("counters grow by what the server reports, and a deleted world's gauges go", async () => {
  let builds = 10;
  const status = () => ({ ...STATUS, builder: { ...STATUS.builder, totalBuilds: builds } });
  const { call, clock, deps, worlds } = createTestServer({ deps: { status } });
  const scrape = async () => {
    clock.advance(1000);
    return await (await call("GET", "/api/metrics")).json();
  };
  assertEquals((await scrape()).builder.totalBuilds, 10);
  builds = 25;
  assertEquals((await scrape()).builder.totalBuilds, 25);
  assertEquals((await scrape()).ledger.dropped, { closed: 3 });
  worlds.delete("main");
  assertEquals((await scrape()).worlds, {});
  assertEquals((await deps.metrics.prometheus()).includes('world="main"'), false);
});

Deno.test("what is counted by kind grows by what the server reports; what is there now may shrink", async () => {
  let kinds = STATUS.kinds;
  const { call, clock, deps } = createTestServer({ deps: { status: () => ({ ...STATUS, kinds }) } });
  const scrape = async () => {
    clock.advance(1000);
    return (await (await call("GET", "/api/metrics")).json()).kinds;
  };
  assertEquals(await scrape(), STATUS.kinds);
  kinds = { ...kinds, esvt: { clients: 4, builds: 30, cachedRegions: 0, framesSent: 9 } };
  assertEquals(await scrape(), kinds);
  assertStringIncludes(await deps.metrics.prometheus(), "# TYPE voxcast_kind_builds_total counter\n");
});

Deno.test("content negotiation gives text to Prometheus and JSON to everybody else", async () => {
  const { call } = createTestServer();
  const type = async (accept?: string) => {
    const headers = accept === undefined ? undefined : { accept };
    return (await call("GET", "/api/metrics", undefined, headers)).headers.get("content-type")!.split(";")[0];
  };
  const scrapers = [
    "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
    "text/plain",
    "text/plain, application/json;q=0.5",
  ];
  for (const accept of scrapers) assertEquals([accept, await type(accept)], [accept, "text/plain"]);
  for (
    const accept of [
      undefined,
      "*/*",
      "application/json",
      "text/html,application/xhtml+xml,*/*;q=0.8",
      "image/png",
    ]
  ) {
    assertEquals([accept, await type(accept)], [accept, "application/json"]);
  }
  assertEquals((await call("GET", "/api/metrics")).headers.get("vary"), "Accept");
  await problemOf(await call("GET", "/api/metrics?format=xml"), "INVALID_FIELD");
});

Deno.test("info has the seed's fields, the builder that really runs, and the worlds unless redacted", async () => {
  const { call } = createTestServer();
  const info = await (await call("GET", "/api/info")).json();
  const seed = {
    version: "1.2.3",
    port: 7090,
    upstreamCount: 0,
    regionLevel: 2,
    gridResolution: 64,
    maxBuildDepth: 6,
    buildPoolSize: 2,
    structureType: "ESVO",
    worldMin: 0,
    worldMax: 1024,
    regionSize: 256,
    regionsPerAxis: 4,
  };
  for (const [key, value] of Object.entries(seed)) assertEquals([key, info[key]], [key, value]);
  assertEquals(info.kinds, ["esvo", "esvt"]);
  const tets = createTestServer({ config: { defaultKind: "esvt" } });
  assertEquals((await (await tets.call("GET", "/api/info")).json()).structureType, "ESVT");
  assertEquals([info.builder, info.worlds, info.worldCount], ["cpu", ["main"], 1]);
  assert(info.codecs.includes(2) && info.limits.maxBodyBytes > 0);
  const redacted = createTestServer({ config: { security: { redactSensitiveInfo: true } } });
  const shown = await (await redacted.call("GET", "/api/info")).json();
  assertEquals([shown.worlds, shown.worldCount], [undefined, 1]);
});

Deno.test("/ws/stats shows the ledger, which adds up, and each connection", async () => {
  const { call } = createTestServer();
  const stats = await (await call("GET", "/ws/stats")).json();
  const { owed, delivered, superseded, left_view: leftView, dropped, pending } = stats.ledger;
  assertEquals(owed, delivered + superseded + leftView + dropped.closed + pending);
  assertEquals(stats.clients.malformed_messages, 5);
  assertEquals(stats.kinds.esvo, { clients: 1, builds: 7, cached_regions: 2, frames_sent: 5 });
  assertEquals(stats.connections, STATUS.connections());
});
