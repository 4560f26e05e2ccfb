import { type RegionKey, regionKey } from "../space/mod.ts";
import { computeVisible, type Viewport, VisibleSet } from "../viewport/mod.ts";
import type { FrameCodec } from "../protocol/mod.ts";
import type { CachedRegion, RegionCache } from "../cache/mod.ts";
import type { Connection } from "../session/mod.ts";
import type { DropReason, FrameLedger } from "./ledger.ts";
import { RegionTable } from "./region_table.ts";
import type { WorldStream } from "./world_stream.ts";

/** What a client's stream shares with the others. */
export interface StreamContext {
  readonly cache: RegionCache;
  readonly ledger: FrameLedger;
  /** Asks for a build of a region that is wanted and not in the cache, or only in an older version. */
  requestBuild(stream: WorldStream, key: RegionKey): void;
  /** Tells that more or fewer clients see a region. */
  seenChanged(stream: WorldStream, key: RegionKey): void;
}

/** How a sending step ended. */
export type StepResult = "done" | "more" | "blocked";

/** Deno tells no one when a socket drains, so a full one is looked at again, at first after this long ... */
const FIRST_POLL_MS = 5;
/** ... and at last after this long, so that many stuck clients cost little. */
const LAST_POLL_MS = 80;

/** Bytes sent for one client before the next one has its turn. */
const STEP_BYTES = 64 * 1024;

/**
 * One client's stream of one world in one kind: wanted (by its newest viewport) minus sent (versions and LODs) gives what it is
 * owed, in the order of the view. A frame is looked up only when it is sent, so a newer version takes the place of
 * an older one that still waits, and a skipped one heals itself.
 */
export class ClientStream {
  readonly connection: Connection;
  readonly world: WorldStream;
  readonly codec: FrameCodec;
  /** Monotonic time of the last computed view. */
  computedAtMs = -Infinity;
  /** Milliseconds until a socket that has enough is looked at again; grows while it stays so. */
  pollMs = FIRST_POLL_MS;
  /** Whether the viewport or the set of regions has changed since the view was computed. */
  isViewStale = true;
  readonly #context: StreamContext;
  #viewport: Viewport;
  #table = new RegionTable();
  #spare = new RegionTable();
  readonly #visible = new VisibleSet();
  /** Regions owed, in the order of sending; those no longer owed are skipped when their turn comes. */
  #queue: RegionKey[] = [];
  #next = 0;

  constructor(
    connection: Connection,
    world: WorldStream,
    options: { viewport: Viewport; codec: FrameCodec },
    context: StreamContext,
  ) {
    this.connection = connection;
    this.world = world;
    this.codec = options.codec;
    this.#viewport = options.viewport;
    this.#context = context;
  }

  /** Regions in the client's view. */
  get wantedCount(): number {
    return this.#table.size;
  }

  /** Frames that wait to be sent. */
  get owedCount(): number {
    return this.#table.owedCount;
  }

  /** Whether a frame may be waiting to be sent. */
  get hasWork(): boolean {
    return this.isViewStale || this.#next < this.#queue.length;
  }

