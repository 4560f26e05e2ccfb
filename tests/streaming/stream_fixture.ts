import { inflateSync } from "node:zlib";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import type { BuiltRegion } from "../../src/build/mod.ts";
import { RegionCache } from "../../src/cache/mod.ts";
import { seededRandom, silentLogger } from "../../src/observe/mod.ts";
import {
  type FrameHeader,
  type HeldRegion,
  PartJoiner,
  readBulk,
  readFrameHeader,
  readRegion,
} from "../../src/protocol/mod.ts";
import type { Connection, Transport } from "../../src/session/mod.ts";
import { openConnection } from "../session/open_connection.ts";
import { type RegionKey, regionKey, regionMorton } from "../../src/space/mod.ts";
import { RegionStreamer, type Registration, type StreamerOptions } from "../../src/streaming/mod.ts";
import { emptyTree, type Samples, type Tree, type TreeKind } from "../../src/tree/mod.ts";
import type { DetailRule, Viewport } from "../../src/viewport/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";

/** What may wait in the socket of a client. */
export interface ClientLimits {
  readonly maxPendingSendsPerClient?: number;
  readonly maxBufferedBytesPerClient?: number;
}

/** A frame as it came, and what the client held of its region after it. */
export type ReceivedFrame = { readonly header: FrameHeader } & Pick<HeldRegion, "levels" | "keys" | "colors">;

/** A client's end of the wire: keeps what came, and lets its socket's buffer be filled and drained by hand. */
export class FakeClient implements Transport {
  readyState = 1;
  bufferedAmount = 0;
  /** While true the socket keeps what it is handed, like one whose peer does not read. */
  isStuck = false;
  /** While true the socket throws whatever it is handed away. */
  isBroken = false;
  /** Told of a region whose frame cannot be applied to what the client holds; without it that is an error. */
  onUnusable: ((key: RegionKey) => void) | undefined;
  readonly frames: ReceivedFrame[] = [];
  /** Binary messages as they came, and the very arrays that were handed over. */
  readonly raw: Uint8Array[] = [];
  readonly handed: Uint8Array[] = [];
  readonly texts: string[] = [];
  /** Frames of each binary message that was complete. */
  readonly bundleSizes: number[] = [];
  /** Regions of which an older version came than the one held. */
  readonly wentBack: RegionKey[] = [];
  /** What the client holds, emptied regions too. */
  readonly held = new Map<RegionKey, HeldRegion>();
  closeCode: number | undefined;
  readonly connection: Connection;
  readonly #joiner = new PartJoiner({ maxTotalBytes: 1 << 24 });

  constructor(id: string, limits: ClientLimits = {}, clock: ManualClock = new ManualClock()) {
    this.connection = openConnection(id, this, { limits, clock });
  }

  /** Bytes of all binary messages. */
  get receivedBytes(): number {
    return this.raw.reduce((sum, { length }) => sum + length, 0);
  }

  send(data: string | Uint8Array): void {
    if (this.isBroken) throw new Error("The socket is broken");
    if (this.isStuck) this.bufferedAmount += data.length;
    if (typeof data === "string") {
      this.texts.push(data);
      return;
    }
    // The sender's buffer is its own again.
    this.handed.push(data);
    const message = data.slice();
    this.raw.push(message);
    const whole = this.#joiner.push(message);
    if (whole === undefined) return;
    const frames = readBulk(whole);
    this.bundleSizes.push(frames.length);
    for (const frame of frames) this.#apply(frame);
  }

  close(code: number): void {
    this.closeCode = code;
    this.readyState = 3;
  }

  /** What the client shows: the regions that are not empty, by Morton code. */
  get shown(): Map<number, HeldRegion> {
    return new Map(
      [...this.held].filter(([, { levels }]) => levels > 0).map((
        [key, region],
      ) => [regionMorton(key), region]),
    );
  }

  #apply(frame: Uint8Array): void {
    const header = readFrameHeader(frame);
    const key = regionKey(header.level, header.morton);
    const held = this.held.get(key);
    let region: HeldRegion;
    try {
      region = readRegion(held, frame, (deflated) => new Uint8Array(inflateSync(deflated)));
    } catch (error) {
      if (this.onUnusable === undefined) throw error;
      this.onUnusable(key);
      return;
    }
    if (held !== undefined && held.version > region.version) this.wentBack.push(key);
    this.held.set(key, region);
    this.frames.push({ ...region, header });
  }
}

/** What a fixture is made with, beside the streamer's own options. */
export interface FixtureOptions extends ClientLimits {
  /** Cells of a region along an axis, as a power of two. */
  readonly depth?: number;
  readonly cacheBytes?: number;
}

/**
 * A streamer over one small world (4 regions an axis of 8 cells or as `depth` says, 32 units), with builds made on request.
 */
export class StreamFixture {
  readonly clock = new ManualClock();
  readonly worlds: Worlds;
  /** Another one after `restart`. */
  world: World;
  readonly streamer: RegionStreamer;
  readonly cache: RegionCache;
  readonly lodRule: DetailRule;
  readonly requested: RegionKey[] = [];
  /** Kinds of `requested`. */
  readonly requestedKinds: TreeKind[] = [];
  /** Whether requested and dirty regions are built at once; otherwise `buildAll` does it. */
  autoBuild = true;

  readonly #clientLimits: ClientLimits;
  readonly #depth: number;

