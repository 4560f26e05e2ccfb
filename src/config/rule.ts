import type { Config, ConfigKey } from "./schema.ts";

/** A rule over several settings. Looked at only if each of its `keys` is valid by itself. */
export interface Rule {
  /** The first is the one that the problem is told of. */
  readonly keys: readonly [ConfigKey, ...ConfigKey[]];
  /** `isGiven` tells a value that somebody wrote down from a default. */
  readonly holds: (config: Config, isGiven: (key: ConfigKey) => boolean) => boolean;
  /** What would be right. */
  readonly message: (config: Config) => string;
}
