import { ConfigError } from "./config_error.ts";

/** Read when nothing else is named and it exists. */
export const DEFAULT_CONFIG_FILE = "voxcast.json";

/**
 * Reads and parses a configuration file. `path` undefined means the default one, which may be absent; a named one may not.
 * Throws `ConfigError` if it cannot be read or is no JSON; the text of the file, which may hold a key, is never quoted.
 */
export async function readConfigFile(
  path?: string,
): Promise<{ readonly file: unknown; readonly fileName: string }> {
  const fileName = path ?? DEFAULT_CONFIG_FILE;
  let text: string;
  try {
    text = await Deno.readTextFile(fileName);
  } catch (error) {
    if (path === undefined && error instanceof Deno.errors.NotFound) return { file: undefined, fileName };
    throw new ConfigError([{
      key: fileName,
      place: "file",
      message: `cannot be read: ${readProblem(error)}`,
    }]);
  }
  try {
    return { file: JSON.parse(text), fileName };
  } catch (error) {
    const where = /\(line \d+ column \d+\)/.exec(String(error))?.[0];
    const message = `is not valid JSON${where === undefined ? "" : ` ${where}`}`;
    throw new ConfigError([{ key: fileName, place: "file", message }]);
  }
}

/** Why a file could not be read, in words for the person who named it. */
export function readProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  if (error instanceof Deno.errors.NotCapable) return "the read permission does not cover it (--allow-read)";
  return error instanceof Error ? error.name : String(error);
}
