import { type Bounds, formatRegionKey, type Grid, type RegionKey, regionLevel } from "../space/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import { prepareClear } from "./clear_op.ts";
import { contentBounds } from "./content_bounds.ts";
import { prepareEntities } from "./entities_op.ts";
import { Entities } from "./entities.ts";
import { checkGrowth, MemoryBudget, REGION_OVERHEAD_BYTES, type WorldLimits } from "./limits.ts";
import type { Applied, Entity, Op, WorldChange } from "./op.ts";
import { preparePatch } from "./patch_op.ts";
import type { PreparedOp } from "./prepared_op.ts";
import { Region, type RegionInfo } from "./region.ts";
import { type RegionSnapshot, snapshotRegion } from "./snapshot.ts";
import { Workspace } from "./workspace.ts";
import { ChangeFeed } from "./change_feed.ts";

/** What a world is made of. */
export interface WorldOptions {
  readonly id: string;
  readonly grid: Grid;
  /** Kind of tree for those who ask for none; `esvo` by default. */
  readonly kind?: TreeKind;
  /** Tells this life of the world from earlier ones: u32, not 0. */
  readonly epoch: number;
  readonly limits: WorldLimits;
  /** Shared with other worlds; by default `maxVoxelBytesTotal` of its own. */
  readonly budget?: MemoryBudget;
  /** Shared with other worlds. */
  readonly workspace?: Workspace;
  /** Milliseconds since the Unix epoch. */
  readonly createdMs?: number;
  /** Told what a listener threw; the op stands, and the other listeners are still called. */
  readonly onListenerError?: (error: unknown) => void;
}

/**
 * One isolated voxel space: regions of voxels, and entities over them. {@link apply} is the only way to change it,
 * and it is all or nothing: an op that throws leaves the world as it was.
 */
export class World {
  readonly id: string;
  readonly grid: Grid;
  /** Kind of tree that clients get who ask for none, and in which regions are built that nobody sees. */
  readonly kind: TreeKind;
  readonly epoch: number;
  readonly createdMs: number;
  readonly #limits: WorldLimits;
  readonly #budget: MemoryBudget;
  readonly #workspace: Workspace;
  readonly #regions = new Map<RegionKey, Region>();
  readonly #entities = new Entities();
  readonly #dirty = new Set<RegionKey>();
  readonly #feed: ChangeFeed;
  /** The newest result of {@link contentBounds} and the `seq` that it is of. */
  #content: { readonly seq: number; readonly bounds: Bounds | undefined } | undefined = undefined;
  #seq = 0;
  #voxels = 0;
  #voxelBytes = 0;
  #disposed = false;

  constructor(options: WorldOptions) {
    if (!(options.epoch >>> 0 === options.epoch && options.epoch !== 0)) {
      throw new RangeError(`Epoch must be a whole number 1..2^32-1, not ${options.epoch}`);
    }
    this.id = options.id;
    this.grid = options.grid;
    this.kind = options.kind ?? "esvo";
    this.epoch = options.epoch;
    this.createdMs = options.createdMs ?? 0;
    this.#limits = options.limits;
    this.#budget = options.budget ?? new MemoryBudget(options.limits.maxVoxelBytesTotal);
    this.#workspace = options.workspace ?? new Workspace();
    this.#feed = new ChangeFeed(options.onListenerError);
  }

  /** Number of the newest change; 0 for a world that nothing has happened to. */
  get seq(): number {
    return this.#seq;
  }

  /** All regions that ever held something, also those that are empty now: their versions never go back. */
  get regions(): ReadonlyMap<RegionKey, RegionInfo> {
    return this.#regions;
  }

  /** Regions that changed since the version that was last built. */
  get dirty(): ReadonlySet<RegionKey> {
    return this.#dirty;
  }

  get voxelCount(): number {
    return this.#voxels;
  }

  get entityCount(): number {
    return this.#entities.count;
  }

  /** Memory of voxels and of what entities cover, an estimate from measured sizes. */
  get voxelBytes(): number {
    return this.#voxelBytes;
  }

  /** {@link voxelBytes} and the entities themselves. */
  get bytes(): number {
    return this.#voxelBytes + this.#entities.bytes;
  }

  region(key: RegionKey): RegionInfo | undefined {
    return this.#regions.get(key);
  }

  entity(id: string): Entity | undefined {
    return this.#entities.get(id)?.entity;
  }

