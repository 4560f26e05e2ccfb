import type { RegionKey } from "../space/mod.ts";
import type { World } from "../world/mod.ts";
import type { RegionTracks } from "./region_tracks.ts";
import type { UnseenRest } from "./unseen_rest.ts";

/** A world whose regions are built, and what is known of them between builds. */
export interface WatchedWorld {
  readonly world: World;
  readonly tracks: RegionTracks;
  readonly rest: UnseenRest;
  /** Regions that the full queue turned away although somebody looks, and that are not dirty: nothing else names them. */
  readonly refused: Set<RegionKey>;
  /** Regions that may be larger or smaller to those who look than when they were put into the queue. */
  readonly moved: Set<RegionKey>;
  readonly unsubscribe: () => void;
}
