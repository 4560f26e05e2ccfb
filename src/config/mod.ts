/** Settings: one schema, five sources, one checked and frozen result. */
export {
  type Config,
  type ConfigKey,
  configSchema,
  type PartialConfig,
  type PresetName,
  PRESETS,
} from "./schema.ts";
export { type Field, type FieldKind, FIELDS } from "./fields.ts";
export { ConfigError, type ConfigProblem } from "./config_error.ts";
export { type ConfigOrigin, type ConfigSources, RESERVED_VARIABLES } from "./config_sources.ts";
export { configValue, defaultConfig, loadConfig, type LoadedConfig, showValue } from "./load_config.ts";
export { DEFAULT_CONFIG_FILE, readConfigFile } from "./config_file.ts";
export { type EnvironmentAccess, processEnvironment, readVariables } from "./environment.ts";
export { isLoopback } from "./contradictions.ts";
export { describeConfig, GROUP_TITLES } from "./describe_config.ts";
export { PRESET_VALUES } from "./presets.ts";
