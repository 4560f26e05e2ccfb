import type { Grid, RegionKey } from "../space/mod.ts";
import type { ItemError } from "../protocol/mod.ts";
import type { Entities } from "./entities.ts";
import type { WorldLimits } from "./limits.ts";
import type { Op } from "./op.ts";
import { Region } from "./region.ts";
import type { Workspace } from "./workspace.ts";

/** What ops read and, once committed, write. */
export interface WorldState {
  readonly grid: Grid;
  readonly limits: WorldLimits;
  readonly workspace: Workspace;
  readonly entities: Entities;
  /** A region is listed from its first content on. */
  readonly regions: ReadonlyMap<RegionKey, Region>;
}

/**
 * An op worked out to the end, with the world still as it was: it is either committed as a whole, before anything
 * else happens to the world, or forgotten.
 */
export interface PreparedOp {
  /** Voxels or entities that would not be as they were. */
  readonly changed: number;
  readonly errors: readonly ItemError[];
  /** Regions that would show something else; those that are not listed yet are new. */
  readonly visible: readonly Region[];
  /** What the op adds, or frees if negative. New regions' own overhead is not counted. */
  readonly voxels: number;
  readonly voxelBytes: number;
  readonly entityBytes: number;
  /** Ops that would restore what is there now. To be called before {@link commit}. */
  inverse(): Op[];
  /** Changes the content. Versions are the caller's. */
  commit(): void;
}

/** The region if it is listed, else a new one that is not. */
export function regionOf(state: WorldState, key: RegionKey): Region {
  return state.regions.get(key) ?? new Region(key);
}
