/** Worlds: voxels in regions, entities over them, and the one way to change them. */
export { World, type WorldOptions } from "./world.ts";
export { isWorldId, type WorldDefaults, Worlds, type WorldsOptions } from "./worlds.ts";
export type {
  Applied,
  ClearOp,
  EntitiesOp,
  Entity,
  EntityFields,
  EntityPatch,
  Op,
  PatchOp,
  VoxelCells,
  WorldChange,
} from "./op.ts";
export type { RegionInfo } from "./region.ts";
export type { RegionSnapshot } from "./snapshot.ts";
export { BUSY_RETRY_MS, MemoryBudget, REGION_COVER_FACTOR, type WorldLimits } from "./limits.ts";
export { MAX_ENTITY_ID_LENGTH, MAX_ENTITY_TYPE_LENGTH } from "./entity_fields.ts";
