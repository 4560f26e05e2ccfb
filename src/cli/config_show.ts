import {
  ALIASES,
  configValue,
  type Field,
  FIELDS,
  type LoadedConfig,
  maskSecret,
  showValue,
} from "../config/mod.ts";

/**
 * Every setting with its value and where it came from, secrets masked, and the names of other programs that set one too:
 * aligned columns for people.
 */
export function formatSettings(loaded: LoadedConfig): string {
  const settings = FIELDS.map(({ key, ...field }) => [
    key,
    showValue(field, configValue(loaded.config, key)),
    originText(loaded, key),
  ]);
  const aliases = ALIASES.map(({ name, key, note }) => [name, key, note]);
  return `${columns(settings)}\nNames in the environment that set these, too:\n${columns(aliases)}`;
}

/**
 * As `formatSettings`, for machines: `{"port": {"value": 7090, "origin": "default"}, ...}`; an unset value is null. `aliases`
 * has the names of other programs for it, `alias` the one that the value came under.
 */
export function formatSettingsJson(loaded: LoadedConfig): string {
  const entries = FIELDS.map((field) => {
    const alias = loaded.aliases.get(field.key);
    const aliases = ALIASES.filter(({ key }) => key === field.key).map(({ name }) => name);
    return [field.key, {
      value: maskSecret(field, configValue(loaded.config, field.key)) ?? null,
      origin: loaded.origins.get(field.key),
      ...(alias === undefined ? {} : { alias }),
      ...(aliases.length === 0 ? {} : { aliases }),
    }];
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2) + "\n";
}

function originText({ origins, aliases }: LoadedConfig, key: Field["key"]): string {
  const alias = aliases.get(key);
  return alias === undefined ? origins.get(key)! : `environment ${alias}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([first, second, third]) =>
    `${first!.padEnd(widths[0]!)}  ${second!.padEnd(widths[1]!)}  ${third}`.trimEnd()
  );
  return lines.join("\n") + "\n";
}
