import {
  createGrid,
  encodeMorton,
  type Grid,
  gridCells,
  type RegionKey,
  regionKey,
} from "../../src/space/mod.ts";
import type { EntitiesOp, Entity, EntityFields, Op, WorldLimits } from "../../src/world/mod.ts";

/** 16 cells an axis of one unit each, in 8 regions: small enough to look at every cell after every op. */
export const SMALL_GRID: Grid = createGrid({ min: [0, 0, 0], max: [16, 16, 16] }, 1, 3);

/** What a cell shows: colour and material. */
export type Shown = readonly [color: number, material: number];

interface ModelResult {
  readonly changed: number;
  /** `list.index CODE` of each refused item. */
  readonly errors: readonly string[];
  /** Whether the whole op is refused. */
  readonly refused: boolean;
}

/** A world as simple as can be: maps, and a look at every cell. What the real one is compared with. */
export class WorldModel {
  readonly #limits: WorldLimits;
  #voxels = new Map<string, Shown>();
  #entities = new Map<string, Entity>();
  #nextHandle = 1;

  constructor(limits: WorldLimits) {
    this.#limits = limits;
  }

  get voxels(): number {
    return this.#voxels.size;
  }

  /** By id. */
  get entities(): ReadonlyMap<string, Entity> {
    return this.#entities;
  }

  apply(op: Op): ModelResult {
    switch (op.kind) {
      case "patch": {
        const before = new Map(this.#voxels);
        for (let i = 0; i < op.cells.colors.length; i++) {
          const cell = op.cells.positions.slice(3 * i, 3 * i + 3).join();
          const color = op.cells.colors[i]!;
          if (color >>> 24 === 0) this.#voxels.delete(cell);
          else this.#voxels.set(cell, [color, op.cells.materials?.[i] ?? 0]);
        }
        return { changed: countChanges(before, this.#voxels), errors: [], refused: false };
      }
      case "clear": {
        const before = this.#voxels.size;
        for (const cell of this.#voxels.keys()) {
          const [x, y, z] = cell.split(",").map(Number);
          if (op.regions === undefined || op.regions.includes(regionAt(x!, y!, z!))) {
            this.#voxels.delete(cell);
          }
        }
        return { changed: before - this.#voxels.size, errors: [], refused: false };
      }
      case "entities":
        return this.#applyEntities(op);
    }
  }

  /** Every cell that shows something, by region and key. */
  shown(): Map<RegionKey, Map<number, Shown>> {
    const cells = new Map<string, Shown>(this.#voxels);
    for (const entity of [...this.#entities.values()].sort((a, b) => a.handle - b.handle)) {
      for (const cell of coveredCells(entity)) cells.set(cell, [entity.color, entity.material]);
    }
    const regions = new Map<RegionKey, Map<number, Shown>>();
    for (const [cell, shown] of cells) {
      const [x, y, z] = cell.split(",").map(Number) as [number, number, number];
      const key = regionAt(x, y, z);
      if (!regions.has(key)) regions.set(key, new Map());
      regions.get(key)!.set(encodeMorton(x & 7, y & 7, z & 7), shown);
    }
    return regions;
  }

  /** Own voxels of a region. */
  voxelsIn(key: RegionKey): number {
    return [...this.#voxels.keys()].map((cell) => cell.split(",").map(Number))
      .filter(([x, y, z]) => regionAt(x!, y!, z!) === key).length;
  }

  /** Entities that overlap a region. */
  entitiesIn(key: RegionKey): number {
    return [...this.#entities.values()].filter((entity) => regionsOf(entity).has(key)).length;
  }

  #applyEntities(op: EntitiesOp): ModelResult {
    const before = this.#entities;
    const handleBefore = this.#nextHandle;
    this.#entities = new Map(before);
    const errors: string[] = [];
    op.remove?.forEach((id, i) => {
      if (!this.#entities.delete(id)) errors.push(`remove.${i} ENTITY_NOT_FOUND`);
    });
    for (const { id } of op.restore ?? []) this.#entities.delete(id);
    op.restore?.forEach((entity) => this.#entities.set(entity.id, entity));
    op.put?.forEach((fields, i) => this.#put(fields, op.source, `put.${i}`, errors));
    op.patch?.forEach((patch, i) => {
      const entity = this.#entities.get(patch.id);
      if (entity === undefined) errors.push(`patch.${i} ENTITY_NOT_FOUND`);
      else this.#put({ ...entity, ...patch }, op.source, `patch.${i}`, errors);
    });
    const refused = errors.length > 0 && op.atomic === true;
    if (refused) {
      this.#entities = before as Map<string, Entity>;
      this.#nextHandle = handleBefore;
    }
    return { changed: countChanges(before, this.#entities), errors, refused };
  }

  #put(fields: EntityFields, source: string, item: string, errors: string[]): void {
    const before = this.#entities.get(fields.id);
    const { id, type, position, size, color } = fields;
    if (position.some((p) => p < 0 || p >= 16)) return void errors.push(`${item} OUT_OF_BOUNDS`);
    const handle = before?.handle ?? this.#nextHandle;
    const entity = { id, type, position, size, color, material: fields.material ?? 0, handle, source };
    if (before !== undefined && same(before, entity)) return;
    this.#entities.set(id, entity);
    const isTooMany = this.#entities.size > this.#limits.maxEntitiesPerWorld;
    const isTooLarge = coveredCells(entity).length > this.#limits.maxEntityCells;
    const held = before === undefined ? new Set() : regionsOf(before);
    const isRegionFull = [...regionsOf(entity)].some((key) =>
      !held.has(key) && this.entitiesIn(key) > this.#limits.maxEntitiesPerRegion
    );
    if (isTooMany || isTooLarge || isRegionFull) {
      if (before === undefined) this.#entities.delete(id);
      else this.#entities.set(id, before);
      errors.push(`${item} ENTITY_LIMIT`);
    } else if (before === undefined) this.#nextHandle++;
  }
}

/** The cells that an entity overlaps, found by asking each cell of the world. */
export function coveredCells(entity: EntityFields): string[] {
  const n = gridCells(SMALL_GRID);
  const on = [0, 1, 2].map((axis) => {
    const position = entity.position[axis]!;
    const half = entity.size[axis]! / 2;
    return Array.from({ length: n }, (_, v) => v).filter((v) =>
      (v < position + half && v + 1 > position - half) || v === Math.floor(position)
    );
  });
  return on[0]!.flatMap((x) => on[1]!.flatMap((y) => on[2]!.map((z) => `${x},${y},${z}`)));
}

function regionsOf(entity: EntityFields): Set<RegionKey> {
  return new Set(
    coveredCells(entity).map((cell) => {
      const [x, y, z] = cell.split(",").map(Number);
      return regionAt(x!, y!, z!);
    }),
  );
}

function regionAt(x: number, y: number, z: number): RegionKey {
  return regionKey(1, (x >> 3) + 2 * (y >> 3) + 4 * (z >> 3));
}

function countChanges<V>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): number {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => !same(before.get(key), after.get(key))).length;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
