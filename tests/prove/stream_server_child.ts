/**
 * A server with a landscape in a process of its own, which changes regions at a rate and tells when each change was made.
 * Prints its port, then a line of JSON for each {@linkcode ServerOrder}.
 *
 * usage: deno run -A --v8-flags=--expose-gc tests/prove/stream_server_child.ts REGIONS [FLAGS AS JSON]
 */
import process from "node:process";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { seededRandom, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { regionMorton } from "../../src/space/mod.ts";
import { answerLines, printLine } from "./line_process.ts";
import { editRegion, fillLandscape } from "./stream_world.ts";
import type { EditLog, ServerLoad, ServerOrder } from "./stream_orders.ts";

const [regions = "1", flags = "{}"] = Deno.args;
const defaults = { port: 0, "build.backend": "cpu", "build.buildPoolSize": 1, "log.level": "silent" };
const { config } = loadConfig({ env: {}, flags: { ...defaults, ...JSON.parse(flags) } });
const app = await createApp({ config, clock: systemClock, random: seededRandom(1), logger: silentLogger });
const { port } = await app.start();
const world = app.defaultWorld;
fillLandscape(world, Number(regions));
while (world.dirty.size > 0) await pause(20);
await printLine({ port });
await answerLines((order: ServerOrder) => {
  if (order.do === "edit") return edit(order);
  if (order.do === "versions") {
    return [...world.regions].map(([key, { version }]) => [regionMorton(key), version]);
  }
  return load(order.collects);
});

/** Changes regions, several at a time, one batch in every interval. */
async function edit(
  { perSecond, intervalMs, seconds, spread }: ServerOrder & { do: "edit" },
): Promise<EditLog> {
  const log: EditLog = { mortons: [], versions: [], timesMs: [] };
  const startMs = performance.now();
  const batches = Math.round(seconds * 1000 / intervalMs);
  const perBatch = perSecond * intervalMs / 1000;
  let edits = 0;
  for (let batch = 1; batch <= batches; batch++) {
    await pause(Math.max(0, startMs + batch * intervalMs - performance.now()));
    for (; edits < Math.round(batch * perBatch); edits++) {
      const atMs = performance.timeOrigin + performance.now();
      // Steps of a prime: all are changed equally often, and neighbours in time are none in space.
      const key = editRegion(world, (edits * 389) % Math.min(spread, Number(regions)), edits);
      log.mortons.push(regionMorton(key));
      log.versions.push(world.region(key)!.version);
      log.timesMs.push(atMs);
    }
  }
  return log;
}

async function load(collects: boolean): Promise<ServerLoad> {
  for (let i = 0; collects && i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    // Finalizers run between turns.
    await pause(20);
  }
  const { heapUsed, external, rss } = Deno.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { ledger, clients, bulk, backpressure, builder } = app.status();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    cpuMs: (user + system) / 1000,
    streaming: clients.streaming,
    connected: clients.connected,
    framesSent: clients.framesSent,
    bytesSent: clients.bytesSent,
    dirty: world.dirty.size,
    waitingBuilds: builder.queueDepth,
    ledger,
    messages: Object.values(bulk.messages).reduce((sum, count) => sum + count, 0),
    lent: bulk.buffersLent,
    closedSlow: backpressure.closed.slow,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
