import { configValue, FIELDS, type LoadedConfig, showValue } from "../config/mod.ts";

/** Every setting with its value and where it came from, secrets masked: aligned columns for people. */
export function formatSettings(loaded: LoadedConfig): string {
  const rows = FIELDS.map((field) => [
    field.key,
    showValue(field, configValue(loaded.config, field.key)),
    loaded.origins.get(field.key)!,
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([key, value, origin]) =>
    `${key!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${origin}`
  );
  return lines.join("\n") + "\n";
}

/** As `formatSettings`, for machines: `{"port": {"value": 7090, "origin": "default"}, ...}`; an unset value is null. */
export function formatSettingsJson(loaded: LoadedConfig): string {
  const entries = FIELDS.map((field) => {
    const value = configValue(loaded.config, field.key);
    const shown = field.secret && value !== undefined ? "***" : value ?? null;
    return [field.key, { value: shown, origin: loaded.origins.get(field.key) }];
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2) + "\n";
}
