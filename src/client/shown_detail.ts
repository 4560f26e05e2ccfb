import type { RegionKey } from "../space/mod.ts";

/** How a region is shown, or is to be. */
export interface RegionDetail {
  readonly version: number;
  readonly lod: number;
}

interface Postponed<Region> {
  readonly region: Region;
  readonly sinceMs: number;
}

/**
 * Decides when a decoded region is shown. A newer version is at once, and so is more detail; less detail of the version
 * that is shown waits, as it often is only what the server begins with when a region comes back into view, and the detail
 * follows. So nothing becomes coarse for a moment.
 */
export class ShownDetail<Region extends RegionDetail & { readonly key: RegionKey }> {
  readonly #delayMs: number;
  readonly #postponed = new Map<RegionKey, Postponed<Region>>();

  /** @param delayMs how long less detail waits for more */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Regions that wait. */
  get size(): number {
    return this.#postponed.size;
  }

  /** Takes a decoded region; true if it is to be shown now. */
  offer(region: Region, shown: RegionDetail | undefined, nowMs: number): boolean {
    if (shown?.version === region.version && region.lod > shown.lod) {
      this.#postponed.set(region.key, { region, sinceMs: nowMs });
      return false;
    }
    this.#postponed.delete(region.key);
    return true;
  }

  /** Regions for which nothing finer came in time, in no order: they are to be shown now. O(waiting). */
  due(nowMs: number): Region[] {
    const due: Region[] = [];
    for (const [key, { region, sinceMs }] of this.#postponed) {
      if (nowMs - sinceMs < this.#delayMs) continue;
      this.#postponed.delete(key);
      due.push(region);
    }
    return due;
  }

  /** The region is not shown any more. */
  forget(key: RegionKey): void {
    this.#postponed.delete(key);
  }

  /** Nothing is shown any more. */
  reset(): void {
    this.#postponed.clear();
  }
}
