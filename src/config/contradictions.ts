import type { Config, ConfigKey } from "./schema.ts";

/** A rule over several settings. Looked at only if each of its `keys` is valid by itself. */
interface Rule {
  readonly keys: readonly [ConfigKey, ...ConfigKey[]];
  readonly holds: (config: Config) => boolean;
  /** What would be right. */
  readonly message: (config: Config) => string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|\[?0:0:0:0:0:0:0:1\]?)$/i;

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

export const RULES: readonly Rule[] = [
  {
    keys: ["worldMax", "worldMin"],
    holds: (config) => config.worldMax > config.worldMin,
    message: (config) => `must be above worldMin, which is ${config.worldMin}`,
  },
  {
    keys: ["streaming.lodThresholds"],
    holds: ({ streaming }) =>
      streaming.lodThresholds.every((value, i, all) => i === 0 || value > all[i - 1]!),
    message: () => "must be strictly ascending",
  },
  {
    keys: ["streaming.maxLodLevel", "streaming.lodThresholds"],
    holds: ({ streaming }) => streaming.maxLodLevel === streaming.lodThresholds.length,
    message: ({ streaming }) =>
      `must be the number of streaming.lodThresholds, which is ${streaming.lodThresholds.length}`,
  },
  {
    // Of worlds as they are made by default; a world of its own depth has no coarser level than that.
    keys: ["streaming.maxLodLevel", "gridDepth"],
    holds: ({ streaming, gridDepth }) => streaming.maxLodLevel <= gridDepth,
    message: ({ gridDepth }) => `must be at most gridDepth, which is ${gridDepth}`,
  },
  {
    keys: ["world.maxWorldBytes", "world.maxVoxelBytesTotal"],
    holds: ({ world }) => world.maxWorldBytes <= world.maxVoxelBytesTotal,
    message: ({ world }) => `must be at most world.maxVoxelBytesTotal, which is ${world.maxVoxelBytesTotal}`,
  },
  {
    keys: ["gpu.pauseMs", "gpu.maxPauseMs"],
    holds: ({ gpu }) => gpu.pauseMs <= gpu.maxPauseMs,
    message: ({ gpu }) => `must be at most gpu.maxPauseMs, which is ${gpu.maxPauseMs}`,
  },
  {
    keys: ["host", "security.apiKey"],
    holds: ({ host, security }) => isLoopback(host) || security.apiKey !== undefined,
    message: () =>
      "must be a loopback address (127.0.0.1, ::1, localhost) as long as security.apiKey is unset",
  },
  {
    keys: ["security.apiKey", "preset"],
    holds: ({ preset, security }) => preset !== "production" || security.apiKey !== undefined,
    message: () => "must be set in the preset production: 8 to 256 visible ASCII characters without spaces",
  },
];
