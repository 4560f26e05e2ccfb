import type { RegionKey, Vec3 } from "../../src/space/mod.ts";
import { type EntityFields, type PatchOp, World, type WorldLimits } from "../../src/world/mod.ts";
import { SMALL_GRID } from "./world_model.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

export const RED = 0xff0000ff;
export const GREEN = 0xff00ff00;
export const BLUE = 0xffff0000;

/** A world of 16 cells an axis, in 8 regions, with default limits but for these. */
export function smallWorld(limits: Partial<WorldLimits> = {}): World {
  return new World({
    id: "main",
    grid: SMALL_GRID,
    epoch: 7,
    limits: { ...DEFAULT_WORLD_LIMITS, ...limits },
  });
}

/** Writes one colour to cells; 0 removes. */
export function paint(color: number, ...cells: readonly Vec3[]): PatchOp {
  return {
    kind: "patch",
    cells: { positions: new Uint32Array(cells.flat()), colors: new Uint32Array(cells.length).fill(color) },
  };
}

/** A box of one cell, unless told otherwise. */
export function box(id: string, position: Vec3, fields: Partial<EntityFields> = {}): EntityFields {
  return { id, type: "box", position, size: [1, 1, 1], color: RED, ...fields };
}

/** All that can be seen of a world, to compare it with itself later. */
export function photograph(world: World): unknown {
  return {
    seq: world.seq,
    voxels: world.voxelCount,
    bytes: world.bytes,
    voxelBytes: world.voxelBytes,
    dirty: [...world.dirty],
    entities: [...world.entities()],
    regions: [...world.regions].map(([key, { version, voxels, entities, hash }]) => ({
      key,
      version,
      voxels,
      entities,
      hash: { ...hash },
      shows: world.snapshot(key),
    })),
  };
}

/** Marks every region as built. */
export function buildAll(world: World): void {
  for (const key of [...world.dirty]) world.markBuilt(key, world.region(key)!.version);
}

/** Colour that a region shows in a cell, by key; 0 if none. */
export function shownColor(world: World, key: RegionKey, cell: number): number {
  const { samples } = world.snapshot(key);
  const at = samples.keys.indexOf(cell);
  return at < 0 ? 0 : samples.colors[at]!;
}
