import type { RegionCache } from "../cache/mod.ts";
import { type RegionKey, regionKey } from "../space/mod.ts";
import { computeVisible, lodRuleFor, type Viewport, VisibleSet } from "../viewport/mod.ts";
import type { WorldStream } from "./world_stream.ts";

/** A region that a camera sees. */
export interface ViewedRegion {
  readonly key: RegionKey;
  /** Its newest version, which may not be built yet. */
  readonly version: number;
  /** The LOD that a client with this camera is sent, as memory allows now. */
  readonly lod: number;
}

/** What a camera sees of a world, the centre of the view and the near first; emptied regions are among it. O(view). */
export function regionsInView(stream: WorldStream, viewport: Viewport, cache: RegionCache): ViewedRegion[] {
  const { grid } = stream.world;
  const rule = lodRuleFor(stream.lodRule, viewport, grid);
  const { keys, lods, count } = computeVisible(viewport, grid, stream.pyramid, rule, VISIBLE);
  return Array.from({ length: count }, (_, i) => {
    const key = regionKey(grid.level, keys[i]!);
    const lod = Math.min(grid.depth, Math.max(lods[i]!, cache.heldLod));
    return { key, version: stream.world.region(key)!.version, lod };
  });
}

/** Working memory of all views. */
const VISIBLE = new VisibleSet();
