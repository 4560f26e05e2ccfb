import { type RegionKey, regionKey, regionLevel, regionMorton } from "../space/mod.ts";

/** Slots of the smallest table; each larger class has a quarter more, so at most a fifth of a table is too large. */
const LEAST_SLOTS = 16;
const CLASS_GROWTH = 1.25;
/** Slots a region: two thirds of a table are in use at most. */
const SLOTS_A_REGION = 1.5;

/** A slot is two words: the state, which is 0 in a free slot, and the version that was sent. */
const SLOT_WORDS = 2;
/** The state, from the low bits up: wanted LOD, sent LOD, urgency, a bit that is set, Morton code. */
const LOD_MASK = 0xf;
const SENT_SHIFT = 4;
const OWED_SHIFT = 8;
const OWED_MASK = 0x3;
const TAG_SHIFT = 10;

/**
 * What one client wants and has: for each region in its view the LOD that it wants, the version and LOD that it was sent,
 * and how urgently it is owed a frame, in one typed array (an open-addressing hash table with 8 bytes a slot), so that a look
 * at a region is a look at one place in memory. All regions of a table are of one level. There is no removal: a new view is a
 * new table.
 */
export class RegionTable {
  /** Number of slots. */
  readonly capacity: number;
  readonly #words: Int32Array;
  /** Level of all regions, from the first one on. */
  #level = 0;
  #size = 0;
  #owedCount = 0;

  constructor(capacity = LEAST_SLOTS) {
    this.capacity = capacity;
    this.#words = new Int32Array(capacity * SLOT_WORDS);
  }

  /** Number of regions in the table. */
  get size(): number {
    return this.#size;
  }

  /** Number of regions of which a frame is owed. */
  get owedCount(): number {
    return this.#owedCount;
  }

  /** Empties the table. O(capacity). */
  clear(): void {
    this.#words.fill(0);
    this.#size = 0;
    this.#owedCount = 0;
  }

  /** The slot of a region, or -1 if the table does not hold it. */
  slot(key: RegionKey): number {
    if (regionLevel(key) !== this.#level) return -1;
    const slot = this.#probe(key);
    return this.#words[slot * SLOT_WORDS] === 0 ? -1 : slot;
  }

  /**
   * Adds a region that is wanted at a LOD and of which nothing was sent; returns its slot.
   * @throws {RangeError} if no slot would be left free, or for another level than that of the others
   */
  add(key: RegionKey, wantedLod: number): number {
    if (this.#size + 1 >= this.capacity) throw new RangeError("Cannot add a region: the table is full");
    if (this.#size === 0) this.#level = regionLevel(key);
    else if (regionLevel(key) !== this.#level) throw new RangeError("Cannot add a region of another level");
    const slot = this.#probe(key);
    const at = slot * SLOT_WORDS;
    if (this.#words[at] === 0) this.#size++;
    this.#words[at] = tagOf(key) << TAG_SHIFT | wantedLod;
    this.#words[at + 1] = 0;
    return slot;
  }

  /** LOD that the client wants of the region in a slot. */
  wantedLod(slot: number): number {
    return this.#words[slot * SLOT_WORDS]! & LOD_MASK;
  }

  /** Version that the client was sent; 0 if none, for versions begin at 1. */
  sentVersion(slot: number): number {
    return this.#words[slot * SLOT_WORDS + 1]! >>> 0;
  }

  /** LOD of what the client was sent. */
  sentLod(slot: number): number {
    return this.#words[slot * SLOT_WORDS]! >> SENT_SHIFT & LOD_MASK;
  }

  /** Notes what was sent. */
  setSent(slot: number, version: number, lod: number): void {
    const at = slot * SLOT_WORDS;
    this.#words[at] = this.#words[at]! & ~(LOD_MASK << SENT_SHIFT) | lod << SENT_SHIFT;
    this.#words[at + 1] = version;
  }

  /** How urgently a frame of the region is owed; 0: none is. */
  owed(slot: number): number {
    return this.#words[slot * SLOT_WORDS]! >> OWED_SHIFT & OWED_MASK;
  }

  /** Notes how urgently a frame is owed, 0 to 3; 0: none is. */
  setOwed(slot: number, urgency: number): void {
    const at = slot * SLOT_WORDS;
    this.#owedCount += Number(urgency > 0) - Number(this.owed(slot) > 0);
    this.#words[at] = this.#words[at]! & ~(OWED_MASK << OWED_SHIFT) | urgency << OWED_SHIFT;
  }

  /** Calls `visit` with each region and its slot, in no order; or only with those in the slots from one on up to another. */
  forEach(visit: (key: RegionKey, slot: number) => void, from = 0, end = this.capacity): void {
    for (let slot = from; slot < end; slot++) {
      const state = this.#words[slot * SLOT_WORDS]!;
      if (state !== 0) visit(regionKey(this.#level, state >>> TAG_SHIFT + 1), slot);
    }
  }

  #probe(key: RegionKey): number {
    const tag = tagOf(key);
    // The high bits of the product are the well mixed ones, so the slot is their share of the capacity.
    let slot = Math.floor((Math.imul(key, 0x9e3779b1) >>> 0) / 2 ** 32 * this.capacity);
    let state = this.#words[slot * SLOT_WORDS]!;
    while (state !== 0 && state >>> TAG_SHIFT !== tag) {
      if (++slot === this.capacity) slot = 0;
      state = this.#words[slot * SLOT_WORDS]!;
    }
    return slot;
  }
}

/** What tells a region from the others of its level; never 0. */
function tagOf(key: RegionKey): number {
  return regionMorton(key) << 1 | 1;
}

/** Tables that are kept for the next view, of each class of size. */
const MAX_SPARE = 4;

/** Empty tables for views to come, shared by all clients: every view needs a new one and gives one back. */
export class RegionTables {
  readonly #spare = new Map<number, RegionTable[]>();

  /** An empty table for so many regions. */
  take(regions: number): RegionTable {
    const capacity = capacityFor(regions);
    return this.#spare.get(capacity)?.pop() ?? new RegionTable(capacity);
  }

  /** Takes a table back that nobody uses any more. */
  giveBack(table: RegionTable): void {
    const spare = this.#spare.get(table.capacity) ?? [];
    if (spare.length >= MAX_SPARE) return;
    table.clear();
    spare.push(table);
    this.#spare.set(table.capacity, spare);
  }
}

function capacityFor(regions: number): number {
  let capacity = LEAST_SLOTS;
  while (capacity < regions * SLOTS_A_REGION + 1) capacity = 4 * Math.ceil(capacity * CLASS_GROWTH / 4);
  return capacity;
}
