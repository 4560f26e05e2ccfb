import { encodeMorton, type Grid, gridCells, type RegionKey, regionKey } from "../space/mod.ts";
import { type ItemError, VoxcastError } from "../protocol/mod.ts";
import type { CellRaster } from "./cell_raster.ts";
import type { WorldLimits } from "./limits.ts";
import type { VoxelCells } from "./op.ts";
import type { Workspace } from "./workspace.ts";

/** A patch sorted by region and cell, each cell once. */
export interface PatchGroups {
  /** Cell keys; those of group g lie from `starts[g]` to before `ends[g]`, ascending and unique. */
  readonly keys: Uint32Array;
  /** For each key the number of the cell in the patch: the last that writes there. */
  readonly sources: Uint32Array;
  /** Region of each group, in the order in which the patch first names them. */
  readonly regions: readonly RegionKey[];
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Below this many cells, insertion beats the canvas, whose bits are scanned a region. */
const FEW_CELLS = 24;
/** So many bad cells are listed; a patch with more of them is refused all the same. */
const MAX_LISTED_ERRORS = 100;

/**
 * Sorts a patch: a counting sort by region, and a raster (or insertion, for few cells) within each. O(n).
 * @throws {VoxcastError} INVALID_FIELD if the arrays do not fit each other; PAYLOAD_TOO_LARGE above `maxPatchCells`, or
 * if more regions are named than may wait for a build, whether or not all of them would change; OUT_OF_BOUNDS with the
 * numbers of the cells (the first 100) that lie outside the grid
 */
export function groupPatch(
  grid: Grid,
  cells: VoxelCells,
  limits: Pick<WorldLimits, "maxPatchCells" | "maxDirtyRegions">,
  workspace: Workspace,
): PatchGroups {
  checkShape(cells, limits.maxPatchCells);
  checkPositions(cells.positions, gridCells(grid));
  const groupOfRegion = workspace.groupOfRegion(grid.level);
  const mortons: number[] = [];
  try {
    const starts = countCells(grid, cells.positions, groupOfRegion, mortons, limits.maxDirtyRegions);
    return sortCells(grid, cells.positions, groupOfRegion, mortons, starts, workspace.raster(grid.depth));
  } finally {
    for (const morton of mortons) groupOfRegion[morton] = 0;
  }
}

function checkShape(cells: VoxelCells, maxCells: number): void {
  const n = cells.colors.length;
  if (cells.positions.length !== 3 * n) {
    throw new VoxcastError(
      "INVALID_FIELD",
      `Patch has ${n} colors and ${cells.positions.length} coordinates, three a color are needed`,
    );
  }
  if (cells.materials !== undefined && cells.materials.length !== n) {
    throw new VoxcastError("INVALID_FIELD", `Patch has ${n} colors and ${cells.materials.length} materials`);
  }
  if (n > maxCells) throw new VoxcastError("PAYLOAD_TOO_LARGE", `Patch has ${n} cells, limit is ${maxCells}`);
}

function checkPositions(positions: Uint32Array, cellsPerAxis: number): void {
  // The cells an axis are a power of two, so one pass of OR finds whether any coordinate is beyond them.
  let all = 0;
  for (let i = 0; i < positions.length; i++) all |= positions[i]!;
  if ((all & -cellsPerAxis) === 0) return;
  const details: ItemError[] = [];
  let bad = 0;
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    if (x < cellsPerAxis && y < cellsPerAxis && z < cellsPerAxis) continue;
    if (++bad > MAX_LISTED_ERRORS) continue;
    const message = `Cell [${x}, ${y}, ${z}] is outside the grid of ${cellsPerAxis} cells an axis`;
    details.push({ index: i / 3, path: "position", code: "OUT_OF_BOUNDS", message });
  }
  const first = details[0]!;
  const rest = bad > 1 ? `, and so are ${bad - 1} more` : "";
  throw new VoxcastError("OUT_OF_BOUNDS", `${first.message} (cell ${first.index} of the patch)${rest}`, {
    details,
  });
}