  constructor(
    { maxPendingSendsPerClient, maxBufferedBytesPerClient, depth = 3, cacheBytes = 1 << 24, ...options }:
      & Partial<StreamerOptions>
      & FixtureOptions = {},
  ) {
    this.#clientLimits = {
      ...(maxPendingSendsPerClient === undefined ? {} : { maxPendingSendsPerClient }),
      ...(maxBufferedBytesPerClient === undefined ? {} : { maxBufferedBytesPerClient }),
    };
    this.cache = new RegionCache({ maxBytes: cacheBytes, ttlMs: 60_000, now: () => this.clock.monotonic() });
    this.worlds = new Worlds({
      defaults: WORLD_DEFAULTS,
      limits: DEFAULT_WORLD_LIMITS,
      clock: this.clock,
      random: seededRandom(1),
    });
    this.#depth = depth;
    this.world = this.#createWorld();
    this.lodRule = options.lodRule ?? { thresholds: [75, 110], maxLod: 2, hysteresis: 0 };
    this.streamer = new RegionStreamer({
      clock: this.clock,
      logger: silentLogger,
      cache: this.cache,
      lodRule: this.lodRule,
      streamingIntervalMs: 100,
      turnBudgetMs: 8,
      maxRegionsPerView: 16_384,
      maxViewportUpdatesPerSecond: 1000,
      requestBuild: (_world, key, kind) => {
        this.requested.push(key);
        this.requestedKinds.push(kind);
        if (this.autoBuild) queueMicrotask(() => this.build(key));
      },
      onInterestChanged: () => {},
      coarseLod: 2,
      maxBulkMessageBytes: 16 * 1024,
      maxBundleFrames: 10,
      turnQuantumBytes: 64 * 1024,
      maxClientBytesPerSecond: 1 << 30,
      maxSendFailures: 5,
      backpressureAfterMs: 2000,
      slowConsumerTimeoutMs: 30_000,
      ...options,
    });
    this.#serve();
  }

  /** Takes the world away as the end of the process does, and serves one of the same name with nothing in it. */
  restart(): void {
    this.worlds.delete("w");
    this.streamer.removeWorld(this.world);
    this.requested.length = 0;
    this.world = this.#createWorld();
    this.#serve();
  }

  #createWorld(): World {
    return this.worlds.create("w", {
      level: 2,
      depth: this.#depth,
      bounds: { min: [0, 0, 0], max: [32, 32, 32] },
    });
  }

  #serve(): void {
    this.streamer.addWorld(this.world);
    this.world.onChange(({ dirty }) => {
      if (this.autoBuild) { for (const key of dirty) this.build(key); }
    });
  }

  /** Builds the region as it is now, in the kinds that are wanted, and publishes it. */
  build(key: RegionKey): void {
    const { world, streamer } = this;
    const { version } = world.region(key)!;
    for (const kind of streamer.wantedKinds(world, key, version)) {
      streamer.onBuilt(builtRegion(world, key, kind));
    }
    world.markBuilt(key, version);
  }

  buildAll(): void {
    for (const key of [...this.world.dirty]) this.build(key);
  }

  /** Builds every region that was asked for or has changed, until nothing more is asked for. */
  async settle(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      for (const key of new Set([...this.requested.splice(0), ...this.world.dirty])) this.build(key);
      await this.clock.advanceAsync(50);
    }
  }

  /** Sets or (color 0) removes the voxel at a cell. */
  paint(x: number, y: number, z: number, color: number): RegionKey {
    const cells = { positions: Uint32Array.of(x, y, z), colors: Uint32Array.of(color) };
    this.world.apply({ kind: "patch", cells });
    return regionKey(2, this.morton(x, y, z));
  }

  morton(x: number, y: number, z: number): number {
    const { depth } = this.world.grid;
    const [rx, ry, rz] = [x >> depth, y >> depth, z >> depth];
    let morton = 0;
    for (let bit = 0; bit < 2; bit++) {
      morton |= (((rx >> bit) & 1) | ((ry >> bit) & 1) << 1 | ((rz >> bit) & 1) << 2) << (3 * bit);
    }
    return morton;
  }

  /** A client that has not registered. */
  socket(): FakeClient {
    return new FakeClient(`c${Math.floor(this.clock.monotonic())}`, this.#clientLimits, this.clock);
  }

  connect(viewport: Viewport, kind: TreeKind = "esvo", options: Partial<Registration> = {}): FakeClient {
    const client = this.socket();
    this.streamer.register(client.connection, this.world, { viewport, codec: 2, kind, ...options });
    return client;
  }
}

/** A region of a world as it is now, built in a kind. */
export function builtRegion(world: World, key: RegionKey, kind: TreeKind): BuiltRegion {
  const { version, samples, hash } = world.snapshot(key);
  return {
    world,
    key,
    version,
    hash,
    kind,
    tree: treeOf(samples, kind, world.grid.depth),
    payloads: new Map(),
  };
}

/** The tree of these voxels. */
export function treeOf(samples: Samples, kind: TreeKind, depth: number): Tree {
  if (samples.keys.length === 0) return emptyTree(kind, depth);
  return kind === "esvo" ? buildEsvo(samples, depth) : buildEsvt(samples, depth);
}

/** Sees the whole world of the fixture from `distance` units before it along z, at LOD 0 from 30 (the nearest that sees all). */
export function wholeView(distance = 30): Viewport {
  return look([16, 16, 32 + distance], [16, 16, 16]);
}

/** A camera with a field of view of 60 degrees. */
export function look(eye: Viewport["eye"], lookAt: Viewport["lookAt"]): Viewport {
  return { eye, lookAt, up: [0, 1, 0], fovY: Math.PI / 3, aspectRatio: 1, nearPlane: 0.1, farPlane: 1000 };
}
