import {
  type Config,
  loadConfig,
  type LoadedConfig,
  processEnvironment,
  readConfigFile,
  readVariables,
} from "../config/mod.ts";
import type { ConfigArguments } from "./config_options.ts";

/** The configuration from all its places: file, environment and the command line. Throws `ConfigError`. */
export async function loadSettings(
  given: Pick<ConfigArguments, "configFile" | "flags" | "otherFlags">,
): Promise<LoadedConfig> {
  const env = readVariables(processEnvironment());
  const { file, fileName } = await readConfigFile(given.configFile ?? env["VOXCAST_CONFIG"]);
  const { flags, otherFlags = [] } = given;
  return loadConfig({ file, fileName, env, flags, otherFlags });
}

/** The settings for a command that talks to nobody: whether there is TLS is not asked. Throws `ConfigError`. */
export async function loadOfflineSettings(configFile?: string): Promise<Config> {
  const { config } = await loadSettings({
    // Both together satisfy the rule; loading the settings opens neither file.
    flags: { "security.tlsCertFile": "not used", "security.tlsKeyFile": "not used" },
    ...(configFile === undefined ? {} : { configFile }),
  });
  return config;
}
