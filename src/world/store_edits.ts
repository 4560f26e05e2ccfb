import type { VoxelCells } from "./op.ts";
import type { PatchGroups } from "./patch_groups.ts";

/** What a write does to a region's store. */
export const NONE = 0;
export const RECOLOR = 1;
export const INSERT = 2;
export const REMOVE = 3;

/** A sorted patch, with room to note what each of its writes does. */
export interface StoreEdits {
  /** As in {@link PatchGroups}. */
  readonly keys: Uint32Array;
  readonly sources: Uint32Array;
  /** The patch's own, by `sources`. */
  readonly colors: Uint32Array;
  readonly materials: Uint8Array | undefined;
  /** One of the actions a key. */
  readonly actions: Uint8Array;
  /** Where in the store the key is or goes, before anything is changed. */
  readonly places: Uint32Array;
}

/** Edits with nothing noted yet. */
export function createEdits(groups: PatchGroups, cells: VoxelCells): StoreEdits {
  return {
    keys: groups.keys,
    sources: groups.sources,
    colors: cells.colors,
    materials: cells.materials,
    actions: new Uint8Array(groups.keys.length),
    places: new Uint32Array(groups.keys.length),
  };
}
