import { ALIASES } from "./aliases.ts";
import { FIELDS, VARIABLE_PREFIX } from "./fields.ts";
import { KNOWN_VARIABLES, VARIABLE_PREFIXES } from "./variable_entries.ts";

/** Access to the environment, as far as permissions go. */
export interface EnvironmentAccess {
  get(name: string): string | undefined;
  /** All variables, or `undefined` if they may not be listed. */
  list(): Readonly<Record<string, string>> | undefined;
  /** Whether every name that begins so may be asked for, as opposed to some. */
  mayAskFor(prefix: string): boolean;
  /** Only for names that may be asked for. */
  has(name: string): boolean;
}

/** The environment of this process. Never prompts for a permission. */
export function processEnvironment(): EnvironmentAccess {
  return {
    get: (name) => isGranted(name) ? Deno.env.get(name) : undefined,
    list: () => isGranted() ? Deno.env.toObject() : undefined,
    // A name that nobody grants by itself: granted only with the whole prefix.
    mayAskFor: (prefix) => isGranted(`${prefix}ANY_NAME_AT_ALL`),
    has: (name) => Deno.env.has(name),
  };
}

/**
 * Every variable that is this server's by its name or by how it begins (VOXCAST_, MFN_, RATE_LIMIT_, MESSAGE_), known or not,
 * so that unknown ones can be refused.
 *
 * With the permission of the tasks (`--allow-env=VOXCAST_*,MFN_*,...`) names can be asked for but not listed. Then the known
 * names are asked for, and every name that one slip turns a known one into: a letter lost, added, replaced or swapped, or the
 * group or the underscores left out (some 200,000 names, about 100 ms). What is further off is only found with `--allow-env`.
 */
export function readVariables(access: EnvironmentAccess): Readonly<Record<string, string>> {
  const known = new Set(KNOWN_VARIABLES);
  const all = access.list();
  if (all !== undefined) {
    const isOurs = (name: string): boolean =>
      known.has(name) || VARIABLE_PREFIXES.some((prefix) => name.startsWith(prefix));
    return Object.fromEntries(Object.entries(all).filter(([name]) => isOurs(name)));
  }
  const found: Record<string, string> = {};
  for (const name of known) take(name);
  for (const prefix of VARIABLE_PREFIXES) {
    if (!access.mayAskFor(prefix)) continue;
    for (const name of prefix === VARIABLE_PREFIX ? ownSlips() : aliasSlips(prefix)) {
      if (!known.has(name) && access.has(name)) take(name);
    }
  }
  return found;

  function take(name: string): void {
    const value = access.get(name);
    if (value !== undefined) found[name] = value;
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

function* ownSlips(): Generator<string> {
  for (const { key, variable } of FIELDS) {
    const inner = key.slice(key.indexOf(".") + 1);
    yield VARIABLE_PREFIX + inner.replace(/[A-Z]/g, "_$&").toUpperCase();
    yield VARIABLE_PREFIX + inner.toUpperCase();
    yield VARIABLE_PREFIX + key.replace(".", "_").toUpperCase();
    yield VARIABLE_PREFIX + key.replace(".", "").toUpperCase();
    yield VARIABLE_PREFIX + key.replace(".", "_");
    yield* slips(VARIABLE_PREFIX, variable);
  }
}

function* aliasSlips(prefix: string): Generator<string> {
  for (const { name } of ALIASES) if (name.startsWith(prefix)) yield* slips(prefix, name);
}

function* slips(prefix: string, variable: string): Generator<string> {
  const name = variable.slice(prefix.length);
  for (let i = 0; i <= name.length; i++) {
    const head = prefix + name.slice(0, i);
    const tail = name.slice(i + 1);
    if (i < name.length) yield head + tail;
    if (i + 1 < name.length) yield head + name[i + 1]! + name[i]! + tail.slice(1);
    for (const letter of LETTERS) {
      yield head + letter + name.slice(i);
      if (i < name.length) yield head + letter + tail;
    }
  }
}

function isGranted(variable?: string): boolean {
  const descriptor = variable === undefined ? { name: "env" as const } : { name: "env" as const, variable };
  return Deno.permissions.querySync(descriptor).state === "granted";
}
