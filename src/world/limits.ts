import { VoxcastError } from "../protocol/mod.ts";

/** Bounds of worlds. Every one is finite and reached by a test. */
export interface WorldLimits {
  /** Worlds on the server. */
  readonly maxWorlds: number;
  readonly maxVoxelsPerWorld: number;
  /** Memory of a world's voxels and entities. */
  readonly maxWorldBytes: number;
  /** Memory of all worlds' voxels and of what entities cover. */
  readonly maxVoxelBytesTotal: number;
  /** Regions of a world that wait for a build. */
  readonly maxDirtyRegions: number;
  /** Cells in one patch. */
  readonly maxPatchCells: number;
  /** Entities that overlap one region. */
  readonly maxEntitiesPerRegion: number;
  readonly maxEntitiesPerWorld: number;
  /** Cells that one entity covers; all entities of a region together cover at most 16 times as many of its cells. */
  readonly maxEntityCells: number;
}

/**
 * What an entity op repaints in a region is bounded by this many times `maxEntityCells`: without it, ten thousand
 * entities of a whole region each would hold up the loop for seconds at every move.
 */
export const REGION_COVER_FACTOR = 16;
/** When a source that met BUSY should come back: a few turns of the build queue. */
export const BUSY_RETRY_MS = 250;
/**
 * What a listed region takes beside its cells: objects, map entry, and the array buffer's own bookkeeping (measured
 * at about 1.3 KB with one voxel a region).
 */
export const REGION_OVERHEAD_BYTES = 1_400;
/** What an entity takes beside the characters of its strings (measured at about 0.7 KB). */
export const ENTITY_OVERHEAD_BYTES = 700;

/** Memory that several worlds share. */
export class MemoryBudget {
  readonly maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes taken now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes bytes, or gives them back if negative. The caller has checked that they fit. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }
}

/** What an op would add to a world; negative where it frees. */
export interface Growth {
  readonly voxels: number;
  readonly voxelBytes: number;
  readonly entityBytes: number;
  readonly dirtyRegions: number;
}

/** What a world holds before an op. */
export interface Holdings {
  readonly voxels: number;
  readonly bytes: number;
  readonly dirtyRegions: number;
}

/**
 * Refuses an op that would pass a limit. What only frees is never refused for voxels or memory, even above a limit.
 * @throws {VoxcastError} VOXEL_LIMIT, MEMORY_LIMIT, BUSY (with retryAfterMs), or PAYLOAD_TOO_LARGE if the op alone
 * makes more regions dirty than may wait, so that trying again cannot help
 */
export function checkGrowth(limits: WorldLimits, budget: MemoryBudget, now: Holdings, growth: Growth): void {
  const voxels = now.voxels + growth.voxels;
  if (growth.voxels > 0 && voxels > limits.maxVoxelsPerWorld) {
    throw new VoxcastError(
      "VOXEL_LIMIT",
      `World would hold ${voxels} voxels, limit is ${limits.maxVoxelsPerWorld}`,
    );
  }
  const added = growth.voxelBytes + growth.entityBytes;
  if (added > 0 && now.bytes + added > limits.maxWorldBytes) {
    throw new VoxcastError(
      "MEMORY_LIMIT",
      `World would take ${now.bytes + added} bytes, limit is ${limits.maxWorldBytes}`,
    );
  }
  if (growth.voxelBytes > 0 && budget.bytes + growth.voxelBytes > budget.maxBytes) {
    throw new VoxcastError(
      "MEMORY_LIMIT",
      `Worlds would take ${budget.bytes + growth.voxelBytes} bytes for voxels, limit is ${budget.maxBytes}`,
    );
  }
  checkDirty(limits, now.dirtyRegions, growth.dirtyRegions);
}

function checkDirty(limits: WorldLimits, waiting: number, added: number): void {
  const max = limits.maxDirtyRegions;
  if (added > max) {
    throw new VoxcastError(
      "PAYLOAD_TOO_LARGE",
      `Change touches ${added} regions, limit is ${max}: send it in parts`,
    );
  }
  if (waiting + added > max) {
    throw new VoxcastError(
      "BUSY",
      `${waiting} regions wait for a build and ${added} would be added, limit is ${max}`,
      { retryAfterMs: BUSY_RETRY_MS },
    );
  }
}
