import { type Config, loadConfig, type PartialConfig } from "../../src/config/mod.ts";
import {
  type Asset,
  type AssetSource,
  createHttpApp,
  type HttpApp,
  type ProfileName,
  type ServerStatus,
  type UpgradePeer,
} from "../../src/http/mod.ts";
import type { HttpDeps } from "../../src/http/mod.ts";
import { type Logger, Metrics, seededRandom } from "../../src/observe/mod.ts";
import { MemoryLimitStore, type Principal, Violations } from "../../src/security/mod.ts";
import { Snapshots } from "../../src/snapshot/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { FakeTracer } from "../snapshot/fake_tracer.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";
import { FakeRegions } from "./fake_regions.ts";
import { FakeAuthenticator } from "./fake_authenticator.ts";

/** A line that the server logged. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An HTTP side with real worlds, a clock that stands still, and no socket. */
export interface TestServer {
  readonly app: HttpApp;
  readonly deps: HttpDeps;
  readonly worlds: Worlds;
  /** `main`: level 1, depth 3, so 16 cells an axis; bounds 0..16. */
  readonly main: World;
  readonly clock: ManualClock;
  readonly regions: FakeRegions;
  readonly tracer: FakeTracer;
  readonly snapshots: Snapshots;
  readonly log: LogLine[];
  /** Requests that were handed to the WebSocket side. */
  readonly upgraded: Request[];
  /** Who they were, and which path it was. */
  readonly upgrades: { readonly profile: ProfileName; readonly peer: UpgradePeer }[];
  /** The same for requests that only asked whether they would be upgraded. */
  readonly checks: { readonly profile: ProfileName; readonly peer: UpgradePeer }[];
  /** Sends a request; an object as body goes as JSON. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    address?: string,
  ): Promise<Response>;
}

/** What a test may set. */
export interface TestServerOptions {
  /** Most regions that a camera is sent. */
  readonly maxRegionsPerView?: number;
  readonly config?: PartialConfig;
  readonly status?: Partial<ServerStatus>;
  readonly assets?: Readonly<Record<string, string>>;
  readonly limits?: Partial<typeof DEFAULT_WORLD_LIMITS>;
  readonly deps?: Partial<HttpDeps>;
  /** Who there is, by key; beside an owner with `security.apiKey`, if that is set. */
  readonly principals?: Readonly<Record<string, Principal>>;
}

export const ORIGIN = "http://127.0.0.1:7090";

/** Builds a server for a test. */
export function createTestServer(options: TestServerOptions = {}): TestServer {
  const file = options.config ?? {};
  // A key is only taken where it cannot be read on the way.
  const security = file.security?.apiKey === undefined ? {} : { trustProxy: ["127.0.0.1"] };
  const config: Config = loadConfig({
    preset: "testing",
    file: { ...file, security: { ...security, ...file.security } },
    env: {},
    flags: {},
  }).config;
  const clock = new ManualClock();
  const worlds = new Worlds({
    defaults: WORLD_DEFAULTS,
    limits: { ...DEFAULT_WORLD_LIMITS, ...options.limits },
    clock,
    random: seededRandom(1),
  });
  const regions = new FakeRegions(worlds, clock, options.maxRegionsPerView);
  const main = worlds.create("main", { bounds: { min: [0, 0, 0], max: [16, 16, 16] }, level: 1, depth: 3 });
  const log: LogLine[] = [];
  const upgraded: Request[] = [];
  const checks: { profile: ProfileName; peer: UpgradePeer }[] = [];
  const upgrades: { profile: ProfileName; peer: UpgradePeer }[] = [];
  const tracer = new FakeTracer();
  const metrics = new Metrics();
  const snapshots = new Snapshots({
    settings: config.snapshots,
    trace: config.trace,
    regions: regions.streamer,
    clock,
    random: seededRandom(2),
    logger: recorder(log),
    metrics,
    version: "1.2.3",
    createTracer: (hooks) => {
      tracer.hooks = hooks;
      return tracer;
    },
  });
  const { apiKey } = config.security;
  const owner: Principal = { id: "key:owner", method: "api-key", role: "owner", worlds: "all" };
  const deps: HttpDeps = {
    config,
    worlds,
    regions: regions.streamer,
    snapshots,
    clock,
    logger: recorder(log),
    metrics,
    version: "1.2.3",
    status: () => ({ ...STATUS, ...options.status }),
    authenticator: new FakeAuthenticator({
      ...options.principals,
      ...(apiKey === undefined ? {} : { [apiKey]: owner }),
    }),
    limitStore: new MemoryLimitStore({ maxKeys: config.limits.maxTrackedKeys }),
    violations: new Violations({
      maxViolations: config.limits.maxViolations,
      banMs: config.limits.banSec * 1000,
      maxKeys: config.limits.maxTrackedKeys,
    }),
    checkUpgrade: (profile, peer) => void checks.push({ profile, peer }),
    upgrade: (profile, request, peer) => {
      upgraded.push(request);
      upgrades.push({ profile, peer });
      return new Response("upgraded");
    },
    assets: memoryAssets(options.assets ?? {}),
    ...options.deps,
  };
  const app = createHttpApp(deps);

  function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    hostname = "127.0.0.1",
  ) {
    const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array ||
      body instanceof ReadableStream;
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: { ...(isRaw ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? body as BodyInit : JSON.stringify(body) }),
    });
    return Promise.resolve(app.fetch(request, { remoteAddr: { transport: "tcp", hostname, port: 50000 } }));
  }
  return {
    app,
    deps,
    worlds,
    main,
    clock,
    regions,
    tracer,
    snapshots,
    log,
    upgraded,
    upgrades,
    checks,
    call,
  };
}