/**
 * Numbers the regions of the patch from 1, in `groupOfRegion`, lists their Morton codes, and returns where the cells of
 * each will start.
 */
function countCells(
  grid: Grid,
  positions: Uint32Array,
  groupOfRegion: Uint32Array,
  mortons: number[],
  maxRegions: number,
): Uint32Array {
  const { depth } = grid;
  const counts: number[] = [];
  for (let i = 0; i < positions.length; i += 3) {
    const morton = encodeMorton(
      positions[i]! >>> depth,
      positions[i + 1]! >>> depth,
      positions[i + 2]! >>> depth,
    );
    let group = groupOfRegion[morton]!;
    if (group === 0) {
      group = mortons.push(morton);
      groupOfRegion[morton] = group;
      counts.push(0);
    }
    counts[group - 1]!++;
  }
  if (mortons.length > maxRegions) {
    throw new VoxcastError(
      "PAYLOAD_TOO_LARGE",
      `Patch has cells in ${mortons.length} regions, limit is ${maxRegions}: send it in parts`,
    );
  }
  const starts = new Uint32Array(counts.length);
  for (let g = 1; g < counts.length; g++) starts[g] = starts[g - 1]! + counts[g - 1]!;
  return starts;
}

/** Puts the cells into their groups and sorts these. Codes are computed again rather than kept: memory costs more. */
function sortCells(
  grid: Grid,
  positions: Uint32Array,
  groupOfRegion: Uint32Array,
  mortons: readonly number[],
  starts: Uint32Array,
  raster: CellRaster,
): PatchGroups {
  const { level, depth } = grid;
  const mask = (1 << depth) - 1;
  const n = positions.length / 3;
  const keys = new Uint32Array(n);
  const sources = new Uint32Array(n);
  const ends = starts.slice();
  for (let i = 0; i < n; i++) {
    const x = positions[3 * i]!;
    const y = positions[3 * i + 1]!;
    const z = positions[3 * i + 2]!;
    const group = groupOfRegion[encodeMorton(x >>> depth, y >>> depth, z >>> depth)]! - 1;
    const at = ends[group]!++;
    keys[at] = encodeMorton(x & mask, y & mask, z & mask);
    sources[at] = i;
  }
  for (let g = 0; g < ends.length; g++) ends[g] = sortGroup(keys, sources, starts[g]!, ends[g]!, raster);
  return { keys, sources, regions: mortons.map((morton) => regionKey(level, morton)), starts, ends };
}

/** Sorts one group in place, the last of equal keys staying. Returns its new end. */
function sortGroup(
  keys: Uint32Array,
  sources: Uint32Array,
  start: number,
  end: number,
  raster: CellRaster,
): number {
  if (isAscending(keys, start, end)) return end;
  if (end - start <= FEW_CELLS) return insertionSort(keys, sources, start, end);
  for (let i = start; i < end; i++) raster.paint(keys[i]!, sources[i]!);
  return start + raster.drain(keys, start, sources, start);
}

function isAscending(keys: Uint32Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (keys[i - 1]! >= keys[i]!) return false;
  return true;
}

function insertionSort(keys: Uint32Array, sources: Uint32Array, start: number, end: number): number {
  let sorted = start;
  for (let i = start; i < end; i++) {
    const key = keys[i]!;
    const source = sources[i]!;
    let at = sorted;
    while (at > start && keys[at - 1]! > key) at--;
    if (at > start && keys[at - 1] === key) {
      sources[at - 1] = source;
      continue;
    }
    for (let j = sorted; j > at; j--) {
      keys[j] = keys[j - 1]!;
      sources[j] = sources[j - 1]!;
    }
    keys[at] = key;
    sources[at] = source;
    sorted++;
  }
  return sorted;
}
