import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { AuthMethod, Principal, Role } from "./principal.ts";
import { sha256 } from "./sha256.ts";

/** What is known of one key: everything but the key. */
export interface ApiKeyEntry {
  /** Name in logs and lists; `key:<id>` is the principal. */
  readonly id: string;
  readonly role: Role;
  readonly worlds: "all" | ReadonlySet<string>;
  /** SHA-256 of the key's UTF-8: 32 bytes. */
  readonly hash: Uint8Array;
  /** Secret with which the holder signs, so that the key need not be sent. */
  readonly signingSecret?: string;
  /** Wall-clock time from which it is refused. */
  readonly expiresAtMs?: number;
  /** Stands for the entry in the principals that it makes, as long as nothing about it changes. */
  readonly proof?: symbol;
}

/** Compares two byte arrays of the same length in a time that does not depend on their content. */
export type ConstantTimeEqual = (a: Uint8Array, b: Uint8Array) => boolean;

/** All keys of the server. */
export class ApiKeys {
  readonly #entries: readonly ApiKeyEntry[];
  readonly #byId: ReadonlyMap<string, ApiKeyEntry>;
  readonly #equal: ConstantTimeEqual;

  /** @param equal for tests that count the comparisons */
  constructor(entries: readonly ApiKeyEntry[], equal: ConstantTimeEqual = timingSafeEqual) {
    this.#entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.#equal = equal;
  }

  /**
   * The entry of a key, or undefined. One SHA-256 of what was given, then one comparison of 32 bytes with each entry, to
   * the end: the time tells neither how much of a key is right, nor how long it is, nor which entry it was.
   */
  find(key: string): ApiKeyEntry | undefined {
    const hash = sha256(key);
    let found: ApiKeyEntry | undefined;
    for (const entry of this.#entries) {
      if (this.#equal(hash, entry.hash)) found = entry;
    }
    return found;
  }

  /** What stands for the entries in their principals. */
  get proofs(): readonly symbol[] {
    return this.#entries.map(({ proof }) => proof).filter((proof) => proof !== undefined);
  }

  /** Ids of all entries. */
  get ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  /** The entry of an id, which is no secret. */
  byId(id: string): ApiKeyEntry | undefined {
    return this.#byId.get(id);
  }
}

/** Who the holder of a key is. */
export function principalOfKey(
  entry: ApiKeyEntry,
  method: Extract<AuthMethod, "api-key" | "hmac">,
): Principal {
  return {
    id: `key:${entry.id}`,
    method,
    role: entry.role,
    worlds: entry.worlds,
    ...(entry.expiresAtMs === undefined ? {} : { expiresAtMs: entry.expiresAtMs }),
    ...(entry.proof === undefined ? {} : { proof: entry.proof }),
  };
}

/** Whether two entries are of the same key and let it do the same. */
export function isSameKey(a: ApiKeyEntry, b: ApiKeyEntry): boolean {
  return entryText(a) === entryText(b);
}

function entryText({ id, role, worlds, hash, signingSecret, expiresAtMs }: ApiKeyEntry): string {
  const scope = worlds === "all" ? worlds : [...worlds].sort();
  return JSON.stringify([id, role, scope, hash.toHex(), signingSecret, expiresAtMs]);
}
