import type { RegionKey } from "../space/mod.ts";
import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { CachedRegion } from "../cache/mod.ts";
import type { BuiltRegion, Interest } from "../build/mod.ts";
import {
  CLOSE_CODES,
  type KnownRegions as KnownMessage,
  type PayloadId,
  VoxcastError,
} from "../protocol/mod.ts";
import type { Connection } from "../session/mod.ts";
import type { World } from "../world/mod.ts";
import { Broadcast } from "./broadcast.ts";
import { BulkPool, type PoolStats } from "./bulk_pool.ts";
import { BundleMetrics, type BundleStats } from "./bundle_metrics.ts";
import { ClientPacers } from "./client_pacers.ts";
import { LoopLateness } from "./loop_lateness.ts";
import { ClientStream, type StepResult, type StreamContext } from "./client_stream.ts";
import { believedClaims, isAbout, refutedClaims } from "./known_regions.ts";
import { type DropReason, FrameLedger, type LedgerSnapshot } from "./ledger.ts";
import { PressureMetrics, type PressureStats } from "./pressure_metrics.ts";
import { fetchRegion, type RegionAnswer, type RegionQuery } from "./region_fetch.ts";
import { RegionTables } from "./region_table.ts";
import type { GatheredRegion } from "./held_trees.ts";
import { picturedRegions, type PicturedView } from "./pictured_view.ts";
import {
  type CameraView,
  occupiedRegions,
  type RegionPage,
  regionsInView,
  type ViewedRegion,
} from "./region_view.ts";
import { type ServedKind, ServedWorld } from "./served_world.ts";
import type { Registration, StreamerOptions } from "./streamer_options.ts";
import { StreamCycle } from "./stream_cycle.ts";
import { streamFeatures } from "./stream_features.ts";
import { type GatherOptions, gatherTrees } from "./tree_gathering.ts";
import { TurnScheduler } from "./turn_scheduler.ts";

/** A view that takes long to compute is computed the less often: no sooner than after so many times as long. */
const VIEW_REST = 10;

/**
 * Streams regions to clients: what a client wants (by its newest viewport) minus what it was sent, pushed as soon
 * as a viewport arrives, a build ends, a client acknowledges or a socket drains, and looked over in a periodic cycle.
 */
export class RegionStreamer {
  readonly #options: StreamerOptions;
  readonly #context: StreamContext;
  readonly #ledger = new FrameLedger();
  readonly #bundles = new BundleMetrics();
  readonly #pressure = new PressureMetrics();
  readonly #pool: BulkPool;
  readonly #worlds = new Map<World, ServedWorld>();
  readonly #clients = new Map<Connection, ClientStream>();
  readonly #pacers: ClientPacers;
  readonly #turns: TurnScheduler<ClientStream>;
  readonly #broadcast: Broadcast;
  readonly #cycle: StreamCycle;
  readonly #minViewMs: number;
  #streamCount = 0;

