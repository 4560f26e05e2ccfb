import { regionBounds, type RegionKey, regionKey } from "../space/mod.ts";
import { computeVisible, lodRuleFor, type Viewport, VisibleSet } from "../viewport/mod.ts";
import type { PayloadId } from "../protocol/mod.ts";
import { type FrameStyle, payloadsAhead } from "./frame_choice.ts";
import type { KnownRegions } from "./known_regions.ts";
import { NOTHING, type OwedContext, OwedRegions } from "./owed_regions.ts";
import { RegionTable, type RegionTables } from "./region_table.ts";
import { KEPT, UNLINED, UNPINNED, ViewScratch } from "./view_scratch.ts";
import type { WorldStream } from "./world_stream.ts";

/** What the views of all clients work with. */
export interface ViewContext extends OwedContext {
  readonly tables: RegionTables;
  /** Most regions of one view. */
  readonly maxRegionsPerView: number;
  /** Tells that more or fewer clients see a region, or that it is larger or smaller to them. */
  interestChanged(stream: WorldStream, key: RegionKey): void;
}

/** What a client asked for, as far as its view goes. */
export interface ViewOptions extends FrameStyle {
  readonly viewport: Viewport;
  /** What it holds from an earlier connection; asked once, for the first view, as finding out what to believe takes time. */
  readonly known: () => KnownRegions;
}

/** Working memory of all views: they are computed one at a time, and only their results belong to a client. */
const VISIBLE = new VisibleSet();
const SCRATCH = new ViewScratch();

/** Regions of a view that are put in line in one go: each may be a question to the cache and to those who build. */
const LINED_AT_ONCE = 256;
const ALL_LINED = new Uint32Array(0);
/** With the key of a region that is to be put in line: those who build are to be told of it; it is to be pinned first. */
const TELL = 1;
const PIN = 2;
const FLAG_BITS = 2;

/** What one client wants of a world, by its newest viewport: which regions, each at which LOD. */
export class ClientView {
  /** Monotonic time of the last computation. */
  computedAtMs = -Infinity;
  /** How long that took. */
  tookMs = 0;
  /** Whether the viewport or the set of regions has changed since. */
  isStale = true;
  /** Regions that the camera sees beyond those that one client is sent. */
  leftOut = 0;
  /** What of it is to be sent. */
  readonly owed: OwedRegions;
  readonly #world: WorldStream;
  readonly #style: FrameStyle;
  readonly #context: ViewContext;
  #viewport: Viewport;
  #table = new RegionTable();
  #claims: (() => KnownRegions) | undefined;
  /** What is known of an earlier connection while the first view is computed. */
  #known: KnownRegions | undefined;
  /** Regions that are still to be put in line, in the order of the view: keys with flags. */
  #unlined = ALL_LINED;
  #nextUnlined = 0;

  constructor(world: WorldStream, options: ViewOptions, context: ViewContext) {
    this.#world = world;
    this.#style = options;
    this.#viewport = options.viewport;
    this.#claims = options.known;
    this.#context = context;
    this.owed = new OwedRegions(world, options, context);
  }

  /** Regions in the view. */
  get wantedCount(): number {
    return this.#table.size;
  }

  /** Whether all of the newest view that is to be sent stands in line. */
  get isLined(): boolean {
    return this.#unlined === ALL_LINED;
  }

