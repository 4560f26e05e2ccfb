import type { RegionKey } from "../space/mod.ts";
import type { CachedRegion, RegionCache } from "../cache/mod.ts";
import type { BuildNews } from "./build_news.ts";
import { chooseFrame, type FrameStyle, sharedStyle } from "./frame_choice.ts";
import type { KnownRegion } from "./known_regions.ts";
import type { FrameLedger } from "./ledger.ts";
import { RegionTable } from "./region_table.ts";
import { SendOrder, type Urgency } from "./send_order.ts";
import type { WorldStream } from "./world_stream.ts";

/** What it takes to find out what clients are owed. */
export interface OwedContext {
  readonly cache: RegionCache;
  readonly ledger: FrameLedger;
  /** Asks for a build of a region that is wanted and not in the cache, or only in an older version or coarser. */
  requestBuild(stream: WorldStream, key: RegionKey): void;
}

/** A frame that is to be sent. */
export interface OwedFrame {
  readonly key: RegionKey;
  readonly bytes: Uint8Array;
}

/** Urgencies as the table keeps them: the higher one wins. */
const RANKS: Readonly<Record<Urgency, number>> = { detail: 1, update: 2, first: 3 };
const URGENCY_OF_RANK: readonly Urgency[] = ["detail", "detail", "update", "first"];

const NONE: ReadonlySet<RegionKey> = new Set();

/** Whoever returns from far has nothing: no version, no detail. */
export const NOTHING: KnownRegion = { version: 0, lod: 0 };

/**
 * What one client is owed of its view: what it wants minus what it was sent (versions and LODs), in the order of sending. A
 * frame is chosen only when it is taken out to be sent, so a newer version takes the place of an older one that still waits,
 * and a skipped one heals itself.
 */
export class OwedRegions {
  readonly #world: WorldStream;
  readonly #style: FrameStyle;
  readonly #context: OwedContext;
  readonly #order = new SendOrder();
  #table = new RegionTable();
  /** Slots up to this one have been looked through in this pass. */
  #reconciled = 0;
  /** Changed regions that stood in line when the view was changed, and so stand before all others of it. */
  #waited: ReadonlySet<RegionKey> = NONE;

  constructor(world: WorldStream, style: FrameStyle, context: OwedContext) {
    this.#world = world;
    this.#style = sharedStyle(style);
    this.#context = context;
  }

  /** Regions of which a frame is owed. */
  get count(): number {
    return this.#table.owedCount;
  }

  /** Whether no region stands in line: {@linkcode next} tells whether one that does is still owed. */
  get isEmpty(): boolean {
    return this.#order.isEmpty;
  }

