import { RESERVED_VARIABLES } from "./config_sources.ts";
import { FIELDS, VARIABLE_PREFIX } from "./fields.ts";

/** Access to the environment, as far as permissions go. */
export interface EnvironmentAccess {
  get(name: string): string | undefined;
  /** All variables, or `undefined` if they may not be listed. */
  list(): Readonly<Record<string, string>> | undefined;
  /** Asks for any name that begins with VOXCAST_; `undefined` if only some may be asked for. */
  readonly probe: ((name: string) => boolean) | undefined;
}

/** The environment of this process. Never prompts for a permission. */
export function processEnvironment(): EnvironmentAccess {
  return {
    get: (name) => isGranted(name) ? Deno.env.get(name) : undefined,
    list: () => isGranted() ? Deno.env.toObject() : undefined,
    // A name that nobody grants by itself: granted only with the whole prefix.
    probe: isGranted(`${VARIABLE_PREFIX}ANY_NAME_AT_ALL`) ? (name) => Deno.env.has(name) : undefined,
  };
}

/**
 * Every variable that begins with VOXCAST_, known or not, so that unknown ones can be refused.
 *
 * With the permission of the tasks (`--allow-env=VOXCAST_*`) names can be asked for but not listed. Then the known names
 * are asked for, and every name that one slip turns a known one into: a letter lost, added, replaced or swapped, or the
 * group or the underscores left out (some 90,000 names, about 60 ms). What is further off is only found with `--allow-env`.
 */
export function readVariables(access: EnvironmentAccess): Readonly<Record<string, string>> {
  const all = access.list();
  if (all !== undefined) {
    return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith(VARIABLE_PREFIX)));
  }
  const found: Record<string, string> = {};
  const known = new Set([...FIELDS.map((field) => field.variable), ...RESERVED_VARIABLES]);
  for (const name of known) take(name);
  if (access.probe === undefined) return found;
  for (const { key, variable } of FIELDS) {
    for (const name of slips(key, variable)) if (!known.has(name) && access.probe(name)) take(name);
  }
  return found;

  function take(name: string): void {
    const value = access.get(name);
    if (value !== undefined) found[name] = value;
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

function* slips(key: string, variable: string): Generator<string> {
  const name = variable.slice(VARIABLE_PREFIX.length);
  const inner = key.slice(key.indexOf(".") + 1);
  yield VARIABLE_PREFIX + inner.replace(/[A-Z]/g, "_$&").toUpperCase();
  yield VARIABLE_PREFIX + inner.toUpperCase();
  yield VARIABLE_PREFIX + key.replace(".", "_").toUpperCase();
  yield VARIABLE_PREFIX + key.replace(".", "").toUpperCase();
  yield VARIABLE_PREFIX + key.replace(".", "_");
  for (let i = 0; i <= name.length; i++) {
    const head = VARIABLE_PREFIX + name.slice(0, i);
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
