import type { RegionCache } from "../cache/mod.ts";
import { type RegionKey, regionKey, regionMorton } from "../space/mod.ts";
import { computeVisible, type DetailRule, lodRuleFor, type Viewport, VisibleSet } from "../viewport/mod.ts";
import type { WorldStream } from "./world_stream.ts";

/** A region that a camera sees. */
export interface ViewedRegion {
  readonly key: RegionKey;
  /** Its newest version, which may not be built yet. */
  readonly version: number;
  /** The LOD that a client with this camera is sent, as memory allows now. */
  readonly lod: number;
}

/** What a camera sees of a world. */
export interface CameraView {
  /** The centre of the view and the near first; emptied regions are among them. */
  readonly regions: readonly ViewedRegion[];
  /** How many more it sees than one client is sent. */
  readonly leftOut: number;
}

/** Some of a world's regions, by key. */
export interface RegionPage {
  readonly regions: readonly ViewedRegion[];
  readonly hasMore: boolean;
}

/**
 * What a client with a camera would be sent of a world: at most so many regions. O(regions seen).
 *
 * @param rule how their levels of detail are chosen, if not as clients are sent them
 */
export function regionsInView(
  stream: WorldStream,
  viewport: Viewport,
  cache: RegionCache,
  maxRegions: number,
  rule: DetailRule = stream.lodRule,
): CameraView {
  const { grid } = stream.world;
  const lodRule = lodRuleFor(rule, viewport, grid);
  const visible = computeVisible(viewport, grid, stream.pyramid, lodRule, VISIBLE, undefined, maxRegions);
  const { keys, lods, count, leftOut } = visible;
  const regions = Array.from({ length: count }, (_, i) => {
    const key = regionKey(grid.level, keys[i]!);
    const lod = Math.min(grid.depth, Math.max(lods[i]!, cache.heldLod));
    return { key, version: stream.world.region(key)!.version, lod };
  });
  return { regions, leftOut };
}

/**
 * The next regions after a key that hold voxels or entities, all of them from the first on if there is none. O(regions that are
 * returned, and emptied ones among them).
 */
export function occupiedRegions(
  { world, pyramid }: WorldStream,
  after: RegionKey | undefined,
  limit: number,
): RegionPage {
  const regions: ViewedRegion[] = [];
  let morton = pyramid.firstFrom(after === undefined ? 0 : regionMorton(after) + 1);
  for (; morton >= 0; morton = pyramid.firstFrom(morton + 1)) {
    const { key, version, voxels, entities } = world.region(regionKey(world.grid.level, morton))!;
    if (voxels === 0 && entities === 0) continue;
    if (regions.length === limit) return { regions, hasMore: true };
    regions.push({ key, version, lod: 0 });
  }
  return { regions, hasMore: false };
}

/** Working memory of all views. */
const VISIBLE = new VisibleSet();
