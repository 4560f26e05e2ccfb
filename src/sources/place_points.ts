import type { Bounds, Grid } from "../space/mod.ts";
import type { VoxelCells } from "../world/mod.ts";
import { countRegions, gatherEntries } from "./cell_entries.ts";
import { mergeCells } from "./cell_merge.ts";
import { CellWalker } from "./cell_walker.ts";
import { ImportError } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import { type PointSet, PROGRESS_STRIDE, type ProgressListener } from "./parsed_model.ts";
import { PatchWriter } from "./patch_writer.ts";
import type { Placement } from "./placement.ts";

/** Cells in one patch: about 1 MB, a few milliseconds of a world's time. */
export const DEFAULT_CELLS_PER_PATCH = 65_536;

const DEFAULT_BATCH_CELLS = 4_194_304;

export interface PlaceOptions {
  readonly limits: ImportLimits;
  readonly maxCellsPerPatch?: number;
  /** Cells (20 bytes each) that are sorted at a time; a single region may have more. */
  readonly maxBatchCells?: number;
  readonly onProgress?: ProgressListener;
}

/** Voxels in the order of their regions' Morton codes, so that one patch touches few regions. */
export interface PlacedPoints {
  readonly patches: readonly VoxelCells[];
  readonly voxels: number;
  /** Regions that hold a voxel. */
  readonly regions: number;
  /** Distinct colours, counted up to 65,536. */
  readonly colors: number;
  /** Half-open box of the voxels, in cells. */
  readonly bounds: Bounds | undefined;
  /** Points none of whose cells are in the world. */
  readonly outside: number;
}

/**
 * Turns placed points into voxels: one a cell, however many points share it, and for a voxel larger than a cell all the
 * cells that it covers. Memory beyond input and output is bounded by the batch, not by the model.
 *
 * Throws ImportError LIMIT when the points fill more than `maxCells` cells. Linear in points and filled cells.
 */
export function placePoints(
  points: PointSet,
  placement: Placement,
  grid: Grid,
  options: PlaceOptions,
): PlacedPoints {
  const walker = new CellWalker(points, placement, grid);
  const { entries, outside } = countEntries(walker, points, options.limits);
  const batches = cutBatches(walker, points, grid, entries, options.maxBatchCells ?? DEFAULT_BATCH_CELLS);
  const writer = new PatchWriter(
    Math.min(options.maxCellsPerPatch ?? DEFAULT_CELLS_PER_PATCH, Math.max(1, entries)),
  );
  const total = batches.length * points.count;
  // Voxels that are not scaled down meet only where models of a scene overlap: the later one is in front, and no colour
  // comes up that the palette does not have.
  const overlap = points.solid && placement.resolution >= placement.edge ? "last" : "mean";
  batches.forEach((batch, i) => {
    const gathered = gatherEntries(walker, points.count, grid, batch, (point) => {
      if (point % PROGRESS_STRIDE === 0) options.onProgress?.("place", i * points.count + point, total);
    });
    mergeCells(gathered, points, overlap, grid, writer);
  });
  options.onProgress?.("place", total, total);
  const patches = writer.finish();
  const { voxels, regions, colors, bounds } = writer;
  return { patches, voxels, regions, colors, bounds, outside };
}

/** Entries in all, before any is made. */
function countEntries(
  walker: CellWalker,
  points: PointSet,
  limits: ImportLimits,
): { entries: number; outside: number } {
  let entries = 0;
  let outside = 0;
  for (let i = 0; i < points.count; i++) {
    if (walker.locate(i)) entries += walker.volume;
    else outside++;
  }
  if (entries > limits.maxCells) {
    throw new ImportError({
      code: "LIMIT",
      format: "model",
      path: "placement",
      expected: `at most ${limits.maxCells} cells to fill`,
      found: `found ${entries} (take a lower resolution)`,
    });
  }
  return { entries, outside };
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
}

/** Runs of regions that have no more entries than the limit, unless a single region does. */
function cutBatches(
  walker: CellWalker,
  points: PointSet,
  grid: Grid,
  total: number,
  limit: number,
): Batch[] {
  if (total === 0) return [];
  if (total <= limit) return [{ from: 0, to: 8 ** grid.level, entries: total }];
  const perRegion = countRegions(walker, points.count, grid);
  const batches: Batch[] = [];
  let from = 0;
  let entries = 0;
  for (let region = 0; region < perRegion.length; region++) {
    const count = perRegion[region]!;
    if (entries > 0 && entries + count > limit) {
      batches.push({ from, to: region, entries });
      from = region;
      entries = 0;
    }
    entries += count;
  }
  if (entries > 0) batches.push({ from, to: perRegion.length, entries });
  return batches;
}
