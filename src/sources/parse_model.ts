import { detectFormat } from "./detect_format.ts";
import { inflateGzip, isGzip } from "./gzip.ts";
import { ImportError } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import { type ParsedModel, type ProgressListener, turnUp, type UpAxis } from "./parsed_model.ts";
import { parsePly } from "./ply.ts";
import { parseVox } from "./vox_model.ts";

export interface ParseOptions {
  readonly limits: ImportLimits;
  /** The axis that points up in the file; the format's habit (.vox: z, .ply: y) when absent. */
  readonly up?: UpAxis;
  readonly onProgress?: ProgressListener;
}

/** Reads a model file of any known format into points with Y up. Throws ImportError for whatever is wrong with it. */
export async function parseModel(
  bytes: Uint8Array<ArrayBuffer>,
  options: ParseOptions,
): Promise<ParsedModel> {
  const { limits, onProgress } = options;
  if (bytes.length > limits.maxFileBytes) {
    throw new ImportError({
      code: "LIMIT",
      format: "model",
      path: "",
      expected: `at most ${limits.maxFileBytes} bytes`,
      found: `found ${bytes.length}`,
    });
  }
  const content = isGzip(bytes) ? await inflateGzip(bytes, limits, onProgress) : bytes;
  const parse = detectFormat(content) === "vox" ? parseVox : parsePly;
  const model = parse(content, limits, onProgress);
  if ((options.up ?? model.up) === "z") turnUp(model.points);
  return model;
}
