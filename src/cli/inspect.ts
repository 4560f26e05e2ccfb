import { defaultConfig } from "../config/mod.ts";
import { FileError, ImportError, parseModel, readModelFile } from "../sources/mod.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { describeModel, formatDescription, type ModelDescription } from "./inspect_report.ts";
import type { CliIo } from "./io.ts";

export interface InspectOptions {
  readonly file: string;
  /** JSON instead of text. */
  readonly json?: boolean | undefined;
}

/**
 * Says what is in a model file, as an import would see it. Answers OK, or FAILED for a file that cannot be read. Reads on
 * the calling thread: the command has nothing else to do.
 */
export async function runInspect(options: InspectOptions, io: CliIo): Promise<ExitCode> {
  const { file, json = false } = options;
  const { import: limits } = defaultConfig();
  let description: ModelDescription;
  try {
    const bytes = await readModelFile(file, limits.maxFileBytes);
    description = describeModel(
      file,
      bytes.length,
      await parseModel(bytes, { limits }),
    );
  } catch (error) {
    if (!(error instanceof ImportError || error instanceof FileError)) throw error;
    io.error(error instanceof FileError ? `${error.message}\n` : `${file}: ${error.message}\n`);
    return EXIT_CODE.FAILED;
  }
  io.out(json ? `${JSON.stringify(description, null, 2)}\n` : formatDescription(description, io));
  return EXIT_CODE.OK;
}
