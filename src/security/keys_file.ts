import { ConfigError, type ConfigProblem } from "../config/mod.ts";
import type { Logger } from "../observe/mod.ts";
import { fileError, parseJsonFile, readBoundedFile } from "./bounded_file.ts";
import { keyEntryJson, readKeyEntry, type StoredKey } from "./key_entry.ts";

const SETTING = "security.keysFile";
const VERSION = 1;
const MAX_FILE_BYTES = 1_048_576;
/** Every attempt is compared with every key. */
export const MAX_KEYS = 1000;
/** Read and written by the owner alone. */
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Reads the keys file for a server. Warns if others than its owner may read or change it.
 * @throws {ConfigError} naming file, entry, and what was expected; never quoting what it holds
 */
export async function readKeysFile(path: string, logger: Logger): Promise<readonly StoredKey[]> {
  const { text, mode } = await readBoundedFile(path, SETTING, MAX_FILE_BYTES);
  if (mode !== null && (mode & OTHERS) !== 0) {
    const advice = `others may open it; chmod ${OWNER_ONLY.toString(8)} makes it the owner's alone`;
    logger.warn("auth.keys_file_open", { path, mode: (mode & 0o777).toString(8), advice });
  }
  return parseKeysFile(text, path);
}

/**
 * The keys of a file that may not be there yet, to be changed and written again.
 * @throws {ConfigError} as `readKeysFile`
 */
export async function loadKeysFile(path: string): Promise<readonly StoredKey[]> {
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
  }
  const { text } = await readBoundedFile(path, SETTING, MAX_FILE_BYTES);
  return parseKeysFile(text, path);
}

/**
 * Reads the text of a keys file: `{"version": 1, "keys": [...]}`.
 * @throws {ConfigError} as `readKeysFile`
 */
export function parseKeysFile(text: string, path: string): readonly StoredKey[] {
  const json = parseJsonFile(text, path, SETTING);
  const { version, keys } = (typeof json === "object" && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  if (version !== VERSION || !Array.isArray(keys)) {
    throw fileError(path, SETTING, `must be {"version": ${VERSION}, "keys": [...]}`);
  }
  if (keys.length > MAX_KEYS) {
    throw fileError(path, SETTING, `has ${keys.length} keys, at most ${MAX_KEYS} are taken`);
  }
  const problems: ConfigProblem[] = [];
  const stored = keys.map((entry: unknown, i) =>
    readKeyEntry(entry, i, (message) => problems.push({ key: SETTING, place: "file", value: path, message }))
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return stored.filter((key) => key !== undefined);
}

/** The text of a keys file. */
export function formatKeysFile(keys: readonly StoredKey[]): string {
  return `${JSON.stringify({ version: VERSION, keys: keys.map(keyEntryJson) }, null, 2)}\n`;
}

/**
 * Writes a keys file that only its owner can open, whole or not at all: beside it first, then moved into its place.
 * @throws what the system says
 */
export async function writeKeysFile(path: string, keys: readonly StoredKey[]): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeTextFile(part, formatKeysFile(keys), { createNew: true, mode: OWNER_ONLY });
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}
