import deno from "../deno.json" with { type: "json" };
import { Backend, BuildService, describeBackend } from "./build/mod.ts";
import { RegionCache } from "./cache/mod.ts";
import {
  createRenderProfile,
  createWorldFeatures,
  HEARTBEAT_PROFILE,
  RegionClaims,
  STREAM_FEATURES_PROFILE,
} from "./channels/mod.ts";
import { type Config, readTlsFiles, type TlsFiles } from "./config/mod.ts";
import {
  createFileAssets,
  createHttpApp,
  failureAnswer,
  Listener,
  type ProfileName,
  type ServerStatus,
  serverStatus,
  type UpgradePeer,
} from "./http/mod.ts";
import { type Clock, type Logger, LoopLag, Metrics, type Random, type TimerId } from "./observe/mod.ts";
import {
  createAuthenticator,
  credentialFiles,
  CredentialWatch,
  MemoryLimitStore,
  SessionTokens,
  SUBPROTOCOL,
  Violations,
} from "./security/mod.ts";
import {
  type Connection,
  grantedLimits,
  Kernel,
  kernelLimits,
  MemoryGuard,
  type Profile,
} from "./session/mod.ts";
import { formatRegionKey } from "./space/mod.ts";
import { Snapshots } from "./snapshot/mod.ts";
import { RegionStreamer } from "./streaming/mod.ts";
import {
  applyImport,
  type Flock,
  importFile,
  type ImportLimits,
  readModelFile,
  startDemo,
} from "./sources/mod.ts";
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
   * Finds out what builds, and listens at the configured address. Rejects with a ConfigError when the certificate or its key
   * cannot be used, with a GpuError when the GPU that was asked for cannot be had, with Deno.errors.AddrInUse when the port is
   * taken.
   */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Imports a model file into the default world; answers what it made. Throws ImportError and leaves the world alone. */
  importFile(
    path: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly voxels: number; readonly regions: number }>;
  /** Fills the default world with the demo scene: a tree, and a flock that flies until the app ends. */
  startDemo(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Looks now whether the files of keys have changed, as it does every two seconds from `start` on. */
  reloadKeys(): Promise<void>;
  /** Lets the flock of the demo scene hang in the air. */
  stopDemo(): void;
  /** Says good-bye to the clients (1001), stops listening and ends all Workers. May be called twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Time that clients have to answer the server's good-bye. */
const GOODBYE_TIMEOUT_MS = 1000;
/** Time that open requests have to finish when the server stops. */
const SHUTDOWN_TIMEOUT_MS = 3000;
/** Certificates are renewed long before this; one that is not has been forgotten. */
const CERTIFICATE_WARNING_MS = 14 * 24 * 3_600_000;

/**
 * The composition root: the only place that knows every part.
 * @throws {ConfigError} if a file of keys cannot be used
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, random, logger } = options;
  let startedAtMs = clock.monotonic();
  let importBytes = 0;
  const metrics = new Metrics();
  const authenticator = await createAuthenticator(config, { clock, random, logger });
  const violations = new Violations({
    maxViolations: config.limits.maxViolations,
    banMs: config.limits.banSec * 1000,
    maxKeys: config.limits.maxTrackedKeys,
    onBan: (identity) => logger.warn("limits.banned", { identity, seconds: config.limits.banSec }),
  });
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
    onOversized: (key, bytes, maxBytes) =>
      logger.warn("cache.oversized", { region: formatRegionKey(key), bytes, maxBytes }),
    onHeldLod: (heldLod, previous) => logger.warn("cache.held_lod", { heldLod, previous }),
    now: () => clock.monotonic(),
  });
  const buildWaits = metrics.histogram("voxcast_build_wait_ms", "Time of a region in the queue of builds");
  const buildTimes = metrics.histogram("voxcast_build_time_ms", "Time that a build took");
  const builds: BuildService = new BuildService({
    ...config.build,
    builder,
    clock,
    random,
    logger,
    onWait: (ms) => buildWaits.observe(ms),
    onBuildTime: (ms) => buildTimes.observe(ms),
  }, {
    interestIn: (world, key) => streamer.interestIn(world, key),
    wantedKinds: (world, key, version) => streamer.wantedKinds(world, key, version),
    wantedPayloads: (world, key, kind) => streamer.wantedPayloads(world, key, kind),
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
      ...(config.streaming.lodBy === "distance" ? {} : { maxErrorPx: config.streaming.maxScreenErrorPx }),
    },
    requestBuild: (world, key, kind) => builds.request(world, key, kind),
    onInterestChanged: (world, key) => builds.reprioritise(world, key),
  });
  const snapshots = new Snapshots({
    settings: config.snapshots,
    trace: config.trace,
    regions: streamer,
    clock,
    random,
    logger,
    metrics,
    version: deno.version,
  });
  const durations = metrics.histogram(
    "voxcast_connection_seconds",
    "How long connections lasted",
    [],
    [1, 10, 60, 600, 3600, 21_600, 86_400],
  );
  const kernel: Kernel = new Kernel({
    limits: kernelLimits(config),
    authenticator,
    sessionTokens: new SessionTokens({ clock, ttlMs: config.security.sessionTokenTtlSec * 1000, random }),
    violations,
    sources: [createWorldFeatures({
      worlds,
      defaultWorld: config.defaultWorld,
      clock,
      clientsIn: (world) => kernel.connections.countIn(world),
    })],
    upgrade: upgradeSocket,
    clock,
    random,
    logger,
    serverVersion: deno.version,
    grants: grantedLimits(config),
    onEnded: (record) => durations.observe(record.duration_seconds),
  });

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
    const parts = { clock, builds, builder, cache, streamer, snapshots, kernel, guard, authenticator };
    return serverStatus(parts, { startedAtMs, port: listening?.addr.port });
  }

  const claims = new RegionClaims<Connection>({
    clock,
    maxRegions: config.limits.maxKnownRegions,
    maxBytes: config.limits.maxKnownBytes,
    ttlMs: config.limits.knownTtlMs,
  });
  const channel = {
    worlds,
    streamer,
    connections: kernel.connections,
    defaultWorld: config.defaultWorld,
    lodThresholds: config.streaming.lodThresholds,
    maxBulkMessageBytes: config.streaming.maxBulkMessageBytes,
    ackIntervalMs: config.streaming.ackIntervalMs,
    claims,
    grants: grantedLimits(config),
    now: () => clock.now(),
  };

  const profiles: Readonly<Record<ProfileName, Profile<Connection>>> = {
    render: createRenderProfile(channel),
    heartbeat: HEARTBEAT_PROFILE,
    "stream_features": STREAM_FEATURES_PROFILE,
  };

  const http = createHttpApp({
    config,
    worlds,
    regions: streamer,
    snapshots,
    clock,
    logger,
    metrics,
    version: deno.version,
    status,
    assets: createFileAssets([
      new URL("./client/page/", import.meta.url),
      new URL("../dist/viewer/", import.meta.url),
    ]),
    authenticator,
    limitStore: new MemoryLimitStore({ maxKeys: config.limits.maxTrackedKeys }),
    violations,
    upgrade: (name, request, peer) => upgrade(name, request, peer),
    checkUpgrade: (name, peer) => kernel.check(profiles[name], peer),
  });

  function upgrade(name: ProfileName, request: Request, peer: UpgradePeer): Response {
    const query = new URL(request.url).searchParams;
    const offered = request.headers.get("sec-websocket-protocol")?.split(",").map((part) => part.trim());
    const origin = request.headers.get("origin");
    const clientId = peer.principal?.method === "development" ? query.get("client_id") : null;
    const world = query.get("world") ?? undefined;
    return kernel.accept(request, profiles[name], {
      ...peer,
      ...(world === undefined ? {} : { world }),
      ...(origin === null ? {} : { origin }),
      ...(clientId === null ? {} : { clientId }),
      ...(offered?.includes(SUBPROTOCOL) ? { subprotocol: SUBPROTOCOL } : {}),
    });
  }

  let listening: Listener | undefined;
  const lag = metrics.histogram(
    "voxcast_event_loop_lag_ms",
    "How late the event loop ran a timer that was set every 250 ms",
  );
  const lagProbe = new LoopLag({
    clock,
    onSample(ms) {
      lag.observe(ms);
      kernel.admission.noteLag(ms, clock.monotonic());
    },
  });
  const guard = new MemoryGuard({
    maxUnexplainedBytes: config.limits.maxUnexplainedBytes,
    clock,
    logger,
    readMemory() {
      const memory = Deno.memoryUsage();
      kernel.admission.noteMemory(memory.rss);
      return memory;
    },
    // What clients say that they hold lies in arrays, which `external` counts already.
    knownBytes: () => kernel.waitingBytes + builder.workerBytes + snapshots.workerBytes + importBytes,
    connections: () => kernel.guarded(),
  });
  let flock: Flock | undefined;
  let credentialWatch: CredentialWatch | undefined;
  let disposing: Promise<void> | undefined;

  async function dispose(): Promise<void> {
    http.dispose();
    flock?.stop();
    lagProbe[Symbol.dispose]();
    guard[Symbol.dispose]();
    kernel[Symbol.dispose]();
    // Whoever waits for a picture is to be told before the listener stops waiting for answers.
    const tracerEnd = snapshots.close();
    claims[Symbol.dispose]();
    credentialWatch?.[Symbol.dispose]();
    authenticator[Symbol.dispose]();
    streamer.dispose();
    builds.dispose();
    // The listener's own shutdown closes sockets with another reason, so the clients' answers are awaited first.
    await atMost(clock, GOODBYE_TIMEOUT_MS, kernel.connections.whenEmpty());
    if (listening !== undefined) await atMost(clock, SHUTDOWN_TIMEOUT_MS, listening.shutdown());
    await Promise.all([builder[Symbol.asyncDispose](), tracerEnd]);
    const restMs = Math.max(builder.restMs, snapshots.restMs);
    if (restMs > 0) await pause(clock, restMs);
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
      const tls = await readTlsFiles(config.security, clock.now());
      if (tls !== undefined) warnOfExpiry(tls, clock, logger);
      await builder.open();
      await snapshots.open();
      startedAtMs = clock.monotonic();
      const onError = failureAnswer(logger);
      listening = new Listener({
        // The runtime offers h2 and http/1.1 and nothing else: sockets take the latter, as it has no WebSocket over h2.
        serve: (port) =>
          Deno.serve(
            {
              hostname: config.host,
              port,
              onListen() {},
              onError,
              ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
            },
            (request, info) => http.fetch(request, info),
          ),
        port: config.port,
        clock,
        logger,
      });
      if (credentialFiles(config.security).length > 0) {
        credentialWatch = new CredentialWatch(() => authenticator.reload(), clock);
      }
      const { port } = listening.addr;
      return { url: `${tls === undefined ? "http" : "https"}://${urlHost(config.host)}:${port}/`, port };
    },
    async importFile(path, { signal } = {}) {
      const { grid } = defaultWorld;
      const watched = signal === undefined ? {} : { signal };
      const bytes = await readModelFile(path, config.import.maxFileBytes);
      const result = await importFile(bytes, {
        grid,
        limits: importLimits(config),
        onMemory: (taken) => importBytes = taken,
        ...watched,
      });
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
    reloadKeys: () => authenticator.reload(),
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

/**
 * As `Deno.upgradeWebSocket`, but for the subprotocol: the runtime finds it in a list only if there is a space behind each
 * comma, which clients need not send (RFC 9110, 5.6.1), so the answer's header is set here.
 */
function upgradeSocket(
  request: Request,
  { protocol, ...rest }: Deno.UpgradeWebSocketOptions,
): Deno.WebSocketUpgrade {
  const upgrade = Deno.upgradeWebSocket(request, rest);
  if (protocol !== undefined) upgrade.response.headers.set("sec-websocket-protocol", protocol);
  return upgrade;
}

function warnOfExpiry({ expiresAtMs }: TlsFiles, clock: Clock, logger: Logger): void {
  if (expiresAtMs - clock.now() > CERTIFICATE_WARNING_MS) return;
  logger.warn("tls.certificate_ends_soon", { endsAt: new Date(expiresAtMs).toISOString() });
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
