import type { z } from "@hono/zod-openapi";
import { type Bounds, cellSize, formatRegionKey } from "../space/mod.ts";
import type { Applied, World } from "../world/mod.ts";
import type { worldSchema } from "./schemas.ts";

/** A world as it is shown. */
export function worldJson(world: World): z.infer<typeof worldSchema> {
  const { grid } = world;
  const content = world.contentBounds();
  return {
    id: world.id,
    epoch: world.epoch,
    seq: world.seq,
    bounds: boundsJson(grid.bounds),
    level: grid.level,
    depth: grid.depth,
    kind: world.kind,
    cell_size: cellSize(grid),
    regions: occupiedRegions(world),
    dirty_regions: world.dirty.size,
    voxels: world.voxelCount,
    entities: world.entityCount,
    bytes: world.bytes,
    content_bounds: content === undefined ? null : boundsJson(content),
  };
}

/** What an op has changed: the regions, and the version that each has come to. */
export function dirtyJson(
  world: World,
  { dirty }: Applied,
): { readonly dirty_regions: string[]; readonly versions: number[] } {
  return {
    dirty_regions: dirty.map(formatRegionKey),
    versions: dirty.map((key) => world.region(key)!.version),
  };
}

/** How many regions hold a voxel or an entity; emptied ones stay listed in the world but do not count. */
export function occupiedRegions(world: World): number {
  let count = 0;
  for (const region of world.regions.values()) {
    if (region.voxels > 0 || region.entities > 0) count++;
  }
  return count;
}

function boundsJson({ min, max }: Bounds): z.infer<typeof worldSchema>["bounds"] {
  return { min: [...min], max: [...max] };
}
