import { type Clock, type Random, randomId } from "../observe/mod.ts";
import type { StoredKey } from "./key_entry.ts";
import type { Role } from "./principal.ts";
import { sha256 } from "./sha256.ts";

/** 258 random bits each. */
const SECRET_CHARS = 50;
/** So that people and scanners for leaked secrets know what it is. */
const KEY_PREFIX = "vox_";
const SIGNING_PREFIX = "voxsign_";
const ID_CHARS = 8;

export interface NewKeyOptions {
  /** Made up if absent. */
  readonly id?: string;
  readonly role: Role;
  readonly worlds: "all" | ReadonlySet<string>;
  /** Whether it comes with a secret to sign with. */
  readonly signing: boolean;
  /** Never ends if absent. */
  readonly ttlMs?: number;
}

/** A new API key: what its holder needs, and what the server keeps. */
export interface NewKey {
  /** Known to nobody else, and nowhere kept. */
  readonly key: string;
  readonly stored: StoredKey;
}

/** @param deps.random must be unguessable */
export function newKey(options: NewKeyOptions, deps: { clock: Pick<Clock, "now">; random: Random }): NewKey {
  const { random } = deps;
  const createdAtMs = deps.clock.now();
  const key = KEY_PREFIX + randomId(random, SECRET_CHARS);
  const stored: StoredKey = {
    id: options.id ?? randomId(random, ID_CHARS),
    role: options.role,
    worlds: options.worlds,
    hash: sha256(key),
    createdAtMs,
    ...(options.signing ? { signingSecret: SIGNING_PREFIX + randomId(random, SECRET_CHARS) } : {}),
    ...(options.ttlMs === undefined ? {} : { expiresAtMs: createdAtMs + options.ttlMs }),
  };
  return { key, stored };
}
