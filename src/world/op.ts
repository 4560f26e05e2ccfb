import type { RegionKey, Vec3 } from "../space/mod.ts";
import type { ItemError } from "../protocol/mod.ts";

/** Cells to write, by global cell coordinates. */
export interface VoxelCells {
  /** x, y, z of each cell in turn: three entries a cell, each below the grid's cells an axis. */
  readonly positions: Uint32Array;
  /** RGBA8 a cell, packed `r | g << 8 | b << 16 | a << 24`; alpha 0 removes the voxel. */
  readonly colors: Uint32Array;
  /** Material a cell; all 0 if absent. */
  readonly materials?: Uint8Array;
}

/** What a source says about an entity: a coloured box. */
export interface EntityFields {
  /** 1 to 256 characters, unique in the world. */
  readonly id: string;
  /** At most 64 characters. */
  readonly type: string;
  /** Centre of the box in world units, inside the world. */
  readonly position: Vec3;
  /** Edges of the box in world units, each above 0. */
  readonly size: Vec3;
  /** RGBA8, packed as in {@link VoxelCells}; alpha above 0. */
  readonly color: number;
  /** 0..255, by default 0. */
  readonly material?: number;
}

/** An entity as the world keeps it. */
export interface Entity extends EntityFields {
  /** Given out upwards from 1, never twice; where entities overlap, the higher handle shows. */
  readonly handle: number;
  /** Who put it. */
  readonly source: string;
  readonly material: number;
}

/** New values for some fields of an entity that is there. */
export type EntityPatch = Partial<EntityFields> & { readonly id: string };

/** Writes voxels; of several writes to one cell the last wins. */
export interface PatchOp {
  readonly kind: "patch";
  readonly cells: VoxelCells;
}

/** Removes all voxels of the regions, or of the world. Entities stay. */
export interface ClearOp {
  readonly kind: "clear";
  readonly regions?: readonly RegionKey[];
}

/**
 * Changes entities, in this order: `remove`, `restore`, `put`, `patch`; within a list from first to last, each item
 * seeing what the ones before did. Removal goes first so that it makes room in full regions.
 */
export interface EntitiesOp {
  readonly kind: "entities";
  /** Label of who changes them; an entity's `source` is who put it last. */
  readonly source: string;
  /** true: one bad item refuses all. Otherwise bad items are reported by index and the rest stands. */
  readonly atomic?: boolean;
  /** Creates, or replaces all fields of the entity of that id, which keeps its handle. */
  readonly put?: readonly EntityFields[];
  readonly patch?: readonly EntityPatch[];
  /** Ids to remove. */
  readonly remove?: readonly string[];
  /**
   * Entities exactly as they once were, handle and source included: what an inverse consists of. They are taken out
   * and put back as a group, so that two that swapped places in full regions can swap back. One that cannot be
   * restored refuses the op, as if `atomic` were set.
   */
  readonly restore?: readonly Entity[];
}

/** All that can happen to a world. */
export type Op = PatchOp | ClearOp | EntitiesOp;

/** What an op did. */
export interface Applied {
  /** Number of the newest change; an op that changed nothing does not advance it. */
  readonly seq: number;
  readonly epoch: number;
  /** Regions whose composed content (voxels with entities over them) is not as it was. */
  readonly dirty: readonly RegionKey[];
  /** Voxels or entities that are not as they were. */
  readonly changed: number;
  /** Items that were refused while the rest stood; empty for ops on voxels, which stand or fall as a whole. */
  readonly errors: readonly ItemError[];
  /** If asked for: ops that restore the content when applied in order; none if nothing changed. */
  readonly inverse?: readonly Op[];
}

/** What listeners are told about an op that changed something. */
export interface WorldChange {
  readonly seq: number;
  readonly epoch: number;
  readonly dirty: readonly RegionKey[];
  readonly op: Op;
  /** The regions among `dirty` that the world did not list before. */
  readonly appeared: readonly RegionKey[];
}
