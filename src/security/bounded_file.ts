import { ConfigError, type ConfigKey } from "../config/mod.ts";

/** A file with keys, read whole. */
export interface BoundedFile {
  readonly text: string;
  /** Permission bits, e.g. 0o600; null where the system has none. */
  readonly mode: number | null;
}

/**
 * Reads a file that a setting names.
 * @throws {ConfigError} naming setting and path if it is absent, no file, too large, or may not be read
 */
export async function readBoundedFile(path: string, key: ConfigKey, maxBytes: number): Promise<BoundedFile> {
  try {
    const { isFile, size, mode } = await Deno.stat(path);
    if (!isFile) throw new FileProblem("is no file");
    if (size > maxBytes) throw new FileProblem(`has ${size} bytes, at most ${maxBytes} are taken`);
    return { text: await Deno.readTextFile(path), mode };
  } catch (error) {
    throw fileError(path, key, reasonOf(error));
  }
}

/** The JSON of a file. Its text, which may hold secrets, is never quoted. */
export function parseJsonFile(text: string, path: string, key: ConfigKey): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = /\(line \d+ column \d+\)/.exec(String(error))?.[0];
    throw fileError(path, key, `is not valid JSON${where === undefined ? "" : ` ${where}`}`);
  }
}

/** An error about a file that a setting names. */
export function fileError(path: string, key: ConfigKey, message: string): ConfigError {
  return new ConfigError([{ key, place: "file", value: path, message }]);
}

class FileProblem extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof FileProblem) return error.message;
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.NotCapable) return "the read permission does not cover it (--allow-read)";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not let this user read it";
  return `cannot be read: ${error instanceof Error ? error.name : String(error)}`;
}
