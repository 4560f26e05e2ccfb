import { type CachedRegion, cutTree, MAX_LOD } from "../cache/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { Tree } from "../tree/mod.ts";

/** A region as it was gathered. */
export interface GatheredRegion {
  readonly key: RegionKey;
  readonly version: number;
  /** The level of detail that the tree is cut at. */
  readonly lod: number;
  /** Undefined if the region holds nothing. It may be shared with the cache, and is only to be read. */
  readonly tree: Tree | undefined;
}

/** How much of a view may be held. */
export interface HoldLimits {
  readonly maxBytes: number;
  /** Bytes that a tree counts as. */
  readonly bytesOf: (tree: Tree) => number;
  /** Whether more than the limit is refused; otherwise everything is made coarser until it fits. */
  readonly isExact: boolean;
}

/** The trees of one view, in a budget of bytes: what is too much is cut, the finest levels of all alike first. */
export class HeldTrees {
  readonly #limits: HoldLimits;
  readonly #regions = new Map<RegionKey, GatheredRegion>();
  #bytes = 0;
  #floorLod = 0;

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  /** What is held of a region. */
  get(key: RegionKey): GatheredRegion | undefined {
    return this.#regions.get(key);
  }

  /** Holds that a region has nothing in it, at whatever level of detail it was asked for. */
  holdEmpty(key: RegionKey, version: number, lod: number): void {
    this.#drop(key);
    this.#regions.set(key, { key, version, lod, tree: undefined });
  }

  /**
   * Holds a region from a level of detail on, or a coarser one if there is no room.
   * @throws {VoxcastError} PAYLOAD_TOO_LARGE if there is no room at the coarsest either, or nothing may be made coarser
   */
  hold(region: CachedRegion, lod: number): void {
    const { key, version } = region;
    if (region.isEmpty) return this.holdEmpty(key, version, lod);
    this.#drop(key);
    const cut = region.treeFrom(Math.max(lod, this.#floorLod));
    this.#regions.set(key, { key, version, ...cut });
    this.#bytes += this.#limits.bytesOf(cut.tree);
    while (this.#bytes > this.#limits.maxBytes) this.#coarsen();
  }

  /** Cuts the finest level off all that is as fine as the finest. */
  #coarsen(): void {
    const { maxBytes, bytesOf, isExact } = this.#limits;
    if (isExact) throw tooLarge(maxBytes, "at the level of detail that was asked for: leave it out");
    if (this.#floorLod === MAX_LOD) throw tooLarge(maxBytes, "at the coarsest: look at less");
    this.#floorLod++;
    this.#bytes = 0;
    for (const [key, region] of this.#regions) {
      if (region.tree === undefined) continue;
      const levels = Math.min(Math.max(0, this.#floorLod - region.lod), region.tree.depth);
      const tree = levels === 0 ? region.tree : cutTree(region.tree, levels);
      this.#regions.set(key, { ...region, lod: region.lod + levels, tree });
      this.#bytes += bytesOf(tree);
    }
  }

  #drop(key: RegionKey): void {
    const tree = this.#regions.get(key)?.tree;
    if (tree !== undefined) this.#bytes -= this.#limits.bytesOf(tree);
    this.#regions.delete(key);
  }
}

function tooLarge(maxBytes: number, how: string): VoxcastError {
  return new VoxcastError(
    "PAYLOAD_TOO_LARGE",
    `What is in view takes more than the ${maxBytes} bytes that there are ${how}`,
  );
}
