import { type Config, FIELD_BY_KEY } from "../config/mod.ts";
import { loadKeysFile } from "../security/mod.ts";

/** Where `key new` writes if no setting names another file. */
export const DEFAULT_KEYS_FILE = "data/keys.json";

/** How a server is told of a file of keys: in the environment, or by a flag. */
export function nameKeysFile(path: string): string {
  const { variable, flag } = FIELD_BY_KEY.get("security.keysFile")!;
  return `${variable}=${path} (or ${flag} ${path})`;
}

/**
 * A line for the person who starts a server although somebody has made keys that it does not take; undefined if there is
 * nothing to say. A file that cannot be read is not this server's, so it is no problem.
 *
 * @param path for tests
 */
export async function unusedKeysHint(
  { security }: Pick<Config, "security">,
  path: string = DEFAULT_KEYS_FILE,
): Promise<string | undefined> {
  if (security.keysFile !== undefined) return undefined;
  const keys = await loadKeysFile(path).catch(() => []);
  if (keys.length === 0) return undefined;
  const count = keys.length === 1 ? "1 key" : `${keys.length} keys`;
  return `${path} has ${count} that this server does not take; to have it do so: ${nameKeysFile(path)}`;
}
