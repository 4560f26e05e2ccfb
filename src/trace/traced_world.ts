import type { Grid, RegionKey } from "../space/mod.ts";
import type { Tree, TreeKind } from "../tree/mod.ts";

/** One region as it is to be seen: a tree of a certain version, cut to a certain level of detail. */
export interface TracedRegion {
  /** Its place; of the grid's own level. */
  readonly key: RegionKey;
  readonly version: number;
  /** Levels that were cut off the grid's depth. */
  readonly lod: number;
  /** Already cut. Only read: the arrays stay with the caller, who must not change them meanwhile. */
  readonly tree: Tree;
}

/**
 * The regions of a world that a trace may meet. What is not among them is empty; later changes of the world do not show,
 * as versions are never mixed.
 */
export interface TracedWorld {
  /** World and epoch: with key, version, level of detail and kind it names what a Worker may keep. */
  readonly id: string;
  readonly grid: Grid;
  readonly kind: TreeKind;
  readonly regions: readonly TracedRegion[];
}
