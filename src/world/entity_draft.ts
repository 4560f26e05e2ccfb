import { visibleText } from "../protocol/mod.ts";
import { formatRegionKey, type Grid, type RegionKey } from "../space/mod.ts";
import { boxCells, cellsInRegion, entityBox, type Placed, regionsOfBox } from "./entity_cells.ts";
import { createEntity, type Fault, fieldsFault, sameEntity } from "./entity_fields.ts";
import type { Entities } from "./entities.ts";
import { REGION_COVER_FACTOR, type WorldLimits } from "./limits.ts";
import type { Entity, EntityFields, EntityPatch } from "./op.ts";
import type { Region } from "./region.ts";

/** What a draft starts from and never changes. */
export interface DraftBase {
  readonly grid: Grid;
  readonly limits: WorldLimits;
  readonly entities: Entities;
  readonly regions: ReadonlyMap<RegionKey, Region>;
}

/** How full a region is. */
interface Load {
  entities: number;
  cells: number;
}

/**
 * Entities as they would be after the items so far. The world stays untouched, so an op that turns out bad leaves
 * nothing behind; a refused item leaves the draft untouched, so its entity stays where it was.
 */
export class EntityDraft {
  readonly #base: DraftBase;
  readonly #states = new Map<string, Placed | undefined>();
  readonly #loads = new Map<RegionKey, Load>();
  #count: number;
  #nextHandle: number;

  constructor(base: DraftBase) {
    this.#base = base;
    this.#count = base.entities.count;
    this.#nextHandle = base.entities.nextHandle;
  }

  get nextHandle(): number {
    return this.#nextHandle;
  }

  /** The ids that are not as they were, and what they would be; undefined for a removed one. */
  changes(): Map<string, Placed | undefined> {
    const changes = new Map<string, Placed | undefined>();
    for (const [id, next] of this.#states) {
      const before = this.#base.entities.get(id);
      const isSame = before === next ||
        (before !== undefined && next !== undefined && sameEntity(before.entity, next.entity));
      if (!isSame) changes.set(id, next);
    }
    return changes;
  }

  get(id: string): Placed | undefined {
    return this.#states.has(id) ? this.#states.get(id) : this.#base.entities.get(id);
  }

  put(fields: EntityFields, source: string): Fault | undefined {
    const fault = fieldsFault(fields, this.#base.grid);
    if (fault !== undefined) return fault;
    const before = this.get(fields.id);
    const handle = before?.entity.handle ?? this.#nextHandle;
    const refused = this.#place(before, createEntity(fields, handle, source));
    if (refused === undefined && before === undefined) this.#nextHandle++;
    return refused;
  }

  patch(patch: EntityPatch, source: string): Fault | undefined {
    const before = this.get(patch.id);
    if (before === undefined) return notFound(patch.id);
    const { type, position, size, color, material } = before.entity;
    const fields: EntityFields = {
      id: patch.id,
      type: patch.type === undefined ? type : patch.type,
      position: patch.position === undefined ? position : patch.position,
      size: patch.size === undefined ? size : patch.size,
      color: patch.color === undefined ? color : patch.color,
      material: patch.material === undefined ? material : patch.material,
    };
    return this.put(fields, source);
  }

  remove(id: string): Fault | undefined {
    const before = this.get(id);
    if (before === undefined) return notFound(id);
    this.#set(id, before, undefined);
    return undefined;
  }

  /** Takes an entity out if it is there, to be put back by {@link restore}. */
  takeOut(id: string): void {
    const before = this.get(id);
    if (before !== undefined) this.#set(id, before, undefined);
  }

  /** Puts an entity that was taken out back as it once was. */
  restore(entity: Entity, taken: ReadonlySet<number>): Fault | undefined {
    const fault = fieldsFault(entity, this.#base.grid);
    if (fault !== undefined) return fault;
    const { handle } = entity;
    if (!Number.isInteger(handle) || handle < 1 || handle >= this.#nextHandle || taken.has(handle)) {
      return { code: "INVALID_FIELD", field: "handle", message: `Handle ${handle} cannot be restored` };
    }
    return this.#place(this.get(entity.id), createEntity(entity, handle, entity.source));
  }

  #place(before: Placed | undefined, entity: Entity): Fault | undefined {
    if (before !== undefined && sameEntity(before.entity, entity)) return undefined;
    const { grid, limits } = this.#base;
    if (before === undefined && this.#count >= limits.maxEntitiesPerWorld) {
      return full(`World has ${this.#count} entities, limit is ${limits.maxEntitiesPerWorld}`);
    }
    const box = entityBox(grid, entity.position, entity.size);
    const cells = boxCells(box);
    if (cells > limits.maxEntityCells) {
      return full(`Entity covers ${cells} cells, limit is ${limits.maxEntityCells}`, "size");
    }
    const next: Placed = { entity, box, regions: regionsOfBox(grid, box) };
    for (const key of next.regions) {
      const fault = this.#regionFault(key, before, next);
      if (fault !== undefined) return fault;
    }
    this.#set(entity.id, before, next);
    return undefined;
  }

  #regionFault(key: RegionKey, before: Placed | undefined, next: Placed): Fault | undefined {
    const { grid, limits } = this.#base;
    const load = this.#loadOf(key);
    const had = before === undefined ? 0 : cellsInRegion(grid, before.box, key);
    if (had === 0 && load.entities >= limits.maxEntitiesPerRegion) {
      return full(
        `Region ${
          formatRegionKey(key)
        } has ${load.entities} entities, limit is ${limits.maxEntitiesPerRegion}`,
      );
    }
    const has = cellsInRegion(grid, next.box, key);
    const cells = load.cells - had + has;
    const maxCells = REGION_COVER_FACTOR * limits.maxEntityCells;
    if (has > had && cells > maxCells) {
      return full(
        `Entities would cover ${cells} cells of region ${formatRegionKey(key)}, limit is ${maxCells}`,
      );
    }
    return undefined;
  }

  #set(id: string, before: Placed | undefined, next: Placed | undefined): void {
    this.#addLoad(before, -1);
    this.#addLoad(next, 1);
    this.#count += (next === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.#states.set(id, next);
  }

  #addLoad(placed: Placed | undefined, sign: 1 | -1): void {
    if (placed === undefined) return;
    for (const key of placed.regions) {
      const load = this.#loadOf(key);
      load.entities += sign;
      load.cells += sign * cellsInRegion(this.#base.grid, placed.box, key);
    }
  }

  #loadOf(key: RegionKey): Load {
    let load = this.#loads.get(key);
    if (load === undefined) {
      const region = this.#base.regions.get(key);
      load = { entities: region?.overlay.members.length ?? 0, cells: region?.overlay.memberCells ?? 0 };
      this.#loads.set(key, load);
    }
    return load;
  }
}

function notFound(id: string): Fault {
  const shown = typeof id === "string" ? id.slice(0, 64) : typeof id;
  return { code: "ENTITY_NOT_FOUND", field: "id", message: `There is no entity ${visibleText(shown)}` };
}

function full(message: string, field?: string): Fault {
  return { code: "ENTITY_LIMIT", message, ...(field === undefined ? {} : { field }) };
}