  constructor(options: StreamerOptions) {
    this.#options = options;
    this.#minViewMs = 1000 / options.maxViewportUpdatesPerSecond;
    this.#pool = new BulkPool(options.maxBulkMessageBytes);
    this.#context = {
      cache: options.cache,
      ledger: this.#ledger,
      tables: new RegionTables(),
      bundles: { pool: this.#pool, metrics: this.#bundles, maxBundleFrames: options.maxBundleFrames },
      quantumBytes: options.turnQuantumBytes,
      maxRegionsPerView: options.maxRegionsPerView,
      requestBuild: (stream, key) => options.requestBuild(stream.world, key, stream.kind),
      interestChanged: ({ world }, key) => options.onInterestChanged(world, key),
    };
    const lateness = new LoopLateness();
    this.#pacers = new ClientPacers({ ...options, lateness });
    this.#broadcast = new Broadcast({
      clock: options.clock,
      onWork: (client) => this.#turns.add(client),
      onError: (client, error) => this.#giveUp(client, error),
    });
    this.#turns = new TurnScheduler({
      clock: options.clock,
      budgetMs: options.turnBudgetMs,
      lead: this.#broadcast,
      step: (client, nowMs) => this.#step(client, nowMs),
      onError: (client, error) => this.#giveUp(client, error),
    });
    this.#cycle = new StreamCycle(options, {
      metrics: this.#pressure,
      lateness,
      clients: () => this.#clients.values(),
      onWork: (client) => this.#turns.add(client),
      onStuck: (client) => this.#close(client),
    });
  }

  /** Clients that stream now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Clients that stream now, by kind. O(worlds). */
  clientsByKind(): Record<TreeKind, number> {
    const counts = { esvo: 0, esvt: 0 };
    for (const { kinds } of this.#worlds.values()) {
      for (const kind of TREE_KINDS) counts[kind] += kinds[kind].clients.size;
    }
    return counts;
  }

  /** The account of frames. O(clients). */
  ledger(): LedgerSnapshot {
    let pending = 0;
    for (const client of this.#clients.values()) pending += client.owedCount;
    return this.#ledger.snapshot(pending);
  }

  /** How frames left the server, and the buffers that they were put together in. */
  bulkStats(): BundleStats & { readonly pool: PoolStats } {
    return { ...this.#bundles.stats(), pool: this.#pool.stats() };
  }

  /** What clients were told of backpressure. O(clients). */
  pressureStats(): PressureStats {
    let slow = 0;
    for (const { backlog } of this.#clients.values()) if (backlog.isTold) slow++;
    return this.#pressure.stats(slow);
  }

  /** Starts to serve a world, in both kinds. */
  addWorld(world: World): void {
    const { cache, lodRule } = this.#options;
    const served = new ServedWorld(world, {
      cache,
      lodRule,
      nextIndex: () => ++this.#streamCount,
      onAppeared: (clients) => {
        for (const client of clients) {
          client.view.isStale = true;
          this.#turns.add(client);
        }
      },
    });
    this.#worlds.set(world, served);
  }

  /** Stops serving a world: its clients are told and closed. */
  removeWorld(world: World): void {
    const served = this.#worlds.get(world);
    if (served === undefined) return;
    this.#worlds.delete(world);
    const gone = new VoxcastError("WORLD_NOT_FOUND", `World ${world.id} was deleted`);
    for (const kind of TREE_KINDS) {
      const { stream, clients } = served.kinds[kind];
      for (const { connection } of [...clients]) {
        this.remove(connection, "world-deleted");
        connection.outbox.sendError(gone);
        connection.close(CLOSE_CODES.WORLD_GONE.code);
      }
      for (const key of world.regions.keys()) this.#options.cache.delete(stream.cacheKey(key));
    }
    served[Symbol.dispose]();
  }

  /** Starts a client's stream of a world in one kind, or moves it if it has one. */
  register(connection: Connection, world: World, registration: Registration): void {
    const served = this.#served(world, registration.kind);
    const before = this.#clients.get(connection);
    const begun = before?.handOver(served.stream, this.#options.clock.monotonic());
    const features = streamFeatures(registration.features ?? []);
    const client = new ClientStream(connection, served.stream, {
      viewport: registration.viewport,
      codec: registration.codec,
      features,
      coarseLod: this.#options.coarseLod,
      intervalMs: registration.intervalMs ?? 0,
      pacer: this.#pacers.pacer(connection, features.flow),
      known: () => believedClaims(registration.known ?? [], served.stream, this.#options.cache),
    }, this.#context);
    if (before !== undefined) client.follow(before, begun);
    this.remove(connection, "moved");
    served.clients.add(client);
    this.#clients.set(connection, client);
    this.#turns.add(client);
  }

  /** Takes over a client's newest viewport; false if the connection has not registered. */
  updateViewport(connection: Connection, viewport: Viewport): boolean {
    const client = this.#clients.get(connection);
    if (client === undefined) return false;
    client.view.setViewport(viewport);
    this.#turns.add(client);
    return true;
  }

  /** A client has received so many bytes of bulk messages since its connection opened; false if it has not registered. */
  acknowledge(connection: Connection, receivedBytes: number): boolean {
    const client = this.#clients.get(connection);
    if (client === undefined) return false;
    client.acknowledge(receivedBytes, this.#options.clock.monotonic());
    if (client.hasWork) this.#turns.add(client);
    return true;
  }

  /**
   * Compares what a client says it holds with what it was sent; regions that differ are sent again in full. Returns how many
   * do, or undefined if the client does not stream the world, epoch and kind that it names.
   */
  verify(
    connection: Connection,
    message: KnownMessage,
  ): { readonly checked: number; readonly wrong: number } | undefined {
    const client = this.#clients.get(connection);
    if (client === undefined || !isAbout(message, client.world)) return undefined;
    const { cache, clock } = this.#options;
    const { owed } = client.view;
    const sent = { of: (key: RegionKey) => owed.sent(key), hasArrived: client.hasArrived(clock.monotonic()) };
    const wrong = owed.resend(refutedClaims(message, client.world, sent, cache));
    this.#turns.add(client);
    return { checked: message.mortons.length, wrong };
  }

  /** What a client with a camera would be sent of a world, in this order. Throws WORLD_NOT_FOUND. */
  regionsInView(world: World, kind: TreeKind, viewport: Viewport): CameraView {
    const { cache, maxRegionsPerView } = this.#options;
    return regionsInView(this.#served(world, kind).stream, viewport, cache, maxRegionsPerView);
  }

  /**
   * What a picture with a camera would show of a world, in this order; emptied regions are among it. Throws WORLD_NOT_FOUND, and
   * PAYLOAD_TOO_LARGE for more regions than it may show.
   */
  picturedRegions(world: World, kind: TreeKind, view: PicturedView): readonly ViewedRegion[] {
    return picturedRegions(this.#served(world, kind).stream, view, this.#options.cache);
  }

  /**
   * The trees of what a picture shows; see {@linkcode gatherTrees} and {@linkcode RegionStreamer.picturedRegions} for the
   * errors.
   */
  async gatherTrees(
    world: World,
    kind: TreeKind,
    view: PicturedView,
    options: GatherOptions,
  ): Promise<readonly GatheredRegion[]> {
    const { stream, waits } = this.#served(world, kind);
    const { cache, clock, requestBuild, onInterestChanged } = this.#options;
    return await gatherTrees(options, {
      clock,
      cache,
      stream,
      waits,
      list: () => this.picturedRegions(world, kind, view),
      requestBuild: (key) => requestBuild(world, key, kind),
      interestChanged: (key) => onInterestChanged(world, key),
    });
  }

  /** See {@linkcode occupiedRegions}. Throws WORLD_NOT_FOUND. */
  occupiedRegions(world: World, after: RegionKey | undefined, limit: number): RegionPage {
    return occupiedRegions(this.#served(world, world.kind).stream, after, limit);
  }

  /** One region for one who asks for it by itself; see {@linkcode fetchRegion}. Throws WORLD_NOT_FOUND. */
  async fetchRegion(world: World, query: RegionQuery): Promise<RegionAnswer> {
    const { stream, waits } = this.#served(world, query.kind);
    const { cache, clock, requestBuild, onInterestChanged } = this.#options;
    return await fetchRegion(query, {
      clock,
      cache,
      stream,
      waits,
      requestBuild: () => requestBuild(world, query.key, query.kind),
      interestChanged: () => onInterestChanged(world, query.key),
    });
  }

  /** Ends a client's stream; nothing happens when it has none. */
  remove(connection: Connection, reason: DropReason = "closed"): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    this.#clients.delete(connection);
    const { world, kind } = client.world;
    this.#worlds.get(world)?.kinds[kind].clients.delete(client);
    this.#turns.delete(client);
    client.end(reason);
  }

  /** World and kind that a connection streams, if any, and how many regions it wants. */
  streamOf(
    connection: Connection,
  ): { readonly world: World; readonly kind: TreeKind; readonly wanted: number } | undefined {
    const client = this.#clients.get(connection);
    return client && { world: client.world.world, kind: client.world.kind, wanted: client.view.wantedCount };
  }

  /** Takes a finished build into the cache and pushes it to those who see the region in its kind. */
  onBuilt(built: BuiltRegion): void {
    const served = this.#worlds.get(built.world)?.kinds[built.kind];
    if (served === undefined) return;
    const { cache } = this.#options;
    const cacheKey = served.stream.cacheKey(built.key);
    // Of two builds that ran at a time the older one may end last: nobody is to go back to it.
    if ((cache.peek(cacheKey)?.version ?? 0) > built.version) return;
    const region = new CachedRegion(built);
    let keepsDeltas = false;
    for (const client of served.clients) {
      keepsDeltas ||= client.takesDeltas && client.view.wantedLod(built.key) === 0;
    }
    cache.put(cacheKey, region, { keepsDeltas });
    this.#broadcast.add(served.clients, built.key, region);
    this.#turns.wake();
    served.waits.built(built.key, region);
  }

  /** How many clients see a region, in whatever kind, and how large it is to them. */
  interestIn(world: World, key: RegionKey): Interest {
    return this.#worlds.get(world)?.interestIn(key) ?? { seen: 0, size: 0 };
  }

  /** See {@linkcode ServedWorld.wantedKinds}. */
  wantedKinds(world: World, key: RegionKey, version: number): readonly TreeKind[] {
    return this.#worlds.get(world)?.wantedKinds(key, version) ?? [world.kind];
  }

  /** See {@linkcode ServedWorld.wantedPayloads}. */
  wantedPayloads(world: World, key: RegionKey, kind: TreeKind): readonly PayloadId[] {
    return this.#worlds.get(world)?.wantedPayloads(key, kind) ?? [];
  }

  /** Ends all streams and timers. */
  dispose(): void {
    this.#cycle[Symbol.dispose]();
    this.#turns.dispose();
    this.#broadcast.clear();
    for (const connection of [...this.#clients.keys()]) this.remove(connection);
    for (const served of this.#worlds.values()) served[Symbol.dispose]();
    this.#worlds.clear();
  }

  #served(world: World, kind: TreeKind): ServedKind {
    const served = this.#worlds.get(world)?.kinds[kind];
    if (served === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `World ${world.id} is not served`);
    return served;
  }

  /** A fault in one client's stream ends that client alone. */
  #giveUp({ connection }: ClientStream, error: unknown): void {
    this.#options.logger.error("streaming.failed", { session: connection.id, error: String(error) });
    this.remove(connection);
    connection.close(CLOSE_CODES.INTERNAL.code);
  }

  #step(client: ClientStream, now: number): StepResult {
    const { view } = client;
    const viewMs = Math.max(this.#minViewMs, view.tookMs * VIEW_REST);
    const viewWaitMs = view.isStale ? view.computedAtMs + viewMs - now : 0;
    if (view.isStale && viewWaitMs <= 0) {
      // Steps share their time of day, so `now` may be that of an earlier client's.
      const startMs = this.#options.clock.monotonic();
      view.compute(now);
      view.tookMs = this.#options.clock.monotonic() - startMs;
    } else view.lineMore();
    const result = client.step(now);
    if (client.failuresInRow >= this.#options.maxSendFailures) {
      this.#pressure.closed("failing");
      this.#close(client);
      return "done";
    }
    if (!view.isLined) return "more";
    if (result === "more" || !view.isStale) return result;
    return Math.max(1, result === "done" ? viewWaitMs : Math.min(viewWaitMs, result));
  }

  #close({ connection }: ClientStream): void {
    this.remove(connection);
    connection.close(CLOSE_CODES.SLOW_CONSUMER.code);
  }
}
