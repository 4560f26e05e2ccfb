import { type Config, loadConfig, type PartialConfig } from "../../src/config/mod.ts";
import {
  type Asset,
  type AssetSource,
  createHttpApp,
  type HttpApp,
  type ServerStatus,
} from "../../src/http/mod.ts";
import type { HttpDeps } from "../../src/http/mod.ts";
import { type Logger, Metrics, seededRandom } from "../../src/observe/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";

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
  readonly log: LogLine[];
  /** Requests that were handed to the WebSocket side. */
  readonly upgraded: Request[];
  /** Sends a request; an object as body goes as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** What a test may set. */
export interface TestServerOptions {
  readonly config?: PartialConfig;
  readonly status?: Partial<ServerStatus>;
  readonly assets?: Readonly<Record<string, string>>;
  readonly limits?: Partial<typeof DEFAULT_WORLD_LIMITS>;
  readonly deps?: Partial<HttpDeps>;
}

export const ORIGIN = "http://127.0.0.1:7090";
const LOOPBACK: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 50000 };

/** Builds a server for a test. */
export function createTestServer(options: TestServerOptions = {}): TestServer {
  const config: Config =
    loadConfig({ preset: "testing", file: options.config ?? {}, env: {}, flags: {} }).config;
  const clock = new ManualClock();
  const worlds = new Worlds({
    defaults: WORLD_DEFAULTS,
    limits: { ...DEFAULT_WORLD_LIMITS, ...options.limits },
    clock,
    random: seededRandom(1),
  });
  const main = worlds.create("main", { bounds: { min: [0, 0, 0], max: [16, 16, 16] }, level: 1, depth: 3 });
  const log: LogLine[] = [];
  const upgraded: Request[] = [];
  const deps: HttpDeps = {
    config,
    worlds,
    clock,
    logger: recorder(log),
    metrics: new Metrics(),
    version: "1.2.3",
    status: () => ({ ...STATUS, ...options.status }),
    upgradeRender: (request) => {
      upgraded.push(request);
      return new Response("upgraded");
    },
    assets: memoryAssets(options.assets ?? {}),
    ...options.deps,
  };
  const app = createHttpApp(deps);

  function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array ||
      body instanceof ReadableStream;
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: { ...(isRaw ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? body as BodyInit : JSON.stringify(body) }),
    });
    return Promise.resolve(app.fetch(request, { remoteAddr: LOOPBACK }));
  }
  return { app, deps, worlds, main, clock, log, upgraded, call };
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
  kinds: {
    esvo: { clients: 1, builds: 7, cachedRegions: 2, framesSent: 5 },
    esvt: { clients: 0, builds: 3, cachedRegions: 1, framesSent: 1 },
  },
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
