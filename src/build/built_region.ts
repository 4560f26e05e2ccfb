import type { RegionKey } from "../space/mod.ts";
import type { PayloadId } from "../protocol/mod.ts";
import type { ContentHash, Tree, TreeKind } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";
import type { Interest } from "./interest.ts";

/** A finished build of one version of one region, in one kind. */
export interface BuiltRegion {
  readonly world: World;
  readonly key: RegionKey;
  readonly version: number;
  readonly kind: TreeKind;
  /** Hash of the voxels that the tree holds: the same for every kind of one version. */
  readonly hash: ContentHash;
  readonly tree: Tree;
  /** Payloads of codec 2 that were encoded along with the build. */
  readonly payloads: ReadonlyMap<PayloadId, Uint8Array>;
}

/** What the build service asks of those who show regions; `app.ts` joins them. */
export interface BuildHooks {
  /** Who sees the region now or waits for it otherwise, whatever the kind. */
  interestIn(world: World, key: RegionKey): Interest;
  /**
   * Kinds in which the region is to be built at this version: those that clients see now, or the world's own if none
   * does, without those that are built at this version in the detail that is wanted. Asked when a build starts; with none
   * there is nothing to do.
   */
  wantedKinds(world: World, key: RegionKey, version: number): readonly TreeKind[];
  /** Payloads that clients of a kind will be sent of the region: they are encoded in the build's Worker. */
  wantedPayloads(world: World, key: RegionKey, kind: TreeKind): readonly PayloadId[];
  /** Whether a build that nobody waits for would be kept; if not, it waits until there is room or somebody looks. */
  hasRoomForUnseen(): boolean;
  /** Called with each finished build, the newest last, even if the region has changed again meanwhile. */
  onBuilt(built: BuiltRegion): void;
}
