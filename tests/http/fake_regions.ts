import { buildTree } from "../../src/build/mod.ts";
import { RegionCache } from "../../src/cache/mod.ts";
import { type Clock, silentLogger } from "../../src/observe/mod.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import { RegionStreamer } from "../../src/streaming/mod.ts";
import { emptyTree, type TreeKind } from "../../src/tree/mod.ts";
import type { World, Worlds } from "../../src/world/mod.ts";

/** The real streamer over worlds of tests, with a builder that builds when it is told to, or at once. */
export class FakeRegions {
  readonly streamer: RegionStreamer;
  /** Whether what is asked for is built at once. */
  autoBuild = true;
  /** Builds that were asked for. */
  readonly requested: { readonly key: RegionKey; readonly kind: TreeKind }[] = [];

  constructor(worlds: Worlds, clock: Clock, maxRegionsPerView = 16_384) {
    const cache = new RegionCache({ maxBytes: 1 << 24, ttlMs: 60_000, now: () => clock.monotonic() });
    this.streamer = new RegionStreamer({
      clock,
      logger: silentLogger,
      cache,
      lodRule: { thresholds: [20, 40], maxLod: 2, hysteresis: 0 },
      streamingIntervalMs: 100,
      turnBudgetMs: 8,
      maxRegionsPerView,
      turnQuantumBytes: 1 << 16,
      maxViewportUpdatesPerSecond: 1000,
      coarseLod: 2,
      maxBulkMessageBytes: 1 << 14,
      maxBundleFrames: 10,
      maxClientBytesPerSecond: 1 << 30,
      maxSendFailures: 5,
      backpressureAfterMs: 2000,
      slowConsumerTimeoutMs: 30_000,
      requestBuild: (world, key, kind) => {
        this.requested.push({ key, kind });
        if (this.autoBuild) queueMicrotask(() => this.build(world, key));
      },
      onInterestChanged: () => {},
    });
    worlds.onCreate((world) => this.streamer.addWorld(world));
    worlds.onDelete((world) => this.streamer.removeWorld(world));
  }

  /** Builds a region as it is now, in the kinds that are wanted. */
  build(world: World, key: RegionKey): void {
    const { version, samples, hash } = world.snapshot(key);
    const { depth } = world.grid;
    for (const kind of this.streamer.wantedKinds(world, key, version)) {
      const tree = samples.keys.length === 0 ? emptyTree(kind, depth) : buildTree(kind, samples, depth);
      this.streamer.onBuilt({ world, key, version, hash, kind, tree, payloads: new Map() });
    }
    world.markBuilt(key, version);
  }
}