/** Files in memory. */
export function memoryAssets(files: Readonly<Record<string, string>>): AssetSource {
  const types: Record<string, string> = {
    html: "text/html; charset=utf-8",
    js: "text/javascript; charset=utf-8",
  };
  const loaded = new Map<string, Asset>(
    Object.entries(files).map(([name, text]) => [
      name,
      { bytes: new TextEncoder().encode(text), contentType: types[name.split(".").at(-1)!] ?? "text/css" },
    ]),
  );
  return { read: (name) => Promise.resolve(loaded.get(name)) };
}

export const STATUS: ServerStatus = {
  uptimeMs: 1234,
  port: 7090,
  builder: {
    name: "cpu",
    asked: "auto",
    adapter: undefined,
    reason: "There is no WebGPU adapter on this machine",
    isDegraded: false,
    breaker: "none",
    batches: 20,
    batchRegions: 21,
    deviceLosses: 22,
    hangs: 23,
    fallbackBuilds: 24,
    gpuMs: 25.5,
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
  },
  cache: {
    pinnedCount: 1,
    unpinnedCount: 2,
    totalCount: 3,
    totalMemoryBytes: 400,
    maxMemoryBytes: 1000,
    hitRate: 0.75,
    missRate: 0.25,
    evictionCount: 5,
    memoryPressure: 0.4,
    heldLod: 1,
    demandBytes: 1500,
    trims: 34,
    oversized: 35,
  },
  clients: {
    connected: 1,
    streaming: 1,
    accepted: 2,
    refused: 3,
    messagesIn: 4,
    malformedMessages: 5,
    framesSent: 6,
    bytesSent: 7,
    bufferedBytes: 8,
  },
  ledger: { owed: 15, delivered: 8, superseded: 2, leftView: 1, dropped: { closed: 3 }, pending: 1 },
  bulk: {
    messages: { frames: 36, bytes: 37, idle: 38, single: 39 },
    frames: { full: 40, refinement: 41, delta: 42 },
    batchSize: 2.5,
    parts: 43,
    sendFailures: 44,
    buffersLent: 0,
    buffersFree: 2,
    buffersMade: 45,
  },
  backpressure: {
    held: { slow: 46, memory: 47, view: 52 },
    released: { slow: 48, memory: 49, view: 53 },
    closed: { slow: 50, failing: 51 },
    slowClients: 3,
  },
  kinds: {
    esvo: { clients: 1, builds: 7, cachedRegions: 2, framesSent: 5 },
    esvt: { clients: 0, builds: 3, cachedRegions: 1, framesSent: 1 },
  },
  snapshots: {
    pictures: 61,
    cacheHits: 62,
    shared: 63,
    unchanged: 64,
    picks: 65,
    refused: { busy: 66, late: 67, "too-large": 68, invalid: 69, gone: 70, failed: 71 },
    inWork: 72,
    cachedBytes: 73,
  },
  tracer: new FakeTracer().status(),
  session: {
    open: 9,
    authenticated: 7,
    unauthenticated: 2,
    lingering: 10,
    entries: 29,
    subscriptions: 11,
    refused: { server: 1, overloaded: 12 },
    messagesIn: 13,
    messagesOut: 14,
    bytesIn: 15,
    bytesOut: 16,
    droppedFrames: 17,
    undelivered: 18,
    heartbeatTimeouts: 19,
    slowConsumers: 20,
    compression: { messages: 21, plainBytes: 200, sentBytes: 50, ratio: 0.25 },
    latency: { samples: 22, avgMs: 0.512345678, p50Ms: 0.25, p99Ms: 4.123456789, maxMs: 8 },
    limits: { violations: 23, bans: 24, rateLimited: 25 },
    guard: { knownBytes: 30, unexplainedBytes: 31, closed: 32 },
    auth: { successes: 26, failures: { "wrong-key": 27, expired: 0 }, lockouts: 28 },
  },
  members: (world) => [{ id: `of ${world}`, userId: "key:a", clientId: null, connectedAtMs: 1234 }],
  audit: (world) => [{
    record: "connection",
    connection_id: "gone",
    world: world ?? "any",
    remote_address: "192.0.2.1",
  }],
  connections: () => [{ session: "abc", world: "main", frames_sent: 6, open: true, client_id: null }],
};

function recorder(log: LogLine[]): Logger {
  const at = (level: string) => (event: string, fields = {}) => void log.push({ level, event, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The body of an answer, which must be a problem of that code. */
export async function problemOf(response: Response, code: string): Promise<Record<string, unknown>> {
  const text = await response.text();
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`Expected a problem ${code}, got ${response.status} ${text.slice(0, 500)}`);
  }
  const problem = JSON.parse(text) as Record<string, unknown>;
  if (problem["code"] !== code) throw new Error(`Expected ${code}, got ${text.slice(0, 500)}`);
  if (problem["status"] !== response.status) {
    throw new Error(`Status ${response.status} is not the body's: ${text}`);
  }
  return problem;
}