  /** Takes over a newer viewport; the view is computed later, and only the newest counts. */
  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    this.isViewStale = true;
  }

  /** LOD at which the client wants a region, or -1 if it does not. */
  wantedLod(key: RegionKey): number {
    const slot = this.#table.slot(key);
    return slot < 0 ? -1 : this.#table.wantedLod(slot);
  }

  /** Computes wanted anew and queues what it differs in from sent, in the order of the view. */
  computeView(nowMs: number): void {
    this.isViewStale = false;
    this.computedAtMs = nowMs;
    const { grid } = this.world.world;
    const old = this.#table;
    const previousLod = (morton: number) => {
      const slot = old.slot(regionKey(grid.level, morton));
      return slot < 0 ? -1 : old.wantedLod(slot);
    };
    const visible = computeVisible(
      this.#viewport,
      grid,
      this.world.pyramid,
      this.world.lodRule,
      this.#visible,
      previousLod,
    );
    const table = this.#spare;
    table.reset(visible.count);
    this.#queue = [];
    this.#next = 0;
    for (let i = 0; i < visible.count; i++) {
      this.#enter(table, regionKey(grid.level, visible.keys[i]!), visible.lods[i]!);
    }
    old.forEach((key, slot) => {
      if (table.slot(key) < 0) this.#leave(old, key, slot);
    });
    this.#spare = old;
    this.#table = table;
  }

  /** Notes that a newer build of a region is in the cache. */
  onBuilt(key: RegionKey): void {
    const slot = this.#table.slot(key);
    if (slot >= 0) this.#owe(this.#table, key, slot);
  }

  /** Looks through the whole view for what is missing or old: heals whatever was skipped. O(view). */
  reconcile(): void {
    const { regions } = this.world.world;
    this.#table.forEach((key, slot) => {
      if (this.#table.isOwed(slot)) return;
      const isCurrent = this.#table.sentVersion(slot) === regions.get(key)?.version &&
        this.#table.sentLod(slot) === this.#table.wantedLod(slot);
      if (!isCurrent) this.#check(this.#table, key, slot);
    });
  }

  /** Sends owed frames until a step's bytes are spent, the socket has enough, or nothing is owed. */
  step(): StepResult {
    let budget = STEP_BYTES;
    while (this.#next < this.#queue.length) {
      if (budget <= 0) return "more";
      if (this.#isBlocked()) {
        this.pollMs = Math.min(this.pollMs * 2, LAST_POLL_MS);
        return "blocked";
      }
      this.pollMs = FIRST_POLL_MS;
      const key = this.#queue[this.#next++]!;
      const slot = this.#table.slot(key);
      if (slot < 0 || !this.#table.isOwed(slot)) continue;
      const sent = this.#send(key, slot);
      if (sent < 0) return "blocked";
      budget -= sent;
    }
    this.#queue = [];
    this.#next = 0;
    return "done";
  }

  /** Ends the stream: what is owed is dropped, and the view's pins are given back. */
  end(reason: DropReason): void {
    this.#table.forEach((key, slot) => {
      if (this.#table.isOwed(slot)) this.#context.ledger.drop(reason);
      this.#unpin(key);
    });
    this.#table.reset(0);
    this.#queue = [];
    this.#next = 0;
  }

  #enter(table: RegionTable, key: RegionKey, lod: number): void {
    const old = this.#table.slot(key);
    const slot = table.add(key, lod);
    if (old < 0) {
      this.#context.cache.pin(this.world.cacheKey(key));
      this.#context.seenChanged(this.world, key);
      this.#check(table, key, slot);
      return;
    }
    table.setSent(slot, this.#table.sentVersion(old), this.#table.sentLod(old));
    if (this.#table.isOwed(old)) {
      // It was owed before and stays owed, at its place in the new order.
      table.setOwed(slot, true);
      this.#queue.push(key);
    } else if (lod !== this.#table.wantedLod(old)) {
      this.#check(table, key, slot);
    }
  }

  #leave(table: RegionTable, key: RegionKey, slot: number): void {
    if (table.isOwed(slot)) this.#context.ledger.leaveView();
    this.#unpin(key);
  }

  #unpin(key: RegionKey): void {
    this.#context.cache.unpin(this.world.cacheKey(key));
    this.#context.seenChanged(this.world, key);
  }

  /**
   * Queues the region's frame if the cache has one that the client has not; asks for a build if it has none of the newest
   * version. An older one may lie there because nobody has seen the region in this kind since it changed.
   */
  #check(table: RegionTable, key: RegionKey, slot: number): void {
    const region = this.#context.cache.get(this.world.cacheKey(key));
    const version = this.world.world.region(key)?.version;
    if (region?.version !== version) this.#context.requestBuild(this.world, key);
    if (region !== undefined && !isSent(table, slot, region)) this.#owe(table, key, slot);
  }

  #owe(table: RegionTable, key: RegionKey, slot: number): void {
    this.#context.ledger.owe();
    if (table.isOwed(slot)) {
      this.#context.ledger.supersede();
      return;
    }
    table.setOwed(slot, true);
    this.#queue.push(key);
  }

  #isBlocked(): boolean {
    return !this.connection.outbox.hasRoomForFrame;
  }

  /** Sends one owed frame; returns its bytes, or -1 if the socket did not take it (it stays owed). */
  #send(key: RegionKey, slot: number): number {
    const { cache, ledger } = this.#context;
    const table = this.#table;
    const region = cache.get(this.world.cacheKey(key));
    if (region === undefined) {
      table.setOwed(slot, false);
      ledger.drop("not-cached");
      this.#context.requestBuild(this.world, key);
      return 0;
    }
    if (isSent(table, slot, region)) {
      table.setOwed(slot, false);
      ledger.supersede();
      return 0;
    }
    const lod = table.wantedLod(slot);
    const { bytes, grown } = region.frame(lod, this.codec);
    if (grown > 0) cache.grew(grown);
    if (!this.connection.outbox.sendFrame(bytes)) {
      this.#next--;
      return -1;
    }
    table.setSent(slot, region.version, lod);
    table.setOwed(slot, false);
    ledger.deliver(this.world.kind);
    return bytes.length;
  }
}

function isSent(table: RegionTable, slot: number, region: CachedRegion): boolean {
  return table.sentVersion(slot) === region.version && table.sentLod(slot) === table.wantedLod(slot);
}
