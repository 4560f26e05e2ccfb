/**
 * A server in a process of its own that sends to all its clients as fast as they take it: the bare runtime, or the
 * connection kernel with the region streamer over builds that were made beforehand, so that no builder is measured.
 * Prints its port, then a line of JSON for each line that it is sent (a {@linkcode FanoutRun}).
 *
 * usage: deno run -A bench/support/fanout_server.ts bare|product BYTES,BYTES... [pool=off]
 */
import process from "node:process";
import { setImmediate } from "node:timers";
import { buildRegion, type BuiltRegion } from "./prebuilt.ts";
import { createRenderProfile, RegionClaims } from "../../src/channels/mod.ts";
import { RegionCache } from "../../src/cache/mod.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { seededRandom, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { ANONYMOUS, createAuthenticator, SessionTokens, Violations } from "../../src/security/mod.ts";
import { grantedLimits, Kernel, kernelLimits } from "../../src/session/mod.ts";
import { RegionStreamer } from "../../src/streaming/mod.ts";
import { BulkPool } from "../../src/streaming/bulk_pool.ts";
import { Worlds } from "../../src/world/mod.ts";
import { answerLines, printLine } from "../../tests/prove/line_process.ts";
import type { FanoutResult, FanoutRun } from "./fanout.ts";

/** Bytes in a socket above which the bare server leaves it out, as the product does. */
const WATERMARK_BYTES = 64 * 1024;
const REGIONS = 10;

const [kind, sizes = "", pool] = Deno.args;
if (pool === "pool=off") replacePool();
const server = kind === "bare" ? startBare() : await startProduct();
await printLine({ port: server.port });
await answerLines(async (run: FanoutRun): Promise<FanoutResult> => {
  const cpuMs = processorMs();
  const startMs = performance.now();
  const sent = await server.run(run);
  return { ...sent, wallMs: performance.now() - startMs, cpuMs: processorMs() - cpuMs };
});

interface Fanout {
  readonly port: number;
  run(run: FanoutRun): Promise<{ readonly frames: number; readonly messages: number }>;
}

/** Sends `sendsATurn` messages to every socket in turn, then lets the event loop run. */
function startBare(): Fanout {
  const sockets = new Set<WebSocket>();
  const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    // The clients answer no pings.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    return response;
  });
  return {
    port: addr.port,
    async run({ bytes, sendsATurn, ms }) {
      const message = new Uint8Array(bytes);
      const end = performance.now() + ms;
      let messages = 0;
      while (performance.now() < end) {
        for (const socket of sockets) {
          if (socket.bufferedAmount >= WATERMARK_BYTES) continue;
          for (let i = 0; i < sendsATurn; i++) socket.send(message);
          messages += sendsATurn;
        }
        await turn();
      }
      return { frames: messages, messages };
    },
  };
}

/** Hands so many regions a tick to the streamer as builds that have just ended, and waits until all clients have them. */
async function startProduct(): Promise<Fanout> {
  const clock = systemClock;
  const random = seededRandom(1);
  const { config } = loadConfig({
    env: {},
    flags: {
      "limits.maxClientsPerAddress": 10_000,
      "limits.connects": 1_000_000,
      "limits.maxLoopLagMs": 60_000,
      "streaming.idleTimeoutSec": 3600,
      "streaming.lodThresholds": [1e6],
      "streaming.maxLodLevel": 1,
    },
  });
  const worlds = new Worlds({
    limits: { ...config.world, maxEntitiesPerRegion: config.maxEntitiesPerRegion },
    defaults: { bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] }, level: 4, depth: 6, kind: "esvo" },
    clock,
    random,
  });
  const world = worlds.create("main");
  const keys = Array.from({ length: REGIONS }, (_, i) => {
    world.apply({
      kind: "patch",
      cells: { positions: Uint32Array.of(64 * i, 0, 0), colors: Uint32Array.of(0xff0000ff) },
    });
    return [...world.regions.keys()].at(-1)!;
  });
  const cache = new RegionCache({ maxBytes: 2 ** 30, ttlMs: 60_000, now: () => clock.monotonic() });
  const streamer = new RegionStreamer({
    ...config.streaming,
    clock,
    logger: silentLogger,
    cache,
    lodRule: { thresholds: config.streaming.lodThresholds, maxLod: 1, hysteresis: 0 },
    requestBuild() {},
    onInterestChanged() {},
  });
  streamer.addWorld(world);
  const kernel: Kernel = new Kernel({
    limits: kernelLimits(config),
    authenticator: await createAuthenticator(config, { clock, random, logger: silentLogger }),
    sessionTokens: new SessionTokens({ clock, ttlMs: 3_600_000, random }),
    violations: new Violations({ maxViolations: 1000, banMs: 1000, maxKeys: 1000 }),
    sources: [],
    upgrade: Deno.upgradeWebSocket,
    clock,
    random,
    logger: silentLogger,
    serverVersion: "bench",
    grants: grantedLimits(config),
  });
  const profile = createRenderProfile({
    worlds,
    streamer,
    connections: kernel.connections,
    defaultWorld: "main",
    lodThresholds: config.streaming.lodThresholds,
    maxBulkMessageBytes: config.streaming.maxBulkMessageBytes,
    ackIntervalMs: config.streaming.ackIntervalMs,
    claims: new RegionClaims({ clock, maxRegions: 65_536, maxBytes: 2 ** 24, ttlMs: 10_000 }),
    grants: grantedLimits(config),
    now: () => clock.now(),
  });
  const { addr } = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => kernel.accept(request, profile, { remoteAddress: "127.0.0.1", principal: ANONYMOUS }),
  );
  const builds = new Map<number, BuiltRegion[]>();
  for (const bytes of sizes.split(",").map(Number)) {
    builds.set(bytes, keys.map((key) => buildRegion(world, key, bytes)));
  }
  let version = 1;
  return {
    port: addr.port,
    async run({ bytes, regionsATick, ms }) {
      const regions = builds.get(bytes)!.slice(0, regionsATick);
      const before = streamer.bulkStats();
      let wanted = before.frames;
      const end = performance.now() + ms;
      while (performance.now() < end) {
        version++;
        for (const region of regions) streamer.onBuilt({ ...region, version });
        wanted += regions.length * streamer.clientCount;
        // The account of what waits goes through all clients, which no server does in each tick.
        do await turn(); while (streamer.bulkStats().frames < wanted);
      }
      const after = streamer.bulkStats();
      const messages = Object.entries(after.messages)
        .reduce((sum, [cause, count]) => sum + count - before.messages[cause as "idle"], 0);
      return { frames: after.frames - before.frames, messages };
    },
  };
}

/** Every message in a new buffer, which the garbage collector takes: what the pool saves shows against this. */
function replacePool(): void {
  const bytes = loadConfig({ env: {}, flags: {} }).config.streaming.maxBulkMessageBytes;
  BulkPool.prototype.lend = () => new Uint8Array(bytes);
  BulkPool.prototype.giveBack = () => {};
}

/** Lets the event loop run once; a timer would wait for a millisecond. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
