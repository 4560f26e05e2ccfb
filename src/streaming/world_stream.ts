import { type RegionKey, regionMorton } from "../space/mod.ts";
import { type LodRule, RegionPyramid } from "../viewport/mod.ts";
import { type CacheKey, cacheKey } from "../cache/mod.ts";
import type { World } from "../world/mod.ts";

/** A world as the streamer sees it: which of its regions exist, and what they are called in the cache. */
export class WorldStream {
  readonly world: World;
  /** Regions that hold or once held voxels: an emptied one is still to be told to those who may have it. */
  readonly pyramid: RegionPyramid;
  /** The server's rule, as far as the world's trees go: none is cut above its root. */
  readonly lodRule: LodRule;
  readonly #index: number;
  readonly #unsubscribe: () => void;

  /**
   * @param index number of the world in this process, part of its cache keys
   * @param onAppeared called when regions exist that did not before, so that views must be computed again
   */
  constructor(world: World, index: number, lodRule: LodRule, onAppeared: () => void) {
    this.world = world;
    this.#index = index;
    const { depth } = world.grid;
    this.lodRule = {
      ...lodRule,
      thresholds: lodRule.thresholds.slice(0, depth),
      maxLod: Math.min(lodRule.maxLod, depth),
    };
    this.pyramid = new RegionPyramid(world.grid.level);
    for (const key of world.regions.keys()) this.pyramid.add(regionMorton(key));
    this.#unsubscribe = world.onChange((change) => {
      for (const key of change.appeared) this.pyramid.add(regionMorton(key));
      if (change.appeared.length > 0) onAppeared();
    });
  }

  /** The region's key in the cache. */
  cacheKey(key: RegionKey): CacheKey {
    return cacheKey(this.#index, key);
  }

  /** Stops listening to the world. */
  dispose(): void {
    this.#unsubscribe();
  }
}
