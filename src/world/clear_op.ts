import {
  formatRegionKey,
  mortonX,
  mortonY,
  mortonZ,
  type RegionKey,
  regionLevel,
  regionOrigin,
} from "../space/mod.ts";
import { emptyHash } from "../tree/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { ClearOp, Op } from "./op.ts";
import { covers, hashOverlay } from "./overlay.ts";
import type { PreparedOp, WorldState } from "./prepared_op.ts";
import type { Region } from "./region.ts";

/**
 * Works out the removal of all voxels of some regions, or of all.
 * @throws {VoxcastError} OUT_OF_BOUNDS if a region is not of the world's level
 */
export function prepareClear(state: WorldState, op: ClearOp): PreparedOp {
  const regions = regionsToClear(state, op.regions);
  let voxels = 0;
  let bytes = 0;
  for (const { store } of regions) {
    voxels += store.count;
    bytes += store.bytes;
  }
  return {
    changed: voxels,
    errors: [],
    visible: regions.filter(showsVoxels),
    voxels: -voxels,
    voxelBytes: -bytes,
    entityBytes: 0,
    inverse: () => invert(state, regions, voxels),
    commit: () => {
      for (const region of regions) {
        region.store.clear();
        const hash = emptyHash();
        hashOverlay(region.overlay, hash);
        region.hash = hash;
      }
    },
  };
}

function regionsToClear(state: WorldState, keys: readonly RegionKey[] | undefined): Region[] {
  if (keys === undefined) return [...state.regions.values()].filter((region) => region.store.count > 0);
  const regions: Region[] = [];
  for (const key of new Set(keys)) {
    if (regionLevel(key) !== state.grid.level) {
      throw new VoxcastError(
        "OUT_OF_BOUNDS",
        `Region ${formatRegionKey(key)} is not of the world's level ${state.grid.level}`,
      );
    }
    const region = state.regions.get(key);
    if (region !== undefined && region.store.count > 0) regions.push(region);
  }
  return regions;
}

/** Whether any voxel of the region lies open, so that removing them all can be seen. */
function showsVoxels(region: Region): boolean {
  const { count, keys } = region.store;
  if (count > region.overlay.count) return true;
  for (let i = 0; i < count; i++) if (!covers(region.overlay, keys[i]!)) return true;
  return false;
}

/** Patches that write all voxels again, none larger than a patch may be. */
function invert(state: WorldState, regions: readonly Region[], voxels: number): Op[] {
  const ops: Op[] = [];
  const max = state.limits.maxPatchCells;
  let left = voxels;
  let cells = createCells(Math.min(left, max));
  let write = 0;
  for (const region of regions) {
    const [x, y, z] = regionOrigin(state.grid, region.key);
    const { count, keys, colors, materials } = region.store;
    for (let i = 0; i < count; i++) {
      const key = keys[i]!;
      cells.positions[3 * write] = x + mortonX(key);
      cells.positions[3 * write + 1] = y + mortonY(key);
      cells.positions[3 * write + 2] = z + mortonZ(key);
      cells.colors[write] = colors[i]!;
      cells.materials[write++] = materials[i]!;
      if (write < cells.colors.length) continue;
      ops.push({ kind: "patch", cells });
      left -= write;
      write = 0;
      cells = createCells(Math.min(left, max));
    }
  }
  return ops;
}

function createCells(n: number): { positions: Uint32Array; colors: Uint32Array; materials: Uint8Array } {
  return { positions: new Uint32Array(3 * n), colors: new Uint32Array(n), materials: new Uint8Array(n) };
}
