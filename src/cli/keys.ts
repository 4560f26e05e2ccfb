import type { Clock, Random } from "../observe/mod.ts";
import {
  isKeyId,
  KEY_ID_WORDS,
  loadKeysFile,
  MAX_KEYS,
  newKey,
  type StoredKey,
  writeKeysFile,
} from "../security/mod.ts";
import { readDurationSec } from "./duration.ts";
import { type GrantOptions, grantText, readGrant } from "./grant_options.ts";
import type { CliIo } from "./io.ts";
import { DEFAULT_KEYS_FILE, nameKeysFile } from "./default_keys_file.ts";
import { loadOfflineSettings } from "./load_settings.ts";
import { UsageError } from "./usage_error.ts";

/** Where the keys are. */
export interface KeyFileOptions {
  readonly file?: string;
  readonly config?: string;
}

/** `key new`, as it stands on the command line. */
export interface KeyNewOptions extends KeyFileOptions, GrantOptions {
  readonly id?: string;
  readonly signing?: boolean;
  readonly ttl?: string;
}

/**
 * Makes a key. Only the key goes to standard output (with `--signing` the secret on a second line), so that a script can
 * take it from there; what is to be known about it goes to standard error.
 * @throws {UsageError | ConfigError | Error} saying what is wrong; then nothing was written
 */
export async function runKeyNew(
  given: KeyNewOptions,
  io: CliIo,
  deps: { readonly clock: Pick<Clock, "now">; readonly random: Random },
): Promise<void> {
  const { id, signing = false, ttl } = given;
  if (id !== undefined && !isKeyId(id)) throw new UsageError(`--id must be ${KEY_ID_WORDS}, got "${id}"`);
  const grant = readGrant(given);
  const ttlMs = ttl === undefined ? undefined : readDurationSec(ttl, "--ttl") * 1000;
  const { path, isSetting } = await keysFilePath(given);
  const keys = await loadKeysFile(path);
  if (keys.some((key) => key.id === id)) throw new UsageError(`${path} has a key ${id} already`);
  if (keys.length >= MAX_KEYS) {
    throw new Error(`${path} has ${keys.length} keys, which is as many as are taken`);
  }
  const made = newKey(
    { ...grant, signing, ...(id === undefined ? {} : { id }), ...(ttlMs === undefined ? {} : { ttlMs }) },
    deps,
  );
  await save(path, [...keys, made.stored]);
  const { signingSecret, expiresAtMs } = made.stored;
  io.out(`${made.key}\n${signingSecret === undefined ? "" : `${signingSecret}\n`}`);
  io.error(
    `Key ${made.stored.id}: ${grantText(grant)}, ${
      expiresAtMs === undefined ? "no end" : `until ${timeText(expiresAtMs)}`
    }\n` +
      `It is shown only now; ${path} has its hash${
        signingSecret === undefined ? "" : " and the signing secret"
      }\n` +
      (isSetting
        ? "A server takes it from its next start on\n"
        : `A server takes it from its next start on, with ${nameKeysFile(path)}\n`),
  );
}

/** Prints what the keys file says about each key, signing secrets left out. */
export async function runKeyList(
  given: KeyFileOptions & { readonly json?: boolean },
  io: CliIo,
  clock: Pick<Clock, "now">,
): Promise<void> {
  const { path } = await keysFilePath(given);
  const keys = await loadKeysFile(path);
  if (given.json) io.out(`${JSON.stringify(keys.map(listed), null, 2)}\n`);
  else if (keys.length === 0) io.error(`${path} has no keys; voxcast key new makes one\n`);
  else io.out(table(keys, clock.now()));
}

/** @throws {UsageError} if there is no such key */
export async function runKeyRemove(id: string, given: KeyFileOptions, io: CliIo): Promise<void> {
  const { path } = await keysFilePath(given);
  const keys = await loadKeysFile(path);
  const rest = keys.filter((key) => key.id !== id);
  if (rest.length === keys.length) {
    throw new UsageError(`${path} has no key ${id}; voxcast key list shows all`);
  }
  await save(path, rest);
  io.error(`Key ${id} is out of ${path}; a running server takes it until its next start\n`);
}

async function keysFilePath(
  given: KeyFileOptions,
): Promise<{ readonly path: string; readonly isSetting: boolean }> {
  if (given.file !== undefined) return { path: given.file, isSetting: false };
  const { keysFile } = (await loadOfflineSettings(given.config)).security;
  return { path: keysFile ?? DEFAULT_KEYS_FILE, isSetting: keysFile !== undefined };
}

async function save(path: string, keys: readonly StoredKey[]): Promise<void> {
  try {
    await Deno.mkdir(path.replace(/[^\\/]*$/, "") || ".", { recursive: true });
    await writeKeysFile(path, keys);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${writeProblem(error)}`, { cause: error });
  }
}

function writeProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "the write permission does not cover it; deno task voxcast writes below data/ only, so name a file there with " +
      "--file, or run main.ts with --allow-write of its folder";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  return error instanceof Error ? error.message : String(error);
}

function listed(
  { id, role, worlds, signingSecret, createdAtMs, expiresAtMs }: StoredKey,
): Record<string, unknown> {
  return {
    id,
    role,
    worlds: worlds === "all" ? "all" : [...worlds],
    signing: signingSecret !== undefined,
    created_at: timeText(createdAtMs),
    expires_at: expiresAtMs === undefined ? null : timeText(expiresAtMs),
  };
}

function table(keys: readonly StoredKey[], nowMs: number): string {
  const rows = keys.map((key) => [
    key.id,
    key.role,
    key.worlds === "all" ? "all" : [...key.worlds].join(","),
    key.signingSecret === undefined ? "no" : "yes",
    timeText(key.createdAtMs),
    endText(key, nowMs),
  ]);
  const all = [["ID", "ROLE", "WORLDS", "SIGNS", "CREATED", "ENDS"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()}\n`).join("");
}

function endText({ expiresAtMs }: StoredKey, nowMs: number): string {
  if (expiresAtMs === undefined) return "never";
  return `${timeText(expiresAtMs)}${expiresAtMs <= nowMs ? " (has ended)" : ""}`;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