  /** Takes over a newer viewport; the view is computed later, and only the newest counts. */
  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    this.isStale = true;
  }

  /** LOD at which the client wants a region, or -1 if it does not. */
  wantedLod(key: RegionKey): number {
    const slot = this.#table.slot(key);
    return slot < 0 ? -1 : this.#table.wantedLod(slot);
  }

  /** Payloads of a region's next version that will be sent to the client; none out of view. */
  wantedPayloads(key: RegionKey): readonly PayloadId[] {
    const slot = this.#table.slot(key);
    if (slot < 0) return [];
    const { depth } = this.#world.world.grid;
    const target = Math.min(Math.max(this.#table.wantedLod(slot), this.#context.cache.heldLod), depth);
    return payloadsAhead(this.owed.sent(key), target, depth, this.#style);
  }

  /** How large a region is to the client: its edge as a part of its distance; 0 out of view. */
  sizeOf(key: RegionKey): number {
    if (this.#table.slot(key) < 0) return 0;
    const { min, max } = regionBounds(this.#world.world.grid, key);
    const { eye } = this.#viewport;
    const edge = max[0] - min[0];
    const distance = Math.hypot(...eye.map((at, axis) => (min[axis]! + max[axis]!) / 2 - at));
    return edge / Math.max(edge, distance);
  }

  /** Regions in view that are wanted finer than a LOD. O(view). */
  wantedFinerThan(lod: number): number {
    let count = 0;
    this.#table.forEach((_key, slot) => {
      if (this.#table.wantedLod(slot) < lod) count++;
    });
    return count;
  }

  /**
   * Computes wanted anew and puts the first of what it differs in from sent in line, in the order of the view; the rest is for
   * {@linkcode lineMore}. O(regions seen).
   */
  compute(nowMs: number): void {
    this.isStale = false;
    this.computedAtMs = nowMs;
    this.#known = this.#claims?.();
    this.#claims = undefined;
    const old = this.#table;
    const { count, keys, lods, leftOut } = this.#visible(old);
    this.leftOut = leftOut;
    const { level } = this.#world.world.grid;
    const table = this.#context.tables.take(count);
    SCRATCH.reset(count, old.capacity);
    const { before, after, kept, due } = SCRATCH;
    this.#markUnlined(old, kept);
    for (let i = 0; i < count; i++) {
      const key = regionKey(level, keys[i]!);
      const slot = old.slot(key);
      after[i] = table.add(key, lods[i]!);
      before[i] = slot;
      if (slot >= 0) {
        // What has not been in line before is as good as new.
        if (kept[slot]! >= UNLINED) before[i] = -kept[slot]!;
        kept[slot] = KEPT;
      } else before[i] = -UNPINNED;
      this.#carry(old, slot, table, after[i]!, key);
    }
    this.#table = table;
    this.owed.use(table);
    old.forEach((key, slot) => {
      if (kept[slot] === KEPT) return;
      if (old.owed(slot) > 0) this.#context.ledger.leaveView();
      if (kept[slot] !== UNPINNED) this.#unpin(key);
    });
    let dueCount = 0;
    for (let i = 0; i < count; i++) {
      // Its size on the screen has changed by as much as matters to the order of builds only if its LOD has.
      const isNew = before[i]! < 0 || old.wantedLod(before[i]!) !== lods[i]!;
      if (!isNew && table.owed(after[i]!) === 0) continue;
      const flags = Number(isNew) * TELL + Number(before[i] === -UNPINNED) * PIN;
      due[dueCount++] = regionKey(level, keys[i]!) << FLAG_BITS | flags;
    }
    this.#context.tables.giveBack(old);
    // What was not in the first view may be out of date when it comes into a later one: it is sent again then.
    this.#known = undefined;
    // Only now, as whoever is told of a region asks back how large it is in this view.
    this.#unlined = dueCount > 0 ? due.slice(0, dueCount) : ALL_LINED;
    this.#nextUnlined = 0;
    this.lineMore();
  }

  /** Puts some more of the view in line, if not all of it is. */
  lineMore(): void {
    const unlined = this.#unlined;
    const end = Math.min(unlined.length, this.#nextUnlined + LINED_AT_ONCE);
    while (this.#nextUnlined < end) this.#line(unlined[this.#nextUnlined++]!);
    if (end === unlined.length) this.#unlined = ALL_LINED;
  }

  /** Gives all pins back; the view is empty then. What was owed is for the caller to account for. */
  release(): void {
    const table = this.#table;
    this.#table = new RegionTable();
    this.owed.use(this.#table);
    this.isStale = false;
    const unpinned = this.#unpinned();
    this.#unlined = ALL_LINED;
    table.forEach((key) => {
      if (!unpinned.has(key)) this.#unpin(key);
    });
    this.#context.tables.giveBack(table);
  }

  /** What the camera sees, in working memory that the next call overwrites. */
  #visible(old: RegionTable): VisibleSet {
    const { world: { grid }, lodRule, pyramid } = this.#world;
    const known = this.#known;
    const previousLod = (morton: number) => {
      const key = regionKey(grid.level, morton);
      const slot = old.slot(key);
      return slot >= 0 ? old.wantedLod(slot) : known?.get(key)?.lod ?? -1;
    };
    const rule = lodRuleFor(lodRule, this.#viewport, grid);
    const { maxRegionsPerView } = this.#context;
    return computeVisible(this.#viewport, grid, pyramid, rule, VISIBLE, previousLod, maxRegionsPerView);
  }

  /** Puts a region into the new view with what is known of it. */
  #carry(old: RegionTable, before: number, table: RegionTable, slot: number, key: RegionKey): void {
    if (before >= 0) {
      table.setSent(slot, old.sentVersion(before), old.sentLod(before));
      // It was owed before and stays owed, at its place in the new order.
      table.setOwed(slot, old.owed(before));
      return;
    }
    const { version, lod: sentLod } = this.#known?.get(key) ?? NOTHING;
    table.setSent(slot, version, sentLod);
  }

  /** Marks what the last view had still to put in line. */
  #markUnlined(old: RegionTable, marks: Uint8Array): void {
    for (let i = this.#nextUnlined; i < this.#unlined.length; i++) {
      const due = this.#unlined[i]!;
      if ((due & TELL) === 0) continue;
      marks[old.slot((due >>> FLAG_BITS) as RegionKey)] = (due & PIN) === 0 ? UNLINED : UNPINNED;
    }
  }

  /** Regions of the view that are still to be pinned. */
  #unpinned(): ReadonlySet<RegionKey> {
    const unpinned = new Set<RegionKey>();
    for (let i = this.#nextUnlined; i < this.#unlined.length; i++) {
      const due = this.#unlined[i]!;
      if ((due & PIN) !== 0) unpinned.add((due >>> FLAG_BITS) as RegionKey);
    }
    return unpinned;
  }

  /** Puts a region of the view in line if something is to be sent of it, and tells those who order the builds if it is new. */
  #line(due: number): void {
    const key = (due >>> FLAG_BITS) as RegionKey;
    const slot = this.#table.slot(key);
    // Whoever was told of another may have ended the stream, and with it the view.
    if (slot < 0) return;
    if ((due & PIN) !== 0) this.#context.cache.pin(this.#world.cacheKey(key));
    if ((due & TELL) !== 0) this.#context.interestChanged(this.#world, key);
    if (!this.owed.line(key, slot) && (due & TELL) !== 0) this.owed.check(key, slot);
  }

  #unpin(key: RegionKey): void {
    this.#context.cache.unpin(this.#world.cacheKey(key));
    this.#context.interestChanged(this.#world, key);
  }
}
