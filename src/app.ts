import deno from "../deno.json" with { type: "json" };
import { Backend, BuildService, describeBackend } from "./build/mod.ts";
import { RegionCache } from "./cache/mod.ts";
import { createRenderProfile } from "./channels/mod.ts";
import type { Config } from "./config/mod.ts";
import { createFileAssets, createHttpApp, type ServerStatus } from "./http/mod.ts";
import {
  type Clock,
  type Logger,
  LoopLag,
  Metrics,
  type Random,
  randomId,
  type TimerId,
} from "./observe/mod.ts";
import { CLOSE_CODES } from "./protocol/mod.ts";
import { SUBPROTOCOL } from "./security/mod.ts";
import { acceptSocket, type Connection, ConnectionRegistry } from "./session/mod.ts";
import { RegionStreamer } from "./streaming/mod.ts";
import {
  applyImport,
  type Flock,
  importFile,
  type ImportLimits,
  readModelFile,
  startDemo,
} from "./sources/mod.ts";
import type { TreeKind } from "./tree/mod.ts";
import { type World, Worlds } from "./world/mod.ts";

/** What a server is made of. */
export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Another entry of the Worker that builds on the GPU. */
  readonly gpuWorkerUrl?: URL;
}

/** A composed server. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly worlds: Worlds;
  /** World of those who name none; made with the app. */
  readonly defaultWorld: World;
  /** What really builds now and why, in words; known once `start` is done. */
  readonly builderText: string;
  /** Answers one request; for those who bring their own listener. */
  fetch(request: Request, info: { readonly remoteAddr: Deno.Addr }): Response | Promise<Response>;
  /** Counters and present load. */
  status(): ServerStatus;
  /**
   * Finds out what builds, and listens at the configured address. Rejects with a GpuError when the GPU that was asked for
   * cannot be had, with Deno.errors.AddrInUse when the port is taken.
   */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Imports a model file into the default world; answers what it made. Throws ImportError and leaves the world alone. */
  importFile(
    path: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly voxels: number; readonly regions: number }>;
  /** Fills the default world with the demo scene: a tree, and a flock that flies until the app ends. */
  startDemo(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Lets the flock of the demo scene hang in the air. */
  stopDemo(): void;
  /** Says good-bye to the clients (1001), stops listening and ends all Workers. May be called twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Time that clients have to answer the server's good-bye. */
const GOODBYE_TIMEOUT_MS = 1000;
/** Time that open requests have to finish when the server stops. */
const SHUTDOWN_TIMEOUT_MS = 3000;

/** The composition root: the only place that knows every part. */
export function createApp(options: AppOptions): App {
  const { config, clock, random, logger } = options;
  let startedAtMs = clock.monotonic();
  const metrics = new Metrics();
  const worlds = createWorlds(options);
  const builder = new Backend({
    backend: config.build.backend,
    gpu: config.gpu,
    cpu: { poolSize: config.build.buildPoolSize, buildTimeoutMs: config.build.buildTimeoutMs },
    clock,
    random,
    logger,
    ...(options.gpuWorkerUrl === undefined ? {} : { gpuWorkerUrl: options.gpuWorkerUrl }),
  });
  const cache = new RegionCache({
    maxBytes: config.cache.maxCacheMemoryBytes,
    ttlMs: config.performance.regionCacheTtlMs,
    onOverBudget: (bytes, maxBytes) => logger.warn("cache.over_budget", { bytes, maxBytes }),
    now: () => clock.monotonic(),
  });
  const builds: BuildService = new BuildService({ ...config.build, builder, clock, random, logger }, {
    seenBy: (world, key) => streamer.seenBy(world, key),
    wantedKinds: (world, key, version) => streamer.wantedKinds(world, key, version),
    wantedLods: (world, key, kind) => streamer.wantedLods(world, key, kind),
    onBuilt: (built) => streamer.onBuilt(built),
    hasRoomForUnseen: () => cache.hasRoom,
  });
  const streamer: RegionStreamer = new RegionStreamer({
    ...config.streaming,
    clock,
    logger,
    cache,
    lodRule: {
      thresholds: config.streaming.lodThresholds,
      maxLod: config.streaming.maxLodLevel,
      hysteresis: config.streaming.lodHysteresis,
    },
    requestBuild: (world, key, kind) => builds.request(world, key, kind),
    onSeenChanged: (world, key, seen) => builds.reprioritise(world, key, seen),
  });
  const registry = new ConnectionRegistry(config.streaming.maxClientsPerServer);

  worlds.onCreate((world) => {
    streamer.addWorld(world);
    builds.watch(world);
  });
  worlds.onDelete((world) => {
    builds.unwatch(world);
    streamer.removeWorld(world);
  });
  const defaultWorld = worlds.create(config.defaultWorld);

  function status(): ServerStatus {
    const build = builds.stats();
    const cached = cache.stats();
    const ledger = streamer.ledger();
    const clientsByKind = streamer.clientsByKind();
    const lookups = Math.max(1, cached.hits + cached.misses);
    const kindStatus = (kind: TreeKind) => ({
      clients: clientsByKind[kind],
      builds: build.buildsByKind[kind],
      cachedRegions: cached.countByKind[kind],
      framesSent: ledger.deliveredByKind[kind],
    });
    return {
      uptimeMs: clock.monotonic() - startedAtMs,
      ...(listening === undefined ? {} : { port: listening.addr.port }),
      builder: { ...build, ...builder.status() },
      cache: {
        pinnedCount: cached.pinnedCount,
        unpinnedCount: cached.unpinnedCount,
        totalCount: cached.pinnedCount + cached.unpinnedCount,
        totalMemoryBytes: cached.totalBytes,
        maxMemoryBytes: cached.maxBytes,
        hitRate: cached.hits / lookups,
        missRate: cached.misses / lookups,
        evictionCount: cached.evictions,
        memoryPressure: cached.totalBytes / cached.maxBytes,
      },
      clients: { connected: registry.size, streaming: streamer.clientCount, ...registry.totals() },
      ledger,
      kinds: { esvo: kindStatus("esvo"), esvt: kindStatus("esvt") },
      connections: () => [...registry].map(connectionRow),
    };
  }

  function connectionRow(connection: Connection) {
    const stream = streamer.streamOf(connection);
    return {
      session: connection.id,
      remote_address: connection.remoteAddress,
      connected_ms: Math.round(clock.now() - connection.acceptedAtMs),
      world: stream?.world.id ?? null,
      kind: stream?.kind ?? null,
      regions_wanted: stream?.wanted ?? 0,
      messages_in: connection.counters.messagesIn,
      malformed_messages: connection.counters.malformedMessages,
      frames_sent: connection.counters.framesSent,
      bytes_sent: connection.counters.bytesSent,
      buffered_bytes: connection.bufferedBytes,
    };
  }

  const channel = {
    worlds,
    streamer,
    defaultWorld: config.defaultWorld,
    lodThresholds: config.streaming.lodThresholds,
    maxMessageSizeBytes: config.streaming.maxMessageSizeBytes,
    streamingIntervalMs: config.streaming.streamingIntervalMs,
    now: () => clock.now(),
  };

  const http = createHttpApp({
    config,
    worlds,
    clock,
    logger,
    metrics,
    version: deno.version,
    status,
    assets: createFileAssets([
      new URL("./client/page/", import.meta.url),
      new URL("../dist/viewer/", import.meta.url),
    ]),
    upgradeRender(request, remoteAddress) {
      const offered = request.headers.get("sec-websocket-protocol")?.split(",").map((name) => name.trim());
      const world = new URL(request.url).searchParams.get("world") ?? undefined;
      return acceptSocket(request, {
        registry,
        profile: createRenderProfile(channel, world),
        maxMessageSizeBytes: config.streaming.maxMessageSizeBytes,
        idleTimeoutSec: config.streaming.idleTimeoutSec,
        ...(offered?.includes(SUBPROTOCOL) ? { subprotocol: SUBPROTOCOL } : {}),
        remoteAddress,
        connectionId: randomId(random),
        clock,
        openTimeoutMs: config.streaming.openTimeoutMs,
        onUnexpected: (error) => logger.error("session.message_failed", { error: String(error) }),
      });
    },
  });

  let listening: Deno.HttpServer<Deno.NetAddr> | undefined;
  const lag = metrics.histogram(
    "voxcast_event_loop_lag_ms",
    "How late the event loop ran a timer that was set every 250 ms",
  );
  const lagProbe = new LoopLag({ clock, onSample: (ms) => lag.observe(ms) });
  let flock: Flock | undefined;
  let disposing: Promise<void> | undefined;

  async function dispose(): Promise<void> {
    http.dispose();
    flock?.stop();
    lagProbe[Symbol.dispose]();
    for (const connection of [...registry]) connection.close(CLOSE_CODES.SHUTDOWN.code);
    streamer.dispose();
    builds.dispose();
    // The listener's own shutdown closes sockets with another reason, so the clients' answers are awaited first.
    await atMost(clock, GOODBYE_TIMEOUT_MS, registry.whenEmpty());
    if (listening !== undefined) await atMost(clock, SHUTDOWN_TIMEOUT_MS, listening.shutdown());
    await builder[Symbol.asyncDispose]();
    if (builder.restMs > 0) await pause(clock, builder.restMs);
  }

  return {
    config,
    worlds,
    defaultWorld,
    get builderText(): string {
      return describeBackend(builder.status(), config.build.buildPoolSize);
    },
    fetch: http.fetch,
    status,
    async start() {
      await builder.open();
      startedAtMs = clock.monotonic();
      listening = Deno.serve(
        { hostname: config.host, port: config.port, onListen() {} },
        (request, info) => http.fetch(request, info),
      );
      const { port } = listening.addr;
      return { url: `http://${urlHost(config.host)}:${port}/`, port };
    },
    async importFile(path, { signal } = {}) {
      const { grid } = defaultWorld;
      const watched = signal === undefined ? {} : { signal };
      const bytes = await readModelFile(path, config.import.maxFileBytes);
      const result = await importFile(bytes, { grid, limits: importLimits(config), ...watched });
      await applyImport(defaultWorld, result, { clock, ...watched });
      return { voxels: result.summary.voxels, regions: defaultWorld.regions.size };
    },
    async startDemo({ signal } = {}) {
      flock = await startDemo({
        world: defaultWorld,
        clock,
        random,
        limits: importLimits(config),
        onError: (error) => logger.error("demo.stopped", { error: String(error) }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    stopDemo: () => flock?.stop(),
    [Symbol.asyncDispose]: () => disposing ??= dispose(),
  };
}

function createWorlds({ config, clock, random, logger }: AppOptions): Worlds {
  const { worldMin, worldMax } = config;
  return new Worlds({
    limits: { ...config.world, maxEntitiesPerRegion: config.maxEntitiesPerRegion },
    defaults: {
      bounds: { min: [worldMin, worldMin, worldMin], max: [worldMax, worldMax, worldMax] },
      level: config.regionLevel,
      depth: config.gridDepth,
      kind: config.defaultKind,
    },
    clock,
    random,
    onListenerError: (error) => logger.error("world.listener_failed", { error: String(error) }),
  });
}

function importLimits({ import: limits }: Config): ImportLimits {
  const { maxFileBytes, maxDecodedBytes, maxPoints, maxSceneNodes, maxSceneDepth, maxCells } = limits;
  return { maxFileBytes, maxDecodedBytes, maxPoints, maxSceneNodes, maxSceneDepth, maxCells };
}

/** Waits for work to end, but no longer than `ms`. */
async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let timer: TimerId | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  if (timer !== undefined) clock.clearTimeout(timer);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}

function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "[::]") return "localhost";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
