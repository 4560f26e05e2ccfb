import type { CachedRegion } from "../cache/mod.ts";
import type { RegionKey } from "../space/mod.ts";

/** Somebody who waits for a region outside of any stream. */
export interface RegionWait {
  /** The LOD that is waited for. */
  readonly lod: number;
  /** Whether a frame of it will be sent; otherwise the tree alone is wanted. */
  readonly wantsFrame: boolean;
  /** A newer build is in the cache. */
  onBuilt(region: CachedRegion): void;
  /** The world is not served any more. */
  onEnd(): void;
}

/** Who waits for which region of one world and kind. */
export class RegionWaits {
  readonly #waits = new Map<RegionKey, Set<RegionWait>>();

  /** Lists a wait. */
  add(key: RegionKey, wait: RegionWait): void {
    const waits = this.#waits.get(key);
    if (waits === undefined) this.#waits.set(key, new Set([wait]));
    else waits.add(wait);
  }

  /** Strikes it off. */
  delete(key: RegionKey, wait: RegionWait): void {
    const waits = this.#waits.get(key);
    if (waits?.delete(wait) && waits.size === 0) this.#waits.delete(key);
  }

  /** LODs at which a region is waited for. */
  *lodsOf(key: RegionKey): Generator<number> {
    for (const { lod } of this.#waits.get(key) ?? []) yield lod;
  }

  /** LODs of which frames are waited for. */
  *framesOf(key: RegionKey): Generator<number> {
    for (const { lod, wantsFrame } of this.#waits.get(key) ?? []) if (wantsFrame) yield lod;
  }

  /** Tells those who wait for a region of its newest build. */
  built(key: RegionKey, region: CachedRegion): void {
    for (const wait of [...this.#waits.get(key) ?? []]) wait.onBuilt(region);
  }

  /** Ends all waits. */
  end(): void {
    for (const waits of [...this.#waits.values()]) for (const wait of [...waits]) wait.onEnd();
  }
}
