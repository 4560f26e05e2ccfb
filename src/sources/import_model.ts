import { createGrid } from "../space/mod.ts";
import type { ImportRequest, ImportResult } from "./import_messages.ts";
import { parseModel } from "./parse_model.ts";
import type { ProgressListener } from "./parsed_model.ts";
import { placePoints } from "./place_points.ts";
import { planPlacement } from "./placement.ts";

/** A point whose cells all lie beyond the world's edges. */
export const OUTSIDE_WORLD = "outside of the world";

/**
 * The whole import on the calling thread: read, turn Y up, place, cut into patches. `importFile` runs this in a Worker.
 * Throws ImportError for the file, RangeError for options that do not fit the grid.
 */
export async function importModel(
  request: ImportRequest,
  onProgress?: ProgressListener,
): Promise<ImportResult> {
  const { bytes, bounds, level, depth, limits, resolution, at, up, maxCellsPerPatch } = request;
  const grid = createGrid(bounds, level, depth);
  const listener = onProgress === undefined ? {} : { onProgress };
  const model = await parseModel(bytes, { limits, ...listener, ...(up === undefined ? {} : { up }) });
  const placement = planPlacement(model.points, grid, {
    ...(resolution === undefined ? {} : { resolution }),
    ...(at === undefined ? {} : { at }),
  });
  const placed = placePoints(model.points, placement, grid, {
    limits,
    ...listener,
    ...(maxCellsPerPatch === undefined ? {} : { maxCellsPerPatch }),
  });
  const outside = placed.outside === 0 ? [] : [{ reason: OUTSIDE_WORLD, count: placed.outside }];
  return {
    patches: placed.patches,
    summary: {
      format: model.format,
      version: model.version,
      pointsIn: model.pointsIn,
      voxels: placed.voxels,
      regions: placed.regions,
      ...(placed.bounds === undefined ? {} : { bounds: placed.bounds }),
      resolution: placement.resolution,
      dropped: [...model.dropped, ...outside],
      models: model.models.reduce((sum, { instances }) => sum + instances, 0),
      colors: placed.colors,
    },
  };
}
