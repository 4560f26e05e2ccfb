import type { RegionKey } from "../space/mod.ts";
import { type ContentHash, emptyHash } from "../tree/mod.ts";
import { REGION_OVERHEAD_BYTES } from "./limits.ts";
import { NO_OVERLAY, type Overlay, OVERLAY_CELL_BYTES } from "./overlay.ts";
import type { RegionExtent } from "./region_extent.ts";
import { RegionStore } from "./region_store.ts";

/** What others may know of a region. */
export interface RegionInfo {
  readonly key: RegionKey;
  /** 1 with the first content; one more with each op that changes what the region shows. Never goes back. */
  readonly version: number;
  /** Voxels of its own, entities not counted. */
  readonly voxels: number;
  /** Entities that overlap it. */
  readonly entities: number;
  /** Hash of what it shows: its voxels with the entities over them, as `snapshot` gives them. */
  readonly hash: Readonly<ContentHash>;
}

/** A region of a world: voxels, the entities that overlap it, and the cells that these cover. */
export class Region implements RegionInfo {
  readonly key: RegionKey;
  readonly store: RegionStore = new RegionStore();
  version = 0;
  /** Replaced, never changed, so that whoever took it keeps what it was. */
  hash: Readonly<ContentHash> = emptyHash();
  /** Its entities and the cells that they cover. */
  overlay: Overlay = NO_OVERLAY;
  /** What `regionExtent` last found. */
  extent: RegionExtent | undefined = undefined;

  constructor(key: RegionKey) {
    this.key = key;
  }

  get voxels(): number {
    return this.store.count;
  }

  get entities(): number {
    return this.overlay.members.length;
  }

  /** Memory of the voxels and of what the entities cover. */
  get bytes(): number {
    return REGION_OVERHEAD_BYTES + this.store.bytes + this.overlay.count * OVERLAY_CELL_BYTES;
  }
}
