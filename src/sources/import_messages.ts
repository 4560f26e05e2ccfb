import type { Bounds, Vec3 } from "../space/mod.ts";
import type { VoxelCells } from "../world/mod.ts";
import type { ImportProblem } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import type { Dropped, ImportPhase, ModelFormat, UpAxis } from "./parsed_model.ts";

/** What goes to the import Worker: the file itself moves there, so the sender no longer has it. */
export interface ImportRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly bounds: Bounds;
  readonly level: number;
  readonly depth: number;
  readonly limits: ImportLimits;
  readonly resolution?: number;
  readonly at?: Vec3;
  readonly up?: UpAxis;
  readonly maxCellsPerPatch?: number;
}

/** What an import made. */
export interface ImportSummary {
  readonly format: ModelFormat;
  readonly version: string;
  /** Points in the file; each is in a voxel or counted in `dropped`. */
  readonly pointsIn: number;
  readonly voxels: number;
  /** Regions that hold one of the voxels. */
  readonly regions: number;
  /** Half-open box of the voxels in cells; absent when there are none. */
  readonly bounds?: Bounds;
  /** Cells along the longest axis. */
  readonly resolution: number;
  readonly dropped: readonly Dropped[];
  /** Models of the file that its scene shows, each instance counted; 0 for point clouds. */
  readonly models: number;
  /** Distinct colours of the voxels, counted up to 65,536. */
  readonly colors: number;
}

export interface ImportProgress {
  readonly phase: ImportPhase;
  readonly done: number;
  readonly total: number;
}

/** The voxels of a file, ready for a world: patches in region order, each of at most `maxCellsPerPatch` cells. */
export interface ImportResult {
  readonly patches: readonly VoxelCells[];
  readonly summary: ImportSummary;
}

/** What comes back from the import Worker. */
export type ImportReply =
  | { readonly type: "progress"; readonly progress: ImportProgress; readonly memoryBytes: number }
  | { readonly type: "result"; readonly result: ImportResult }
  | { readonly type: "refused"; readonly problem: ImportProblem }
  | { readonly type: "failed"; readonly name: string; readonly message: string };
