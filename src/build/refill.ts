import type { RegionKey } from "../space/mod.ts";
import type { BuildQueue } from "./queue.ts";
import type { WatchedWorld } from "./watched_world.ts";

/** Regions offered in one step: enough to be rare, few enough to be quick. */
const REFILL_STEP = 512;

/** Options of {@linkcode Refill}. */
export interface RefillOptions {
  readonly queue: BuildQueue;
  /** All watched worlds. */
  readonly worlds: () => Iterable<WatchedWorld>;
  /** Most regions remembered of a world that are not dirty. */
  readonly maxRefused: number;
  /** Asks for a build as anybody would; calls `note` again if the queue turns it away. */
  readonly offer: (watched: WatchedWorld, key: RegionKey) => void;
}

/**
 * Brings back what the full queue has turned away or thrown out: dirty regions, which their worlds name, and regions that
 * somebody waits for, which are remembered here.
 */
export class Refill {
  readonly #options: RefillOptions;
  #isDue = false;

  constructor(options: RefillOptions) {
    this.#options = options;
  }

  /** Whether something was turned away since the last full look. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Notes that the queue has no room for a region, or made room by throwing another one out. */
  note(watched: WatchedWorld, key: RegionKey, isRefused: boolean): void {
    this.#isDue = true;
    // One that is forgotten here comes again with the next look of whoever wants it.
    if (!isRefused || watched.world.dirty.has(key)) return;
    if (watched.refused.size < this.#options.maxRefused) watched.refused.add(key);
  }

  /**
   * Offers regions that are neither waiting nor being built, until the queue refuses or a step's worth is in.
   * O(regions dirty and remembered) at worst.
   */
  run(): void {
    const { queue, worlds } = this.#options;
    this.#isDue = false;
    const enough = queue.size + REFILL_STEP;
    for (const watched of worlds()) {
      // A copy: what is refused again goes back into the set.
      const refused = [...watched.refused];
      watched.refused.clear();
      for (const [at, key] of refused.entries()) {
        this.#offer(watched, key, enough);
        if (!this.#isDue) continue;
        for (const left of refused.slice(at + 1)) watched.refused.add(left);
        return;
      }
      for (const key of watched.world.dirty) {
        this.#offer(watched, key, enough);
        if (this.#isDue) return;
      }
    }
  }

  #offer(watched: WatchedWorld, key: RegionKey, enough: number): void {
    const { queue, offer } = this.#options;
    if (watched.tracks.isUnderWay(key) || queue.has(watched.world, key)) return;
    offer(watched, key);
    if (queue.size >= enough) this.#isDue = true;
  }
}
