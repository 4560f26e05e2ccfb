import type { RegionKey } from "../space/mod.ts";
import type { LodRule, Viewport } from "../viewport/mod.ts";
import { CLOSE_CODES, errorMessage, type FrameCodec, VoxcastError } from "../protocol/mod.ts";
import type { World } from "../world/mod.ts";
import type { BuiltRegion } from "../build/mod.ts";
import { CachedRegion, type RegionCache } from "../cache/mod.ts";
import type { Connection } from "../session/mod.ts";
import type { Clock, Logger, TimerId } from "../observe/mod.ts";
import { ClientStream, type StreamContext } from "./client_stream.ts";
import { type DropReason, FrameLedger, type LedgerSnapshot } from "./ledger.ts";
import { TurnScheduler } from "./turn_scheduler.ts";
import { WorldStream } from "./world_stream.ts";

/** Options of {@linkcode RegionStreamer}. */
export interface StreamerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cache: RegionCache;
  readonly lodRule: LodRule;
  readonly streamingIntervalMs: number;
  readonly turnBudgetMs: number;
  readonly maxPendingSendsPerClient: number;
  readonly maxBufferedBytesPerClient: number;
  readonly maxViewportUpdatesPerSecond: number;
  /** Called when a region is wanted that the cache does not hold. */
  readonly requestBuild: (world: World, key: RegionKey) => void;
  /** Called when the number of clients that see a region changes. */
  readonly onSeenChanged: (world: World, key: RegionKey, seen: number) => void;
}

/** A world and those who look at it. */
interface ServedWorld {
  readonly stream: WorldStream;
  readonly clients: Set<ClientStream>;
}

/** Wanted sets are compared with what was sent at least this often, in milliseconds. */
const RECONCILE_INTERVAL_MS = 1000;

/**
 * Streams regions to clients: what a client wants (by its newest viewport) minus what it was sent, pushed as soon
 * as a viewport arrives, a build ends or a socket drains, and looked over in a periodic cycle.
 */
export class RegionStreamer {
  readonly #options: StreamerOptions;
  readonly #context: StreamContext;
  readonly #ledger = new FrameLedger();
  readonly #worlds = new Map<World, ServedWorld>();
  readonly #clients = new Map<Connection, ClientStream>();
  readonly #turns: TurnScheduler<ClientStream>;
  readonly #minViewMs: number;
  #worldCount = 0;
  #reconciledAtMs = 0;
  #cycle: TimerId | undefined;

