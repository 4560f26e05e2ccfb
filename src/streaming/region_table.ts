import type { RegionKey } from "../space/mod.ts";

const FREE = -1;
/** Slots of the smallest table; each larger class has a quarter more, so at most a fifth of a table is too large. */
const LEAST_SLOTS = 16;
const CLASS_GROWTH = 1.25;
/** Slots a region: two thirds of a table are in use at most. */
const SLOTS_A_REGION = 1.5;
const SLOT_BYTES = 10;

/**
 * What one client wants and has: for each region in its view the LOD that it wants, the version and LOD that it was sent,
 * and how urgently it is owed a frame, in typed arrays over one buffer (an open-addressing hash table with 10 bytes a slot).
 * There is no removal: a new view is a new table.
 */
export class RegionTable {
  /** Number of slots. */
  readonly capacity: number;
  readonly #keys: Int32Array;
  readonly #sentVersions: Uint32Array;
  /** Wanted LOD in the low nibble, sent LOD in the high one. */
  readonly #lods: Uint8Array;
  /** 0: nothing is owed; else how urgently, by the holder's own scale. */
  readonly #owed: Uint8Array;
  #size = 0;
  #owedCount = 0;

  constructor(capacity = LEAST_SLOTS) {
    this.capacity = capacity;
    const buffer = new ArrayBuffer(capacity * SLOT_BYTES);
    this.#keys = new Int32Array(buffer, 0, capacity).fill(FREE);
    this.#sentVersions = new Uint32Array(buffer, capacity * 4, capacity);
    this.#lods = new Uint8Array(buffer, capacity * 8, capacity);
    this.#owed = new Uint8Array(buffer, capacity * 9, capacity);
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
    this.#keys.fill(FREE);
    this.#size = 0;
    this.#owedCount = 0;
  }

  /** The slot of a region, or -1 if the table does not hold it. */
  slot(key: RegionKey): number {
    const slot = this.#probe(key);
    return this.#keys[slot] === FREE ? -1 : slot;
  }

  /**
   * Adds a region that is wanted at a LOD and of which nothing was sent; returns its slot.
   * @throws {RangeError} if no slot would be left free
   */
  add(key: RegionKey, wantedLod: number): number {
    if (this.#size + 1 >= this.capacity) throw new RangeError("Cannot add a region: the table is full");
    const slot = this.#probe(key);
    if (this.#keys[slot] === FREE) this.#size++;
    this.#keys[slot] = key;
    this.#lods[slot] = wantedLod;
    this.#sentVersions[slot] = 0;
    this.#owed[slot] = 0;
    return slot;
  }

  /** LOD that the client wants of the region in a slot. */
  wantedLod(slot: number): number {
    return this.#lods[slot]! & 0x0f;
  }

  /** Version that the client was sent; 0 if none, for versions begin at 1. */
  sentVersion(slot: number): number {
    return this.#sentVersions[slot]!;
  }

  /** LOD of what the client was sent. */
  sentLod(slot: number): number {
    return this.#lods[slot]! >> 4;
  }

  /** Notes what was sent. */
  setSent(slot: number, version: number, lod: number): void {
    this.#sentVersions[slot] = version;
    this.#lods[slot] = this.wantedLod(slot) | (lod << 4);
  }

  /** How urgently a frame of the region is owed; 0: none is. */
  owed(slot: number): number {
    return this.#owed[slot]!;
  }

  /** Notes how urgently a frame is owed, 0 to 255; 0: none is. */
  setOwed(slot: number, urgency: number): void {
    this.#owedCount += Number(urgency > 0) - Number(this.#owed[slot]! > 0);
    this.#owed[slot] = urgency;
  }

  /** Calls `visit` with each region and its slot, in no order; or only with those in the slots from one on up to another. */
  forEach(visit: (key: RegionKey, slot: number) => void, from = 0, end = this.capacity): void {
    for (let slot = from; slot < end; slot++) {
      const key = this.#keys[slot]!;
      if (key !== FREE) visit(key as RegionKey, slot);
    }
  }

  #probe(key: RegionKey): number {
    // The high bits of the product are the well mixed ones, so the slot is their share of the capacity.
    let slot = Math.floor((Math.imul(key, 0x9e3779b1) >>> 0) / 2 ** 32 * this.capacity);
    while (this.#keys[slot] !== FREE && this.#keys[slot] !== key) {
      if (++slot === this.capacity) slot = 0;
    }
    return slot;
  }
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
