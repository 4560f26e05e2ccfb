import { inflateSync } from "node:zlib";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { RegionCache } from "../../src/cache/mod.ts";
import { seededRandom, silentLogger } from "../../src/observe/mod.ts";
import { type DecodedFrame, decodeFrame } from "../../src/protocol/mod.ts";
import type { Connection, Transport } from "../../src/session/mod.ts";
import { openConnection } from "../session/open_connection.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { RegionStreamer, type StreamerOptions } from "../../src/streaming/mod.ts";
import { emptyTree, type TreeKind } from "../../src/tree/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";

/** What may wait in the socket of a client. */
export interface ClientLimits {
  readonly maxPendingSendsPerClient?: number;
  readonly maxBufferedBytesPerClient?: number;
}

/** A client's end of the wire: keeps what came, and lets its socket's buffer be filled and drained by hand. */
export class FakeClient implements Transport {
  readyState = 1;
  bufferedAmount = 0;
  /** While true the socket keeps what it is handed, like one whose peer does not read. */
  isStuck = false;
  readonly frames: DecodedFrame[] = [];
  readonly raw: Uint8Array[] = [];
  readonly texts: string[] = [];
  closeCode: number | undefined;
  readonly connection: Connection;

  constructor(id: string, limits: ClientLimits = {}) {
    this.connection = openConnection(id, this, { limits });
  }

  send(data: string | Uint8Array): void {
    if (this.isStuck) this.bufferedAmount += data.length;
    if (typeof data === "string") {
      this.texts.push(data);
      return;
    }
    this.raw.push(data);
    this.frames.push(decodeFrame(data, (deflated) => new Uint8Array(inflateSync(deflated))));
  }

  close(code: number): void {
    this.closeCode = code;
    this.readyState = 3;
  }

  /** What the client shows: the newest frame of each region that is not empty. */
  get shown(): Map<number, DecodedFrame> {
    const shown = new Map<number, DecodedFrame>();
    for (const frame of this.frames) {
      if (frame.header.payloadBytes === 0) shown.delete(frame.header.morton);
      else shown.set(frame.header.morton, frame);
    }
    return shown;
  }
}

/** A streamer over one small world (4 regions an axis of 8 cells, 32 units), with builds made on request. */
export class StreamFixture {
  readonly clock = new ManualClock();
  readonly worlds: Worlds;
  readonly world: World;
  readonly streamer: RegionStreamer;
  readonly cache: RegionCache;
  readonly requested: RegionKey[] = [];
  /** Kinds of `requested`. */
  readonly requestedKinds: TreeKind[] = [];
  /** Whether requested and dirty regions are built at once; otherwise `buildAll` does it. */
  autoBuild = true;

  readonly #clientLimits: ClientLimits;

  constructor(
    { maxPendingSendsPerClient, maxBufferedBytesPerClient, ...options }:
      & Partial<StreamerOptions>
      & ClientLimits = {},
  ) {
    this.#clientLimits = {
      ...(maxPendingSendsPerClient === undefined ? {} : { maxPendingSendsPerClient }),
      ...(maxBufferedBytesPerClient === undefined ? {} : { maxBufferedBytesPerClient }),
    };
    this.cache = new RegionCache({ maxBytes: 1 << 24, ttlMs: 60_000, now: () => this.clock.monotonic() });
    this.worlds = new Worlds({
      defaults: WORLD_DEFAULTS,
      limits: DEFAULT_WORLD_LIMITS,
      clock: this.clock,
      random: seededRandom(1),
    });
    this.world = this.worlds.create("w", {
      level: 2,
      depth: 3,
      bounds: { min: [0, 0, 0], max: [32, 32, 32] },
    });
    this.streamer = new RegionStreamer({
      clock: this.clock,
      logger: silentLogger,
      cache: this.cache,
      lodRule: { thresholds: [75, 110], maxLod: 2, hysteresis: 0 },
      streamingIntervalMs: 100,
      turnBudgetMs: 8,
      maxViewportUpdatesPerSecond: 1000,
      requestBuild: (_world, key, kind) => {
        this.requested.push(key);
        this.requestedKinds.push(kind);
        if (this.autoBuild) queueMicrotask(() => this.build(key));
      },
      onSeenChanged: () => {},
      ...options,
    });
    this.streamer.addWorld(this.world);
    this.world.onChange(({ dirty }) => {
      if (this.autoBuild) { for (const key of dirty) this.build(key); }
    });
  }

  /** Builds the region as it is now, in the kinds that are wanted, and publishes it. */
  build(key: RegionKey): void {
    const { world, streamer } = this;
    const { version, samples, hash } = world.snapshot(key);
    const isEmpty = samples.keys.length === 0;
    for (const kind of streamer.wantedKinds(world, key, version)) {
      const build = kind === "esvo" ? buildEsvo : buildEsvt;
      const tree = isEmpty ? emptyTree(kind, 3) : build(samples, 3);
      streamer.onBuilt({ world, key, version, hash, kind, tree, payloads: new Map() });
    }
    world.markBuilt(key, version);
  }

  buildAll(): void {
    for (const key of [...this.world.dirty]) this.build(key);
  }

  /** Sets or (color 0) removes the voxel at a cell. */
  paint(x: number, y: number, z: number, color: number): RegionKey {
    const cells = { positions: Uint32Array.of(x, y, z), colors: Uint32Array.of(color) };
    this.world.apply({ kind: "patch", cells });
    return regionKey(2, this.morton(x, y, z));
  }

  morton(x: number, y: number, z: number): number {
    const [rx, ry, rz] = [x >> 3, y >> 3, z >> 3];
    let morton = 0;
    for (let bit = 0; bit < 2; bit++) {
      morton |= (((rx >> bit) & 1) | ((ry >> bit) & 1) << 1 | ((rz >> bit) & 1) << 2) << (3 * bit);
    }
    return morton;
  }

  connect(viewport: Viewport, kind: TreeKind = "esvo"): FakeClient {
    const client = new FakeClient(`c${Math.floor(this.clock.monotonic())}`, this.#clientLimits);
    this.streamer.register(client.connection, this.world, { viewport, codec: 2, kind });
    return client;
  }
}

/** Sees the whole world of the fixture from `distance` units before it along z, at LOD 0 from 30 (the nearest that sees all). */
export function wholeView(distance = 30): Viewport {
  return look([16, 16, 32 + distance], [16, 16, 16]);
}

/** A camera with a field of view of 60 degrees. */
export function look(eye: Viewport["eye"], lookAt: Viewport["lookAt"]): Viewport {
  return { eye, lookAt, up: [0, 1, 0], fovY: Math.PI / 3, aspectRatio: 1, nearPlane: 0.1, farPlane: 1000 };
}
