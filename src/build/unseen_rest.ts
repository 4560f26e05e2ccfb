import type { RegionKey } from "../space/mod.ts";

interface Rest {
  readonly builtAtMs: number;
  /** Builds that nobody saw, since the last look or the last long calm. */
  readonly builds: number;
}

/** A region that is never looked at is built at least every so many first pauses, as long as it changes. */
const MAX_FACTOR = 64;
/** So many of its last pauses without a change make a region's unseen builds forgotten. */
const CALM_FACTOR = 4;

/**
 * Keeps a world's regions that nobody sees and that keep changing from being built again and again: the first build is
 * made ahead, so that it is there when somebody looks, and each further one of which nobody has seen the one before waits
 * twice as long, from one pause to 64. A look ends that. Holds one entry for each region that is held back, and forgets
 * those that have come to rest.
 */
export class UnseenRest {
  readonly #firstPauseMs: number;
  readonly #rests = new Map<RegionKey, Rest>();

  /** @param firstPauseMs time between the first unseen build of a region and the second */
  constructor(firstPauseMs: number) {
    this.#firstPauseMs = firstPauseMs;
  }

  /** Regions that are remembered. */
  get size(): number {
    return this.#rests.size;
  }

  /** Whether the region was built without anybody having seen it since. */
  has(key: RegionKey): boolean {
    return this.#rests.has(key);
  }

  /** Whether the region may be built although nobody sees it. */
  isDue(key: RegionKey, nowMs: number): boolean {
    const rest = this.#rests.get(key);
    return rest === undefined || nowMs >= rest.builtAtMs + this.#pauseMs(rest);
  }

  /** Notes a build that nobody saw. */
  noteBuilt(key: RegionKey, nowMs: number): void {
    this.#rests.set(key, { builtAtMs: nowMs, builds: (this.#rests.get(key)?.builds ?? 0) + 1 });
  }

  /** Notes that somebody looks. */
  noteSeen(key: RegionKey): void {
    this.#rests.delete(key);
  }

  /** Forgets regions that have not changed for long. O(regions remembered). */
  sweep(nowMs: number, isDirty: (key: RegionKey) => boolean): void {
    for (const [key, rest] of this.#rests) {
      const isCalm = nowMs >= rest.builtAtMs + CALM_FACTOR * this.#pauseMs(rest);
      if (isCalm && !isDirty(key)) this.#rests.delete(key);
    }
  }

  #pauseMs({ builds }: Rest): number {
    return this.#firstPauseMs * Math.min(MAX_FACTOR, 2 ** (builds - 1));
  }
}
