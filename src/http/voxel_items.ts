import { type ItemError, parseColor } from "../protocol/mod.ts";
import type { VoxelCells } from "../world/mod.ts";
import type { Breather } from "./breather.ts";
import { issuesOf } from "./item_issues.ts";
import type { Refusals } from "./refusals.ts";
import { type VoxelJson, voxelSchema } from "./schemas.ts";

const COLOR = /^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/i;

/**
 * Turns the voxels of a JSON body into cells, in their order; those that cannot be taken go to `refusals`.
 * @param cellsPerAxis cells of the world an axis
 */
export async function readVoxels(
  items: readonly unknown[],
  cellsPerAxis: number,
  refusals: Refusals,
  breather: Breather,
): Promise<VoxelCells> {
  const positions = new Uint32Array(3 * items.length);
  const colors = new Uint32Array(items.length);
  const materials = new Uint8Array(items.length);
  let count = 0;
  for (let index = 0; index < items.length; index++) {
    const pause = breather.step();
    if (pause !== undefined) await pause;
    const item = items[index];
    if (!isVoxel(item)) refusals.add(() => explain(item, index));
    else if (item.position.some((cell) => cell >= cellsPerAxis)) {
      refusals.add(() => [outside(index, cellsPerAxis)]);
    } else {
      positions.set(item.position, 3 * count);
      colors[count] = item.color === null ? 0 : parseColor(item.color)!;
      materials[count++] = item.material ?? 0;
    }
  }
  return {
    positions: positions.subarray(0, 3 * count),
    colors: colors.subarray(0, count),
    materials: materials.subarray(0, count),
  };
}

/** The cells that lie in the world; the others go to `refusals`. Gives `cells` itself back if all do. */
export function cellsInside(cells: VoxelCells, cellsPerAxis: number, refusals: Refusals): VoxelCells {
  const { positions, colors, materials } = cells;
  if (positions.every((cell) => cell < cellsPerAxis)) return cells;
  const inside = new Uint32Array(positions.length);
  const kept: number[] = [];
  for (let i = 0; i < colors.length; i++) {
    const position = positions.subarray(3 * i, 3 * i + 3);
    if (position.some((cell) => cell >= cellsPerAxis)) refusals.add(() => [outside(i, cellsPerAxis)]);
    else inside.set(position, 3 * (kept.push(i) - 1));
  }
  return {
    positions: inside.subarray(0, 3 * kept.length),
    colors: Uint32Array.from(kept, (i) => colors[i]!),
    ...(materials === undefined ? {} : { materials: Uint8Array.from(kept, (i) => materials[i]!) }),
  };
}

/**
 * Exactly what `voxelSchema` takes, about ten times as fast as asking it (a body may hold a hundred thousand voxels);
 * a test compares the two.
 */
export function isVoxel(item: unknown): item is VoxelJson {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  let keys = 0;
  for (const key in item) {
    if (key !== "position" && key !== "color" && key !== "material") return false;
    keys++;
  }
  const { position, color, material } = item as Record<string, unknown>;
  if (!Array.isArray(position) || position.length !== 3) return false;
  if (!isWhole(position[0], 2 ** 20) || !isWhole(position[1], 2 ** 20) || !isWhole(position[2], 2 ** 20)) {
    return false;
  }
  if (color !== null && (typeof color !== "string" || !COLOR.test(color))) return false;
  return keys === 2 || isWhole(material, 256);
}

function isWhole(value: unknown, end: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < end;
}

function explain(item: unknown, index: number): readonly ItemError[] {
  const result = voxelSchema.safeParse(item);
  if (!result.success) return issuesOf(result.error, index, `voxels.${index}`);
  return [{ index, path: `voxels.${index}`, code: "INVALID_FIELD", message: "Invalid voxel" }];
}

function outside(index: number, cellsPerAxis: number): ItemError {
  return {
    index,
    path: `voxels.${index}.position`,
    code: "OUT_OF_BOUNDS",
    message: `The world has cells 0 to ${cellsPerAxis - 1} an axis`,
  };
}
