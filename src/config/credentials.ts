import { FIELDS } from "./fields.ts";
import type { Config, ConfigKey } from "./schema.ts";

/** The settings each of which makes authentication necessary for everybody. */
export const CREDENTIAL_KEYS = [
  "security.apiKey",
  "security.apiKeys",
  "security.keysFile",
  "security.jwtSecret",
  "security.jwksFile",
] as const satisfies readonly ConfigKey[];

/**
 * Whether no credential at all is set up: there is no authentication, and the server belongs to whoever can run programs
 * on its machine. What is safe only there (`?user_id=`, no limits for the own address) asks this and not the preset.
 */
export function isDevelopment(config: Pick<Config, "security">): boolean {
  return !hasApiKeys(config) && !hasTokens(config);
}

/** Whether API keys of any form are set up. A file of keys counts before it is read. */
export function hasApiKeys({ security }: Pick<Config, "security">): boolean {
  return security.apiKey !== undefined || security.apiKeys.length > 0 || security.keysFile !== undefined;
}

/** Whether signed tokens (JWT) are taken. */
export function hasTokens({ security }: Pick<Config, "security">): boolean {
  return security.jwtSecret !== undefined || security.jwksFile !== undefined;
}

/**
 * Every secret text of a configuration, for those who must keep it out of what they write. The longest come first: one may
 * begin like another, whose rest would be left over if the shorter one were taken out before.
 */
export function configSecrets(config: Config): readonly string[] {
  const values = FIELDS.filter(({ secret }) => secret).flatMap(({ key }) => configValue(config, key));
  return values.filter((value) => typeof value === "string").sort((a, b) => b.length - a.length);
}

/** The value of a setting in a configuration. */
export function configValue(config: Config, key: ConfigKey): unknown {
  return key.split(".").reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config);
}
