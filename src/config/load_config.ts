import { ConfigError, type ConfigProblem } from "./config_error.ts";
import { type ConfigSources, readSources } from "./config_sources.ts";
import { RULES } from "./contradictions.ts";
import { configValue } from "./credentials.ts";
import type { ConfigOrigin, Entry } from "./entry.ts";
import { type Field, FIELD_BY_KEY, FIELDS } from "./fields.ts";
import { PRESET_VALUES } from "./presets.ts";
import { type Config, type ConfigKey, configSchema, type PresetName, PRESETS } from "./schema.ts";

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<ConfigKey, ConfigOrigin>;
  /** Settings whose value came under an alias, with its name. */
  readonly aliases: ReadonlyMap<ConfigKey, string>;
}

/**
 * Puts the configuration together: defaults < preset < file < environment < flags.
 * Throws `ConfigError` listing every unknown name (with the nearest known one), every value out of its range, also where
 * another source overrides it, and every contradiction.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const given = readSources(sources, problems);
  const preset = choosePreset(given);
  const entries = [...(preset === undefined ? [] : presetEntries(preset)), ...given];

  const broken = new Set<string>();
  for (const entry of entries) {
    const { field, place, value, alias } = entry;
    if (!alias?.isRefused && field.schema.safeParse(value).success && value !== undefined) continue;
    broken.add(field.key);
    problems.push({
      key: field.key,
      place,
      value: showValue(field, alias?.text ?? value),
      message: `must be ${alias?.allowed ?? field.allowed}`,
    });
  }

  const winners = new Map(
    entries.filter(({ field }) => !broken.has(field.key)).map((entry) => [entry.field.key, entry]),
  );
  const config = assemble(winners);
  problems.push(...contradictions(config, winners, broken));
  if (problems.length > 0) throw new ConfigError(problems);
  const origins = new Map(FIELDS.map(({ key }) => [key, winners.get(key)?.origin ?? "default"]));
  const aliased = FIELDS.flatMap(({ key }) => {
    const alias = winners.get(key)?.alias;
    return alias === undefined ? [] : [[key, alias.name] as const];
  });
  return { config, origins, aliases: new Map(aliased) };
}

/** The configuration of the defaults alone. */
export function defaultConfig(): Config {
  return loadConfig({ env: {}, flags: {} }).config;
}

/** A value as people read it; secrets are masked, of a list of them only the number shows. */
export function showValue(field: Pick<Field, "secret">, value: unknown): string {
  if (value === undefined) return "(unset)";
  const shown = maskSecret(field, value);
  return typeof shown === "string" && shown !== "" ? shown : JSON.stringify(shown);
}

/** The value itself, or `***` in place of each text of a secret one; an unset one stays undefined. */
export function maskSecret({ secret }: Pick<Field, "secret">, value: unknown): unknown {
  if (!secret || value === undefined) return value;
  return Array.isArray(value) ? value.map(() => "***") : "***";
}

/** The preset of the strongest source; `undefined` if its name is unknown, which is a problem of its own. */
function choosePreset(given: readonly Entry[]): PresetName | undefined {
  const entry = given.findLast(({ field }) => field.key === "preset");
  if (entry === undefined) return "development";
  return PRESETS.find((name) => name === entry.value);
}

function presetEntries(preset: PresetName): Entry[] {
  const place = `preset ${preset}`;
  return FIELDS.flatMap((field) => {
    const [group, name] = field.key.split(".") as [string, string?];
    const values = PRESET_VALUES[preset] as Readonly<Record<string, unknown>>;
    const value = name === undefined
      ? values[group]
      : (values[group] as Record<string, unknown> | undefined)?.[name];
    return value === undefined ? [] : [{ field, origin: "preset" as const, place, value }];
  });
}

function assemble(winners: ReadonlyMap<string, Entry>): Config {
  const input: Record<string, unknown> = {};
  for (const [key, { value }] of winners) {
    const [group, name] = key.split(".") as [string, string?];
    if (name === undefined) input[group] = value;
    else input[group] = { ...(input[group] as Record<string, unknown> | undefined), [name]: value };
  }
  return deepFreeze(configSchema.parse(input));
}

function contradictions(
  config: Config,
  winners: ReadonlyMap<string, Entry>,
  broken: ReadonlySet<string>,
): ConfigProblem[] {
  const isGiven = (key: ConfigKey): boolean =>
    !["preset", "default"].includes(winners.get(key)?.origin ?? "default");
  return RULES.filter((rule) => !rule.keys.some((key) => broken.has(key)) && !rule.holds(config, isGiven))
    .map(
      (rule) => {
        const [key] = rule.keys;
        const value = showValue(FIELD_BY_KEY.get(key)!, configValue(config, key));
        return { key, place: winners.get(key)?.place ?? "default", value, message: rule.message(config) };
      },
    );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
