import type { RegionKey } from "../space/mod.ts";
import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import type { LodRule, Viewport } from "../viewport/mod.ts";
import { CLOSE_CODES, type FrameCodec, VoxcastError } from "../protocol/mod.ts";
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
  readonly maxViewportUpdatesPerSecond: number;
  /** Called when a region is wanted that the cache does not hold in this kind and its newest version. */
  readonly requestBuild: (world: World, key: RegionKey, kind: TreeKind) => void;
  /** Called when the number of clients that see a region, in whatever kind, changes. */
  readonly onSeenChanged: (world: World, key: RegionKey, seen: number) => void;
}

/** A world in one kind, and those who look at it so. */
interface ServedKind {
  readonly stream: WorldStream;
  readonly clients: Set<ClientStream>;
}

type ServedWorld = Readonly<Record<TreeKind, ServedKind>>;

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
  #streamCount = 0;
  #reconciledAtMs = 0;
  #cycle: TimerId | undefined;

  constructor(options: StreamerOptions) {
    this.#options = options;
    this.#minViewMs = 1000 / options.maxViewportUpdatesPerSecond;
    this.#context = {
      cache: options.cache,
      ledger: this.#ledger,
      requestBuild: (stream, key) => options.requestBuild(stream.world, key, stream.kind),
      seenChanged: ({ world }, key) => options.onSeenChanged(world, key, this.seenBy(world, key)),
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

  /** Clients that stream now, by kind. O(worlds). */
  clientsByKind(): Record<TreeKind, number> {
    const counts = { esvo: 0, esvt: 0 };
    for (const served of this.#worlds.values()) {
      counts.esvo += served.esvo.clients.size;
      counts.esvt += served.esvt.clients.size;
    }
    return counts;
  }

  /** The account of frames. O(clients). */
  ledger(): LedgerSnapshot {
    let pending = 0;
    for (const client of this.#clients.values()) pending += client.owedCount;
    return this.#ledger.snapshot(pending);
  }

  /** Starts to serve a world, in both kinds. */
  addWorld(world: World): void {
    this.#worlds.set(world, { esvo: this.#serve(world, "esvo"), esvt: this.#serve(world, "esvt") });
  }

  /** Stops serving a world: its clients are told and closed. */
  removeWorld(world: World): void {
    const served = this.#worlds.get(world);
    if (served === undefined) return;
    this.#worlds.delete(world);
    const gone = new VoxcastError("WORLD_NOT_FOUND", `World ${world.id} was deleted`);
    for (const { stream, clients } of [served.esvo, served.esvt]) {
      stream.dispose();
      for (const { connection } of [...clients]) {
        this.remove(connection, "world-deleted");
        connection.outbox.sendError(gone);
        connection.close(CLOSE_CODES.WORLD_GONE.code);
      }
      for (const key of world.regions.keys()) this.#options.cache.delete(stream.cacheKey(key));
    }
  }

  /** Starts a client's stream of a world in one kind, or moves it if it has one. */
  register(
    connection: Connection,
    world: World,
    options: { readonly viewport: Viewport; readonly codec: FrameCodec; readonly kind: TreeKind },
  ): void {
    const served = this.#worlds.get(world)?.[options.kind];
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
    const { world, kind } = client.world;
    this.#worlds.get(world)?.[kind].clients.delete(client);
    this.#turns.delete(client);
    client.end(reason);
  }

  /** World and kind that a connection streams, if any, and how many regions it wants. */
  streamOf(
    connection: Connection,
  ): { readonly world: World; readonly kind: TreeKind; readonly wanted: number } | undefined {
    const client = this.#clients.get(connection);
    return client && { world: client.world.world, kind: client.world.kind, wanted: client.wantedCount };
  }

  /** Takes a finished build into the cache and pushes it to those who see the region in its kind. */
  onBuilt(built: BuiltRegion): void {
    const served = this.#worlds.get(built.world)?.[built.kind];
    if (served === undefined) return;
    this.#options.cache.put(served.stream.cacheKey(built.key), new CachedRegion(built));
    for (const client of served.clients) {
      if (client.wantedLod(built.key) < 0) continue;
      client.onBuilt(built.key);
      this.#turns.add(client);
    }
  }

  /** How many clients see a region, in whatever kind. */
  seenBy(world: World, key: RegionKey): number {
    const served = this.#worlds.get(world);
    return served === undefined ? 0 : this.#pins(served.esvo, key) + this.#pins(served.esvt, key);
  }

  /**
   * Kinds in which a region is wanted at a version and not in the cache: those in which clients see it, or the world's own
   * if nobody does.
   */
  wantedKinds(world: World, key: RegionKey, version: number): readonly TreeKind[] {
    const served = this.#worlds.get(world);
    if (served === undefined) return [world.kind];
    const seen = TREE_KINDS.filter((kind) => this.#pins(served[kind], key) > 0);
    const wanted = seen.length > 0 ? seen : [world.kind];
    return wanted.filter((kind) => {
      const cached = this.#options.cache.peek(served[kind].stream.cacheKey(key));
      return cached?.version !== version;
    });
  }

  /** LODs at which clients want a region in a kind now, ascending. */
  wantedLods(world: World, key: RegionKey, kind: TreeKind): readonly number[] {
    let lods = 0;
    for (const client of this.#worlds.get(world)?.[kind].clients ?? []) {
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
    for (const { esvo, esvt } of this.#worlds.values()) {
      esvo.stream.dispose();
      esvt.stream.dispose();
    }
    this.#worlds.clear();
  }

  #serve(world: World, kind: TreeKind): ServedKind {
    const clients = new Set<ClientStream>();
    const stream = new WorldStream(world, kind, ++this.#streamCount, this.#options.lodRule, () => {
      for (const client of clients) {
        client.isViewStale = true;
        this.#turns.add(client);
      }
    });
    return { stream, clients };
  }

  #pins({ stream }: ServedKind, key: RegionKey): number {
    return this.#options.cache.pins(stream.cacheKey(key));
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
