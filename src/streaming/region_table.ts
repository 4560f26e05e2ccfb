import type { RegionKey } from "../space/mod.ts";

const FREE = -1;

/**
 * What one client wants and has: for each region in its view the LOD that it wants and the version and LOD that it
 * was sent, in typed arrays (an open-addressing hash table, 11 bytes a slot, at most half full). There is no removal:
 * a new view is a new table.
 */
export class RegionTable {
  #keys = new Int32Array(16).fill(FREE);
  #wantedLods = new Uint8Array(16);
  #sentLods = new Uint8Array(16);
  #sentVersions = new Uint32Array(16);
  #owed = new Uint8Array(16);
  #size = 0;
  #owedCount = 0;

  /** Number of regions in the table. */
  get size(): number {
    return this.#size;
  }

  /** Number of regions of which a frame is owed. */
  get owedCount(): number {
    return this.#owedCount;
  }

  /** Empties the table and makes room for `count` regions. */
  reset(count: number): void {
    let capacity = 16;
    while (capacity < count * 2) capacity *= 2;
    if (this.#keys.length !== capacity) {
      this.#keys = new Int32Array(capacity);
      this.#wantedLods = new Uint8Array(capacity);
      this.#sentLods = new Uint8Array(capacity);
      this.#sentVersions = new Uint32Array(capacity);
      this.#owed = new Uint8Array(capacity);
    }
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
   * @throws {RangeError} beyond the count given to `reset`
   */
  add(key: RegionKey, wantedLod: number): number {
    if (this.#size * 2 >= this.#keys.length) throw new RangeError("Cannot add a region: the table is full");
    const slot = this.#probe(key);
    if (this.#keys[slot] === FREE) this.#size++;
    this.#keys[slot] = key;
    this.#wantedLods[slot] = wantedLod;
    this.#sentVersions[slot] = 0;
    this.#sentLods[slot] = 0;
    this.#owed[slot] = 0;
    return slot;
  }

  /** LOD that the client wants of the region in a slot. */
  wantedLod(slot: number): number {
    return this.#wantedLods[slot]!;
  }

  /** Version that the client was sent; 0 if none, for versions begin at 1. */
  sentVersion(slot: number): number {
    return this.#sentVersions[slot]!;
  }

  /** LOD of what the client was sent. */
  sentLod(slot: number): number {
    return this.#sentLods[slot]!;
  }

  /** Whether a frame of the region is owed and waits to be sent. */
  isOwed(slot: number): boolean {
    return this.#owed[slot] === 1;
  }

  /** Notes what was sent. */
  setSent(slot: number, version: number, lod: number): void {
    this.#sentVersions[slot] = version;
    this.#sentLods[slot] = lod;
  }

  /** Notes whether a frame is owed. */
  setOwed(slot: number, owed: boolean): void {
    const now = owed ? 1 : 0;
    this.#owedCount += now - this.#owed[slot]!;
    this.#owed[slot] = now;
  }

  /** Calls `visit` with each region and its slot, in no order. */
  forEach(visit: (key: RegionKey, slot: number) => void): void {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot]!;
      if (key !== FREE) visit(key as RegionKey, slot);
    }
  }

  #probe(key: RegionKey): number {
    const mask = this.#keys.length - 1;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 7) & mask;
    while (this.#keys[slot] !== FREE && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }
}
