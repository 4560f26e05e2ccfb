import type { ApiKeyEntry } from "./api_keys.ts";
import { type Role, ROLES } from "./principal.ts";
import { isKeyId, KEY_ID_WORDS } from "./signatures.ts";
import { readWorldScope, WORLD_SCOPE_WORDS } from "./world_scope.ts";

const HASH = /^[0-9a-f]{64}$/i;
const SIGNING_SECRET = /^[\x21-\x7e]{16,256}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
const TIME_WORDS = "a time such as 2026-01-31T12:00:00Z";

/** A key as the keys file holds it. */
export interface StoredKey extends ApiKeyEntry {
  readonly createdAtMs: number;
}

/** A member of an entry: its name, what is taken, words for that. */
const MEMBERS: readonly (readonly [name: string, isRight: (value: unknown) => boolean, words: string])[] = [
  ["id", isKeyId, KEY_ID_WORDS],
  ["role", (value) => ROLES.some((role) => role === value), `one of ${ROLES.join(", ")}`],
  ["worlds", (value) => readWorldScope(value) !== undefined, WORLD_SCOPE_WORDS],
  ["sha256", isText(HASH), "the SHA-256 of the key in 64 hexadecimal digits"],
  ["created_at", isTime, TIME_WORDS],
  ["expires_at", isAbsentOr(isTime), TIME_WORDS],
  ["signing_secret", isAbsentOr(isText(SIGNING_SECRET)), "16 to 256 visible ASCII characters"],
];

/**
 * Reads one entry of a keys file.
 * @param index its place, from 0
 * @param report takes what is wrong with it, in words that quote no secret
 * @returns undefined if anything is
 */
export function readKeyEntry(
  entry: unknown,
  index: number,
  report: (message: string) => void,
): StoredKey | undefined {
  if (!isRecord(entry)) {
    report(`entry ${index + 1} must be an object`);
    return undefined;
  }
  const { id, role, worlds, sha256, ...rest } = entry;
  const name = `entry ${index + 1}${isKeyId(id) ? ` (${id})` : ""}`;
  const problems = MEMBERS.filter(([member, isRight]) => !isRight(entry[member]))
    .map(([member, _, words]) => `${name}: ${member} must be ${words}`);
  // A misspelt expires_at would be a key that never ends.
  if (Object.keys(entry).some((member) => !MEMBERS.some(([known]) => known === member))) {
    problems.unshift(`${name} has members other than ${MEMBERS.map(([known]) => known).join(", ")}`);
  }
  problems.forEach(report);
  if (problems.length > 0) return undefined;
  const expiresAt = rest["expires_at"] as string | undefined;
  const signingSecret = rest["signing_secret"] as string | undefined;
  return {
    id: id as string,
    role: role as Role,
    worlds: readWorldScope(worlds)!,
    hash: Uint8Array.fromHex(sha256 as string),
    createdAtMs: Date.parse(rest["created_at"] as string),
    ...(expiresAt === undefined ? {} : { expiresAtMs: Date.parse(expiresAt) }),
    ...(signingSecret === undefined ? {} : { signingSecret }),
  };
}

/** The same the other way round. */
export function keyEntryJson(key: StoredKey): Record<string, unknown> {
  return {
    id: key.id,
    role: key.role,
    worlds: key.worlds === "all" ? "all" : [...key.worlds],
    sha256: key.hash.toHex(),
    ...(key.signingSecret === undefined ? {} : { signing_secret: key.signingSecret }),
    created_at: new Date(key.createdAtMs).toISOString(),
    ...(key.expiresAtMs === undefined ? {} : { expires_at: new Date(key.expiresAtMs).toISOString() }),
  };
}

function isText(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function isAbsentOr(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isRight(value);
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && TIME.test(value) && !Number.isNaN(Date.parse(value));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
