import { type RegionKey, regionMorton } from "../space/mod.ts";
import { type DetailRule, RegionPyramid } from "../viewport/mod.ts";
import { type CacheKey, cacheKey } from "../cache/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";

/** A world in one kind of tree, as the streamer sees it: which of its regions exist, and what the cache calls them. */
export class WorldStream {
  readonly world: World;
  readonly kind: TreeKind;
  /** Regions that hold or once held voxels: an emptied one is still to be told to those who may have it. */
  readonly pyramid: RegionPyramid;
  /** The server's rule, as far as the world's trees go: none is cut above its root. */
  readonly lodRule: DetailRule;
  readonly #index: number;
  readonly #unsubscribe: () => void;

  /**
   * @param index number of the world and kind in this process, part of its cache keys
   * @param onAppeared called when regions exist that did not before, so that views must be computed again
   */
  constructor(world: World, kind: TreeKind, index: number, lodRule: DetailRule, onAppeared: () => void) {
    this.world = world;
    this.kind = kind;
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

  /** The key of the region, in this kind, in the cache. */
  cacheKey(key: RegionKey): CacheKey {
    return cacheKey(this.#index, key);
  }

  /** Stops listening to the world. */
  dispose(): void {
    this.#unsubscribe();
  }
}
