/** Everything that changes a world on its own: model files and simulations. */
export { type AppliedImport, applyImport, type ApplyImportOptions, isBusy } from "./apply_import.ts";
export { type DemoOptions, startDemo } from "./demo.ts";
export { Flock, FLOCK_SOURCE, type FlockOptions } from "./flock.ts";
export { ImportError, type ImportErrorCode, type ImportProblem } from "./import_error.ts";
export type { ImportLimits } from "./import_limits.ts";
export type { ImportProgress, ImportRequest, ImportResult, ImportSummary } from "./import_messages.ts";
export { importModel, OUTSIDE_WORLD } from "./import_model.ts";
export { type ImporterOptions, importFile } from "./importer.ts";
export { FileError, readModelFile } from "./model_file.ts";
export { parseModel, type ParseOptions } from "./parse_model.ts";
export type {
  AttributeInfo,
  Dropped,
  ImportPhase,
  ModelFormat,
  ModelInfo,
  PaletteUse,
  ParsedModel,
  PointSet,
  UpAxis,
} from "./parsed_model.ts";
export {
  DEFAULT_CELLS_PER_PATCH,
  type PlacedPoints,
  type PlaceOptions,
  placePoints,
} from "./place_points.ts";
export {
  DEFAULT_POINT_RESOLUTION,
  measurePoints,
  type Placement,
  type PlacementOptions,
  planPlacement,
} from "./placement.ts";
