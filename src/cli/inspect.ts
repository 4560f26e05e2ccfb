import { defaultConfig } from "../config/mod.ts";
import { FileError, ImportError, parseModel, readModelFile } from "../sources/mod.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { describeModel, formatDescription, type ModelDescription } from "./inspect_report.ts";
import type { CliIo } from "./io.ts";
import { loadOfflineSettings } from "./load_settings.ts";
import { formatTreeSummary, summariseTrees, type TreeSummary } from "./tree_summary.ts";

export interface InspectOptions {
  readonly file: string;
  /** JSON instead of text. */
  readonly json?: boolean | undefined;
  /** Also builds the model's regions, as a server with the same settings would, and tells what they cost. */
  readonly trees?: boolean | undefined;
  /** File with these settings, in place of voxcast.json. */
  readonly config?: string | undefined;
}

/**
 * Says what is in a model file, as an import would see it. Answers OK, or FAILED for a file that cannot be read. Reads on
 * the calling thread: the command has nothing else to do.
 * @throws {ConfigError} if the settings that the trees are built by cannot be used
 */
export async function runInspect(options: InspectOptions, io: CliIo): Promise<ExitCode> {
  const { file, json = false, trees = false } = options;
  const config = trees ? await loadOfflineSettings(options.config) : defaultConfig();
  const { import: limits } = config;
  let description: ModelDescription;
  let summaries: readonly TreeSummary[] | undefined;
  try {
    const bytes = await readModelFile(file, limits.maxFileBytes);
    description = describeModel(
      file,
      bytes.length,
      await parseModel(bytes, { limits }),
    );
    if (trees) summaries = await summariseTrees(bytes, config);
  } catch (error) {
    if (!(error instanceof ImportError || error instanceof FileError)) throw error;
    io.error(error instanceof FileError ? `${error.message}\n` : `${file}: ${error.message}\n`);
    return EXIT_CODE.FAILED;
  }
  const all = summaries === undefined ? description : { ...description, trees: summaries };
  io.out(json ? `${JSON.stringify(all, null, 2)}\n` : formatDescription(description, io));
  if (!json) io.out((summaries ?? []).map(formatTreeSummary).join(""));
  return EXIT_CODE.OK;
}
