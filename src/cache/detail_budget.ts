import { type CachedRegion, MAX_LOD } from "./cached_region.ts";

/** Options of {@linkcode DetailBudget}. */
export interface DetailBudgetOptions {
  /** Above so many bytes a finer LOD is given up ... */
  readonly highBytes: number;
  /** ... and it is taken back when it would take so many at most. */
  readonly lowBytes: number;
}

/**
 * The finest level of detail at which all pinned regions together fit their budget: what they would take at each LOD is
 * kept as a sum, so that going back to a finer one needs no trial. The two marks are apart, and a region that was trimmed
 * still counts in full at finer LODs, so that the same regions never make the LOD go up and down.
 */
export class DetailBudget {
  readonly #highBytes: number;
  readonly #lowBytes: number;
  readonly #demand = new Float64Array(MAX_LOD + 1);
  #lod = 0;

  constructor(options: DetailBudgetOptions) {
    this.#highBytes = options.highBytes;
    this.#lowBytes = options.lowBytes;
  }

  /** The LOD finer than which nothing is held. */
  get lod(): number {
    return this.#lod;
  }

  /** Bytes that all would take at a LOD. */
  demand(lod: number): number {
    return this.#demand[lod]!;
  }

  /** Takes a region in. */
  add(region: CachedRegion): void {
    for (let lod = 0; lod <= MAX_LOD; lod++) this.#demand[lod] = this.#demand[lod]! + region.demand(lod);
  }

  /** Leaves a region out that was taken in. */
  remove(region: CachedRegion): void {
    for (let lod = 0; lod <= MAX_LOD; lod++) this.#demand[lod] = this.#demand[lod]! - region.demand(lod);
  }

  /** Notes that a region that was taken in would take more at a LOD and all finer ones. */
  grow(region: CachedRegion, lod: number, bytes: number): void {
    const coarsest = lod >= region.depth ? MAX_LOD : lod;
    for (let at = 0; at <= coarsest; at++) this.#demand[at] = this.#demand[at]! + bytes;
  }

  /** Finds the LOD anew; true if it has changed. */
  settle(): boolean {
    const before = this.#lod;
    while (this.#lod < MAX_LOD && this.demand(this.#lod) > this.#highBytes) this.#lod++;
    if (this.#lod !== before) return true;
    while (this.#lod > 0 && this.demand(this.#lod - 1) <= this.#lowBytes) this.#lod--;
    return this.#lod !== before;
  }
}