  /**
   * Goes on with the table of another view. Nothing of it stands in line but what had changed and stood there before: were it
   * put in by its place in the view, a camera that moves all the time would let a busy server send the centre alone.
   */
  use(table: RegionTable): void {
    // A region lies at the same part of every table, so a pass goes on where it was, however fast the views change.
    this.#reconciled = Math.floor(this.#reconciled / this.#table.capacity * table.capacity);
    this.#table = table;
    const rest = this.#order.rest("update");
    this.#order.clear();
    this.#waited = rest.length === 0 ? NONE : new Set(rest.filter((key) => this.#isUpdateOwed(key)));
    for (const key of this.#waited) this.#order.push(key, "update");
  }

  /** Puts a region that is owed at the end of its line; false if it is not. */
  line(key: RegionKey, slot: number): boolean {
    const rank = this.#table.owed(slot);
    if (rank === 0) return false;
    if (rank !== RANKS.update || !this.#waited.has(key)) this.#order.push(key, URGENCY_OF_RANK[rank]!);
    return true;
  }

  /** Version and LOD of what the client was sent of a region; version 0: nothing. */
  sent(key: RegionKey): KnownRegion {
    const slot = this.#table.slot(key);
    if (slot < 0) return NOTHING;
    return { version: this.#table.sentVersion(slot), lod: this.#table.sentLod(slot) };
  }

  /** Notes that a newer build of a region is in the cache; answers whether it is owed now. */
  onBuilt(key: RegionKey, region: CachedRegion): boolean {
    const slot = this.#table.slot(key);
    if (slot < 0 || this.#isSettled(slot, region)) return false;
    this.#owe(key, slot, region);
    return true;
  }

  /** Takes out the frame of a new build of which nothing stands in line; undefined if the client is owed none. */
  take(news: BuildNews): Uint8Array | undefined {
    const { key, region } = news;
    const table = this.#table;
    const slot = table.slot(key);
    if (slot < 0 || this.#isSettled(slot, region)) return undefined;
    this.#context.ledger.owe();
    const target = this.#targetLod(slot, region);
    const { bytes, lod } = news.choose(this.#style, table.sentVersion(slot), table.sentLod(slot), target);
    this.#sent(key, slot, region, lod);
    return bytes;
  }

  /** Has {@linkcode reconcile} begin anew. */
  rewind(): void {
    this.#reconciled = 0;
  }

  /**
   * Looks for what is missing or old in the next so many slots of the view, and so heals whatever was skipped; answers whether
   * the whole view has been looked through since {@linkcode rewind}. O(slots).
   */
  reconcile(slots = Infinity): boolean {
    const { capacity } = this.#table;
    const from = this.#reconciled;
    this.#reconciled = Math.min(capacity, from + slots);
    this.#table.forEach(
      (key, slot) => {
        if (this.#table.owed(slot) === 0) this.check(key, slot);
      },
      from,
      this.#reconciled,
    );
    return this.#reconciled === capacity;
  }

  /** Notes that the client was sent a region whole by another stream, after all that this one has sent of it. */
  noteSent(key: RegionKey, { version, lod }: KnownRegion): void {
    const slot = this.#table.slot(key);
    if (slot >= 0) this.#table.setSent(slot, version, lod);
  }

  /** Forgets that regions were sent, so that they are sent in full again; returns how many of them are in view. */
  resend(keys: Iterable<RegionKey>): number {
    let resent = 0;
    for (const key of keys) {
      const slot = this.#table.slot(key);
      if (slot < 0) continue;
      resent++;
      this.#table.setSent(slot, NOTHING.version, NOTHING.lod);
      this.check(key, slot);
    }
    return resent;
  }

  /**
   * Puts the region in line if the cache has something of it that the client has not; asks for a build if the cache has not
   * all that the client is to have. An older version may lie there because nobody has seen the region in this kind since it
   * changed, a coarser one because memory was short.
   */
  check(key: RegionKey, slot: number): void {
    const table = this.#table;
    const version = this.#world.world.region(key)?.version;
    const { cache } = this.#context;
    if (table.sentVersion(slot) === version && table.sentLod(slot) === table.wantedLod(slot)) return;
    const region = cache.get(this.#world.cacheKey(key));
    const wanted = Math.max(table.wantedLod(slot), cache.heldLod, region?.floorLod ?? 0);
    if (region?.version !== version || region!.finestLod > wanted) {
      this.#context.requestBuild(this.#world, key);
    }
    if (region !== undefined && !this.#isSettled(slot, region)) this.#owe(key, slot, region);
  }

  /** Takes the next region in line out; undefined if no frame of it is owed any more. */
  next(): OwedFrame | undefined {
    const key = this.#order.shift()!;
    const table = this.#table;
    const slot = table.slot(key);
    if (slot < 0 || table.owed(slot) === 0) return undefined;
    const { cache, ledger } = this.#context;
    const region = cache.get(this.#world.cacheKey(key));
    if (region === undefined) {
      table.setOwed(slot, 0);
      ledger.drop("not-cached");
      this.#context.requestBuild(this.#world, key);
      return undefined;
    }
    if (this.#isSettled(slot, region)) {
      table.setOwed(slot, 0);
      ledger.supersede();
      return undefined;
    }
    const held = { version: table.sentVersion(slot), lod: table.sentLod(slot) };
    const { bytes, lod } = chooseFrame(region, held, this.#targetLod(slot, region), this.#style);
    table.setOwed(slot, 0);
    this.#sent(key, slot, region, lod);
    return { key, bytes };
  }

  /** Notes what was taken out to be sent, and that more of it is owed if that is not all. */
  #sent(key: RegionKey, slot: number, region: CachedRegion, lod: number): void {
    this.#table.setSent(slot, region.version, lod);
    if (!this.#isSettled(slot, region)) this.#owe(key, slot, region);
  }

  /** LOD that is to be sent: what the client wants, as far as there is memory for it; no tree is cut above its root. */
  #targetLod(slot: number, region: CachedRegion): number {
    const wanted = Math.max(this.#table.wantedLod(slot), this.#context.cache.heldLod, region.finestLod);
    return Math.min(wanted, region.depth);
  }

  /** Whether the client has all that it is to have of a build, or has a newer one: what it has never gets older. */
  #isSettled(slot: number, region: CachedRegion): boolean {
    const table = this.#table;
    const sentVersion = table.sentVersion(slot);
    if (sentVersion !== region.version) return sentVersion > region.version;
    const lod = table.sentLod(slot);
    return region.isEmpty ||
      (lod >= table.wantedLod(slot) && lod <= this.#targetLod(slot, region));
  }

  #isUpdateOwed(key: RegionKey): boolean {
    const slot = this.#table.slot(key);
    return slot >= 0 && this.#table.owed(slot) === RANKS.update;
  }

  #owe(key: RegionKey, slot: number, region: CachedRegion): void {
    const table = this.#table;
    const sentVersion = table.sentVersion(slot);
    const urgency = sentVersion === 0 ? "first" : sentVersion === region.version ? "detail" : "update";
    const before = table.owed(slot);
    const rank = RANKS[urgency];
    this.#context.ledger.owe();
    if (before > 0) this.#context.ledger.supersede();
    if (before >= rank) return;
    table.setOwed(slot, rank);
    this.#order.push(key, urgency);
  }
}
