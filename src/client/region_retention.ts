import {
  ALL_PLANES,
  classifyBox,
  type Frustum,
  type Grid,
  perspectiveFrustum,
  regionBounds,
  type RegionKey,
} from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** How long regions are kept that the server no longer counts as in view. */
export interface RetentionOptions {
  /** Graphics memory above which regions out of view go. */
  readonly maxBytes: number;
  /** A region goes only after it was out of every view told for so long: by then the server has forgotten it too. */
  readonly graceMs: number;
  /** Out of view for longer, a region goes even if there is room: what is kept may be out of date. */
  readonly maxAgeMs: number;
}

/** The memory that a region takes. */
export interface RetainedRegion {
  readonly bytes: number;
}

/**
 * Decides which regions the page drops. The server forgets a region once it has left the view that it was told of, and
 * sends it again when it returns; so a region may be dropped if, and only if, it was out of the told view long enough
 * for the server to have noticed. Dropping one sooner would leave a hole that nobody fills.
 */
export class RegionRetention {
  readonly #options: RetentionOptions;
  readonly #lastInViewMs = new Map<RegionKey, number>();
  #frustum: Frustum | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** A region has come in. */
  arrived(key: RegionKey, nowMs: number): void {
    this.#lastInViewMs.set(key, nowMs);
  }

  /** The server is told of a view: what was in the one before counts as seen until now. O(regions). */
  told(viewport: Viewport, grid: Grid, nowMs: number): void {
    this.#touch(grid, nowMs);
    this.#frustum = perspectiveFrustum(viewport);
    this.#touch(grid, nowMs);
  }

  /** Regions to drop now, those out of view longest first. O(regions log regions). */
  sweep(held: ReadonlyMap<RegionKey, RetainedRegion>, grid: Grid, nowMs: number): RegionKey[] {
    for (const key of this.#lastInViewMs.keys()) if (!held.has(key)) this.#lastInViewMs.delete(key);
    this.#touch(grid, nowMs);
    const { maxBytes, graceMs, maxAgeMs } = this.#options;
    let bytes = 0;
    for (const region of held.values()) bytes += region.bytes;
    const byAge = [...this.#lastInViewMs].sort((a, b) => a[1] - b[1]);
    const dropped: RegionKey[] = [];
    for (const [key, seenMs] of byAge) {
      const ageMs = nowMs - seenMs;
      if (ageMs < graceMs || (bytes <= maxBytes && ageMs < maxAgeMs)) break;
      bytes -= held.get(key)!.bytes;
      this.#lastInViewMs.delete(key);
      dropped.push(key);
    }
    return dropped;
  }

  /** Forgets everything, as at a new registration. */
  reset(): void {
    this.#lastInViewMs.clear();
    this.#frustum = undefined;
  }

  #touch(grid: Grid, nowMs: number): void {
    const frustum = this.#frustum;
    for (const key of this.#lastInViewMs.keys()) {
      if (frustum === undefined || isInView(frustum, grid, key)) this.#lastInViewMs.set(key, nowMs);
    }
  }
}

/** Whether any of a region is in a view. */
export function isInView(frustum: Frustum, grid: Grid, key: RegionKey): boolean {
  const { min, max } = regionBounds(grid, key);
  return classifyBox(frustum, min[0], min[1], min[2], max[0] - min[0], ALL_PLANES) >= 0;
}
