import type { RegionKey } from "../space/mod.ts";
import type { World } from "../world/mod.ts";

/** One region that waits to be built. */
export interface BuildRequest {
  readonly world: World;
  readonly key: RegionKey;
  /** How urgent it is (see `urgencyOf`); 0 for work that nobody waits for. */
  readonly urgency: number;
  /** Monotonic time of the offer. */
  readonly sinceMs: number;
}

interface Entry extends BuildRequest {
  urgency: number;
  /** Position in the heap. */
  slot: number;
  /** Arrival number: among equals the oldest goes first. */
  readonly arrival: number;
}

/** What became of an offered request. */
export type Offer = "queued" | "already-queued" | "refused";

/**
 * Bounded priority queue of regions to build: an indexed binary heap by (most urgent, oldest first), so that a request
 * can be re-prioritised or cancelled by its region in O(log n).
 *
 * When it is full, an unseen request is refused and a seen one evicts the oldest unseen; with only seen requests
 * inside, it refuses. The caller keeps what was refused or evicted.
 */
export class BuildQueue {
  readonly #maxDepth: number;
  readonly #heap: Entry[] = [];
  readonly #byWorld = new Map<World, Map<RegionKey, Entry>>();
  /** Unseen entries, those that have been unseen for longest first: the first is the one to evict. */
  readonly #unseen = new Set<Entry>();
  #arrivals = 0;
  #refused = 0;
  #evicted = 0;
  #cancelled = 0;

  /** @param maxDepth most requests held at a time */
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Requests waiting. */
  get size(): number {
    return this.#heap.length;
  }

  /** Requests turned away since the start, because the queue was full. */
  get refusals(): number {
    return this.#refused;
  }

  /** Unseen requests that had to make room for seen ones since the start. */
  get evictions(): number {
    return this.#evicted;
  }

  /** Requests taken back since the start. */
  get cancellations(): number {
    return this.#cancelled;
  }

  /** Whether the region waits here. */
  has(world: World, key: RegionKey): boolean {
    return this.#byWorld.get(world)?.has(key) ?? false;
  }

  /** Adds a request, or takes over the new urgency of one already waiting, which keeps its age. O(log n). */
  offer(request: BuildRequest): Offer {
    const waiting = this.#byWorld.get(request.world)?.get(request.key);
    if (waiting !== undefined) {
      this.#setUrgency(waiting, request.urgency);
      return "already-queued";
    }
    if (this.#heap.length >= this.#maxDepth && !this.#makeRoom(request.urgency)) {
      this.#refused++;
      return "refused";
    }
    const entry: Entry = { ...request, slot: this.#heap.length, arrival: this.#arrivals++ };
    let regions = this.#byWorld.get(request.world);
    if (regions === undefined) this.#byWorld.set(request.world, regions = new Map());
    regions.set(request.key, entry);
    if (entry.urgency === 0) this.#unseen.add(entry);
    this.#heap.push(entry);
    this.#up(entry);
    return "queued";
  }

  /** Takes the most urgent request out, or undefined if none waits. O(log n). */
  take(): BuildRequest | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.#remove(first);
    return first;
  }

  /** Changes how urgent a waiting region is. O(log n), O(1) if it is so already; false if it does not wait. */
  reprioritise(world: World, key: RegionKey, urgency: number): boolean {
    const entry = this.#byWorld.get(world)?.get(key);
    if (entry === undefined) return false;
    this.#setUrgency(entry, urgency);
    return true;
  }

  /** Takes a region's request back. O(log n); false if it does not wait. */
  cancel(world: World, key: RegionKey): boolean {
    const entry = this.#byWorld.get(world)?.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    this.#cancelled++;
    return true;
  }

  /** Takes back every request of a world. O(n log n) of that world's requests. */
  cancelWorld(world: World): void {
    for (const key of [...this.#byWorld.get(world)?.keys() ?? []]) this.cancel(world, key);
  }

  #makeRoom(urgency: number): boolean {
    if (urgency === 0) return false;
    for (const oldest of this.#unseen) {
      this.#remove(oldest);
      this.#evicted++;
      return true;
    }
    return false;
  }

  #setUrgency(entry: Entry, urgency: number): void {
    if (entry.urgency === urgency) return;
    entry.urgency = urgency;
    if (urgency === 0) this.#unseen.add(entry);
    else this.#unseen.delete(entry);
    this.#up(entry);
    this.#down(entry);
  }

  #remove(entry: Entry): void {
    const regions = this.#byWorld.get(entry.world)!;
    regions.delete(entry.key);
    if (regions.size === 0) this.#byWorld.delete(entry.world);
    this.#unseen.delete(entry);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#place(last, entry.slot);
    this.#up(last);
    this.#down(last);
  }

  #place(entry: Entry, slot: number): void {
    this.#heap[slot] = entry;
    entry.slot = slot;
  }

  #up(entry: Entry): void {
    let slot = entry.slot;
    while (slot > 0) {
      const parent = this.#heap[(slot - 1) >> 1]!;
      if (!isBefore(entry, parent)) break;
      this.#place(parent, slot);
      slot = (slot - 1) >> 1;
    }
    this.#place(entry, slot);
  }

  #down(entry: Entry): void {
    let slot = entry.slot;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      if (!isBefore(this.#heap[child]!, entry)) break;
      this.#place(this.#heap[child]!, slot);
      slot = child;
    }
    this.#place(entry, slot);
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.urgency !== b.urgency ? a.urgency > b.urgency : a.arrival < b.arrival;
}
