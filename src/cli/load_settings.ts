import {
  loadConfig,
  type LoadedConfig,
  processEnvironment,
  readConfigFile,
  readVariables,
} from "../config/mod.ts";
import type { ConfigArguments } from "./config_options.ts";

/** The configuration from all its places: file, environment and the command line. Throws `ConfigError`. */
export async function loadSettings(
  given: Pick<ConfigArguments, "configFile" | "flags">,
): Promise<LoadedConfig> {
  const env = readVariables(processEnvironment());
  const { file, fileName } = await readConfigFile(given.configFile ?? env["VOXCAST_CONFIG"]);
  return loadConfig({ file, fileName, env, flags: given.flags });
}
