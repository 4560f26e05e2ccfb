import type { ConfigProblem } from "./config_error.ts";
import { type Entry, unknownName } from "./entry.ts";
import { FIELD_BY_KEY, FIELDS } from "./fields.ts";
import { parseText } from "./parse_text.ts";
import { readVariableEntries } from "./variable_entries.ts";

export interface ConfigSources {
  /** The preset to use; wins over the `preset` of every other source. */
  readonly preset?: string;
  /** Parsed content of the configuration file, if there is one. */
  readonly file?: unknown;
  /** Name of that file, for messages. */
  readonly fileName?: string;
  /** Environment variables: those that begin with VOXCAST_ and the aliases; others are ignored. */
  readonly env: Readonly<Record<string, string>>;
  /** By dotted key (`streaming.turnBudgetMs`) or by flag (`--streaming-turn-budget-ms`); text is read by the setting's kind. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Flags that are no settings, which somebody who misspelt one may have meant. */
  readonly otherFlags?: readonly string[];
}

/** Everything given, weakest source first; unknown names go to `problems`. */
export function readSources(sources: ConfigSources, problems: ConfigProblem[]): readonly Entry[] {
  return [
    ...readFile(sources, problems),
    ...readVariableEntries(sources.env, problems),
    ...readFlags(sources, problems),
  ];
}

function readFile(sources: ConfigSources, problems: ConfigProblem[]): Entry[] {
  const place = sources.fileName ?? "voxcast.json";
  const { file } = sources;
  if (file === undefined) return [];
  if (!isRecord(file)) {
    problems.push({ key: place, place: "file", message: "must hold one JSON object with settings" });
    return [];
  }
  const entries: Entry[] = [];
  const groups = new Set(FIELDS.map((field) => field.group));
  const groupNames = [...groups].filter((name) => name !== "");
  for (const [name, value] of Object.entries(file)) {
    if (name === "" || !groups.has(name)) {
      collect(name, value);
    } else if (isRecord(value)) {
      for (const [inner, innerValue] of Object.entries(value)) collect(`${name}.${inner}`, innerValue);
    } else {
      const message = `must be an object with the settings of ${name}`;
      problems.push({ key: name, place, value: JSON.stringify(value), message });
    }
  }
  return entries;

  function collect(key: string, value: unknown): void {
    const field = FIELD_BY_KEY.get(key);
    if (field === undefined) problems.push(unknownName(key, place, [...FIELD_BY_KEY.keys(), ...groupNames]));
    else entries.push({ field, origin: "file", place, value });
  }
}

function readFlags(sources: ConfigSources, problems: ConfigProblem[]): Entry[] {
  const { otherFlags = [] } = sources;
  const byFlag = new Map(FIELDS.map((field) => [field.flag, field]));
  const flags = sources.preset === undefined ? sources.flags : { ...sources.flags, preset: sources.preset };
  const entries: Entry[] = [];
  for (const [name, raw] of Object.entries(flags)) {
    if (raw === undefined) continue;
    const isFlag = name.startsWith("--");
    const field = isFlag ? byFlag.get(name) : FIELD_BY_KEY.get(name);
    if (field === undefined) {
      problems.push(
        unknownName(name, "flag", isFlag ? [...byFlag.keys(), ...otherFlags] : FIELD_BY_KEY.keys()),
      );
      continue;
    }
    const value = typeof raw === "string" ? parseText(raw, field.kind) : raw;
    entries.push({ field, origin: "flag", place: `flag ${field.flag}`, value });
  }
  return entries;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
