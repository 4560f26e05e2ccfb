/** Settings: one schema, five sources, one checked and frozen result. */
export {
  type Config,
  type ConfigKey,
  configSchema,
  type PartialConfig,
  type PresetName,
  PRESETS,
} from "./schema.ts";
export { type Field, FIELD_BY_KEY, type FieldKind, FIELDS } from "./fields.ts";
export { ConfigError, type ConfigProblem } from "./config_error.ts";
export { type ConfigSources } from "./config_sources.ts";
export { type ConfigOrigin } from "./entry.ts";
export { type Alias, ALIASES } from "./aliases.ts";
export { RESERVED_VARIABLES } from "./variable_entries.ts";
export {
  configSecrets,
  configValue,
  CREDENTIAL_KEYS,
  hasApiKeys,
  hasTokens,
  isDevelopment,
} from "./credentials.ts";
export { defaultConfig, loadConfig, type LoadedConfig, maskSecret, showValue } from "./load_config.ts";
export { DEFAULT_CONFIG_FILE, readConfigFile } from "./config_file.ts";
export { type EnvironmentAccess, processEnvironment, readVariables } from "./environment.ts";
export { isLoopback } from "./loopback.ts";
export { readTlsFiles, type TlsFiles } from "./tls_files.ts";
export { describeConfig, GROUP_TITLES } from "./describe_config.ts";
export { PRESET_VALUES } from "./presets.ts";