  constructor(options: StreamerOptions) {
    this.#options = options;
    this.#minViewMs = 1000 / options.maxViewportUpdatesPerSecond;
    this.#context = {
      cache: options.cache,
      ledger: this.#ledger,
      maxPendingSends: options.maxPendingSendsPerClient,
      maxBufferedBytes: options.maxBufferedBytesPerClient,
      requestBuild: (stream, key) => options.requestBuild(stream.world, key),
      seenChanged: (stream, key) =>
        options.onSeenChanged(stream.world, key, options.cache.pins(stream.cacheKey(key))),
    };
    this.#turns = new TurnScheduler({
      clock: options.clock,
      budgetMs: options.turnBudgetMs,
      step: (client) => this.#step(client),
      onError: (client, error) => this.#giveUp(client, error),
    });
    this.#scheduleCycle();
  }

  /** Clients that stream now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** The account of frames. O(clients). */
  ledger(): LedgerSnapshot {
    let pending = 0;
    for (const client of this.#clients.values()) pending += client.owedCount;
    return this.#ledger.snapshot(pending);
  }

  /** Starts to serve a world. */
  addWorld(world: World): void {
    const clients = new Set<ClientStream>();
    const stream = new WorldStream(world, ++this.#worldCount, this.#options.lodRule, () => {
      for (const client of clients) {
        client.isViewStale = true;
        this.#turns.add(client);
      }
    });
    this.#worlds.set(world, { stream, clients });
  }

  /** Stops serving a world: its clients are told and closed. */
  removeWorld(world: World): void {
    const served = this.#worlds.get(world);
    if (served === undefined) return;
    const { stream, clients } = served;
    this.#worlds.delete(world);
    stream.dispose();
    const gone = new VoxcastError("WORLD_NOT_FOUND", `World ${world.id} was deleted`);
    for (const { connection } of [...clients]) {
      this.remove(connection, "world-deleted");
      connection.sendText(errorMessage(gone, this.#options.clock.now()));
      connection.close(CLOSE_CODES.WORLD_GONE.code);
    }
    for (const key of world.regions.keys()) this.#options.cache.delete(stream.cacheKey(key));
  }

  /** Starts a client's stream, or moves it if it has one. */
  register(
    connection: Connection,
    world: World,
    options: { readonly viewport: Viewport; readonly codec: FrameCodec },
  ): void {
    const served = this.#worlds.get(world);
    if (served === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `World ${world.id} is not served`);
    this.remove(connection, "moved");
    const client = new ClientStream(connection, served.stream, options, this.#context);
    served.clients.add(client);
    this.#clients.set(connection, client);
    this.#turns.add(client);
  }

  /** Takes over a client's newest viewport; false if the connection has not registered. */
  updateViewport(connection: Connection, viewport: Viewport): boolean {
    const client = this.#clients.get(connection);
    if (client === undefined) return false;
    client.setViewport(viewport);
    this.#turns.add(client);
    return true;
  }

  /** Ends a client's stream; nothing happens when it has none. */
  remove(connection: Connection, reason: DropReason = "closed"): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    this.#clients.delete(connection);
    this.#worlds.get(client.world.world)?.clients.delete(client);
    this.#turns.delete(client);
    client.end(reason);
  }

  /** World that a connection streams, if any, and how many regions it wants. */
  streamOf(connection: Connection): { readonly world: World; readonly wanted: number } | undefined {
    const client = this.#clients.get(connection);
    return client && { world: client.world.world, wanted: client.wantedCount };
  }

  /** Takes a finished build into the cache and pushes it to those who see the region. */
  onBuilt(built: BuiltRegion): void {
    const served = this.#worlds.get(built.world);
    if (served === undefined) return;
    this.#options.cache.put(served.stream.cacheKey(built.key), new CachedRegion(built));
    for (const client of served.clients) {
      if (client.wantedLod(built.key) < 0) continue;
      client.onBuilt(built.key);
      this.#turns.add(client);
    }
  }

  /** How many clients see a region. */
  seenBy(world: World, key: RegionKey): number {
    const served = this.#worlds.get(world);
    return served === undefined ? 0 : this.#options.cache.pins(served.stream.cacheKey(key));
  }

  /** LODs at which clients want a region now, ascending. */
  wantedLods(world: World, key: RegionKey): readonly number[] {
    let lods = 0;
    for (const client of this.#worlds.get(world)?.clients ?? []) {
      const lod = client.wantedLod(key);
      if (lod >= 0) lods |= 1 << lod;
    }
    const list: number[] = [];
    for (let lod = 0; lods >>> lod > 0; lod++) if ((lods >>> lod) & 1) list.push(lod);
    return list;
  }

  /** Ends all streams and timers. */
  dispose(): void {
    if (this.#cycle !== undefined) this.#options.clock.clearTimeout(this.#cycle);
    this.#turns.dispose();
    for (const connection of [...this.#clients.keys()]) this.remove(connection);
    for (const { stream } of this.#worlds.values()) stream.dispose();
    this.#worlds.clear();
  }

  /** A fault in one client's stream ends that client alone. */
  #giveUp({ connection }: ClientStream, error: unknown): void {
    this.#options.logger.error("streaming.failed", { session: connection.id, error: String(error) });
    this.remove(connection);
    connection.close(CLOSE_CODES.INTERNAL.code);
  }

  #step(client: ClientStream): "done" | "more" | number {
    const now = this.#options.clock.monotonic();
    let waitMs = 0;
    if (client.isViewStale) {
      waitMs = client.computedAtMs + this.#minViewMs - now;
      if (waitMs <= 0) client.computeView(now);
    }
    const result = client.step();
    if (result === "more") return "more";
    if (result === "blocked") return client.pollMs;
    return client.isViewStale ? Math.max(waitMs, 1) : "done";
  }

  #scheduleCycle(): void {
    const { clock, streamingIntervalMs, cache } = this.#options;
    this.#cycle = clock.setTimeout(() => {
      const now = clock.monotonic();
      const isReconciling = now - this.#reconciledAtMs >= RECONCILE_INTERVAL_MS;
      if (isReconciling) {
        this.#reconciledAtMs = now;
        cache.sweep();
      }
      for (const client of this.#clients.values()) {
        if (isReconciling) client.reconcile();
        if (client.hasWork) this.#turns.add(client);
      }
      this.#scheduleCycle();
    }, streamingIntervalMs);
  }
}