  *entities(): Generator<Entity, void, undefined> {
    for (const placed of this.#entities.values()) yield placed.entity;
  }

  /**
   * Changes the world. An op without effect changes no version and no sequence number and tells no listener.
   * @param options.inverse whether to work out the ops that take the change back
   * @throws {VoxcastError} and leaves the world as it was: INVALID_FIELD, OUT_OF_BOUNDS, PAYLOAD_TOO_LARGE,
   * VOXEL_LIMIT, MEMORY_LIMIT; BUSY with retryAfterMs while too many regions wait for a build; the first item's code
   * for a refused op on entities; WORLD_NOT_FOUND once disposed
   */
  apply(op: Op, options: { readonly inverse?: boolean } = {}): Applied {
    if (this.#disposed) throw new VoxcastError("WORLD_NOT_FOUND", `World ${this.id} is gone`);
    const prepared = this.#prepare(op);
    const { changed, errors, visible } = prepared;
    if (changed === 0) return this.#applied([], 0, errors, options.inverse === true ? [] : undefined);
    const appeared = visible.filter((region) => !this.#regions.has(region.key));
    const voxelBytes = prepared.voxelBytes + appeared.length * REGION_OVERHEAD_BYTES;
    this.#check(prepared, voxelBytes);
    const inverse = options.inverse === true ? prepared.inverse() : undefined;

    prepared.commit();
    this.#voxels += prepared.voxels;
    this.#voxelBytes += voxelBytes;
    this.#budget.take(voxelBytes);
    for (const region of appeared) this.#regions.set(region.key, region);
    for (const region of visible) {
      region.version++;
      this.#dirty.add(region.key);
    }
    this.#seq++;
    const applied = this.#applied(visible.map((region) => region.key), changed, errors, inverse);
    const { seq, epoch, dirty } = applied;
    this.#feed.publish({ seq, epoch, dirty, op, appeared: appeared.map((region) => region.key) });
    return applied;
  }

  /**
   * Calls the listener after each op that changed something, in order of `seq`: an op that a listener applies is
   * told once all have heard of the present one.
   * @returns a function that ends it
   */
  onChange(listener: (change: WorldChange) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  /** Notes that a version was built; if it is still the newest, the region is no longer dirty. */
  markBuilt(key: RegionKey, version: number): void {
    if (this.#regions.get(key)?.version === version) this.#dirty.delete(key);
  }

  /**
   * What a region shows now; empty at version 0 if it never held anything. O(its cells).
   * @throws {RangeError} if the key is not of the world's level
   */
  snapshot(key: RegionKey): RegionSnapshot {
    if (regionLevel(key) !== this.grid.level) {
      throw new RangeError(`Region ${formatRegionKey(key)} is not of the world's level ${this.grid.level}`);
    }
    return snapshotRegion(this.#regions.get(key) ?? new Region(key));
  }

  /**
   * The box around all content, in world units, of whole cells; undefined if there is none. O(1) until the next change,
   * then O(regions + cells of regions that changed).
   */
  contentBounds(): Bounds | undefined {
    if (this.#content?.seq !== this.#seq) {
      this.#content = { seq: this.#seq, bounds: contentBounds(this.grid, this.#regions.values()) };
    }
    return this.#content.bounds;
  }

  /** Gives the memory back and forgets the listeners. Nothing can be applied afterwards. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#feed.clear();
    this.#budget.take(-this.#voxelBytes);
    this.#voxelBytes = 0;
    this.#voxels = 0;
    this.#regions.clear();
    this.#content = undefined;
    this.#entities.clear();
    this.#dirty.clear();
  }

  #prepare(op: Op): PreparedOp {
    const state = {
      grid: this.grid,
      limits: this.#limits,
      workspace: this.#workspace,
      entities: this.#entities,
      regions: this.#regions,
    };
    switch (op.kind) {
      case "patch":
        return preparePatch(state, op);
      case "clear":
        return prepareClear(state, op);
      case "entities":
        return prepareEntities(state, op);
    }
  }

  #check(prepared: PreparedOp, voxelBytes: number): void {
    const newlyDirty = prepared.visible.filter((region) => !this.#dirty.has(region.key)).length;
    checkGrowth(
      this.#limits,
      this.#budget,
      { voxels: this.#voxels, bytes: this.bytes, dirtyRegions: this.#dirty.size },
      {
        voxels: prepared.voxels,
        voxelBytes,
        entityBytes: prepared.entityBytes,
        dirtyRegions: newlyDirty,
      },
    );
  }

  #applied(
    dirty: readonly RegionKey[],
    changed: number,
    errors: Applied["errors"],
    inverse: readonly Op[] | undefined,
  ): Applied {
    return {
      seq: this.#seq,
      epoch: this.epoch,
      dirty,
      changed,
      errors,
      ...(inverse === undefined ? {} : { inverse }),
    };
  }
}
