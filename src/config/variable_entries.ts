import { type Alias, ALIAS_PREFIXES, ALIASES } from "./aliases.ts";
import type { ConfigProblem } from "./config_error.ts";
import { type Entry, unknownName } from "./entry.ts";
import { type Field, FIELD_BY_KEY, FIELDS, VARIABLE_PREFIX } from "./fields.ts";
import { parseText } from "./parse_text.ts";

/** Variables that begin with VOXCAST_ and are no settings. */
export const RESERVED_VARIABLES: readonly string[] = [
  "VOXCAST_CONFIG",
  "VOXCAST_TEST_STRICT",
  "VOXCAST_PROVE_FACTOR",
];

/** Beginnings of names that are this server's alone: an unknown one is refused. */
export const VARIABLE_PREFIXES: readonly string[] = [VARIABLE_PREFIX, ...ALIAS_PREFIXES];

const FIELD_BY_VARIABLE: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.variable, field]));
const ALIAS_BY_NAME: ReadonlyMap<string, Alias> = new Map(ALIASES.map((alias) => [alias.name, alias]));

/** Every name in the environment that means something here. */
export const KNOWN_VARIABLES: readonly string[] = [
  ...FIELD_BY_VARIABLE.keys(),
  ...ALIAS_BY_NAME.keys(),
  ...RESERVED_VARIABLES,
];

/**
 * What the environment sets; unknown names of ours go to `problems`, and so do two names of one setting that disagree.
 * A setting's own name comes last, so that it is named as the place of what both agree on.
 */
export function readVariableEntries(
  env: Readonly<Record<string, string>>,
  problems: ConfigProblem[],
): Entry[] {
  const own: Entry[] = [];
  const aliased: Entry[] = [];
  for (const [name, text] of Object.entries(env)) {
    const field = FIELD_BY_VARIABLE.get(name);
    const alias = ALIAS_BY_NAME.get(name);
    if (field !== undefined) own.push(ownEntry(field, text));
    else if (alias !== undefined) aliased.push(aliasEntry(alias, text));
    else if (isOurs(name)) problems.push(unknownName(name, "environment", KNOWN_VARIABLES));
  }
  const entries = [...aliased, ...own];
  problems.push(...disagreements(entries));
  return entries;
}

function isOurs(name: string): boolean {
  return !RESERVED_VARIABLES.includes(name) && VARIABLE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function ownEntry(field: Field, text: string): Entry {
  const place = `environment ${field.variable}`;
  return { field, origin: "environment", place, value: parseText(text, field.kind) };
}

function aliasEntry({ name, key, allowed, translate }: Alias, text: string): Entry {
  const field = FIELD_BY_KEY.get(key)!;
  const translated = translate(text);
  return {
    field,
    origin: "environment",
    place: `environment ${name}`,
    value: translated === undefined ? text : parseText(translated, field.kind),
    alias: { name, text, isRefused: translated === undefined, ...(allowed === undefined ? {} : { allowed }) },
  };
}

function disagreements(entries: readonly Entry[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const first = new Map<string, Entry>();
  for (const entry of entries) {
    const { key } = entry.field;
    const other = first.get(key);
    if (other === undefined) first.set(key, entry);
    else if (JSON.stringify(other.value) !== JSON.stringify(entry.value)) {
      const message = `contradicts ${
        other.place.replace("environment ", "")
      }, which sets the same; leave one of them out`;
      problems.push({ key, place: entry.place, message });
    }
  }
  return problems;
}
