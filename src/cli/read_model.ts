import type { Clock } from "../observe/mod.ts";
import {
  FileError,
  ImportError,
  importFile,
  type ImportLimits,
  type ImportPhase,
  type ImportResult,
  readModelFile,
} from "../sources/mod.ts";
import type { Grid } from "../space/mod.ts";
import { fileName } from "./file_name.ts";
import type { ImportArguments } from "./import_arguments.ts";
import type { CliIo } from "./io.ts";
import { ProgressBar } from "./progress_bar.ts";
import { UsageError } from "./usage_error.ts";

/** How a model is read. */
export interface ReadModelOptions {
  readonly io: CliIo;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly limits: ImportLimits;
  /** Asked once the file could be opened. */
  readonly grid: () => Promise<Grid>;
  readonly placing: ImportArguments["placing"];
}

const PHASES: Readonly<Record<ImportPhase, { readonly doing: string; readonly unit: string }>> = {
  decode: { doing: "unpacking", unit: "bytes" },
  parse: { doing: "reading", unit: "points" },
  place: { doing: "placing", unit: "points" },
};

/**
 * Reads and places a file in a Worker, showing how far it is; undefined, with the reason told, when the file is at fault.
 * @throws {UsageError} if the model cannot be placed as asked
 */
export async function readModel(file: string, options: ReadModelOptions): Promise<ImportResult | undefined> {
  const { io, clock, limits, placing, signal } = options;
  let bar: ProgressBar | undefined;
  let shown: ImportPhase | undefined;
  try {
    const bytes = await readModelFile(file, limits.maxFileBytes);
    return await importFile(bytes, {
      limits,
      grid: await options.grid(),
      ...placing,
      ...(signal === undefined ? {} : { signal }),
      onProgress({ phase, done, total }) {
        const { doing, unit } = PHASES[phase];
        if (phase !== shown) {
          bar = new ProgressBar({ io, clock, label: `${fileName(file)}: ${doing}`, unit });
        }
        shown = phase;
        bar!.update(done, total);
      },
    });
  } catch (error) {
    bar?.finish();
    bar = undefined;
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof ImportError || error instanceof FileError)) throw error;
    io.error(error instanceof FileError ? `${error.message}\n` : `${file}: ${error.message}\n`);
    return undefined;
  } finally {
    bar?.finish();
  }
}

/** Why a model has nothing to show. */
export function describeEmpty(file: string, dropped: ImportResult["summary"]["dropped"]): string {
  const why = dropped.map(({ reason, count }) => `${count}: ${reason}`).join("; ") || "it has no points";
  return `${file}: nothing to import (${why})`;
}
