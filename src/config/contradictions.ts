import type { Rule } from "./rule.ts";
import { SECURITY_RULES } from "./security_rules.ts";

/** Every rule over more than one setting. */
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
    keys: ["trace.pauseMs", "trace.maxPauseMs"],
    holds: ({ trace }) => trace.pauseMs <= trace.maxPauseMs,
    message: ({ trace }) => `must be at most trace.maxPauseMs, which is ${trace.maxPauseMs}`,
  },
  {
    keys: ["session.heartbeatIntervalMs", "session.deadAfterMs"],
    holds: ({ session }) => session.heartbeatIntervalMs < session.deadAfterMs,
    message: ({ session }) => `must be below session.deadAfterMs, which is ${session.deadAfterMs}`,
  },
  {
    keys: ["session.ackRetryMs", "session.ackTimeoutMs"],
    holds: ({ session }) => session.ackRetryMs <= session.ackTimeoutMs,
    message: ({ session }) => `must be at most session.ackTimeoutMs, which is ${session.ackTimeoutMs}`,
  },
  {
    keys: ["session.maxUnauthenticatedPerAddress", "session.maxUnauthenticated"],
    holds: ({ session }) => session.maxUnauthenticatedPerAddress <= session.maxUnauthenticated,
    message: ({ session }) =>
      `must be at most session.maxUnauthenticated, which is ${session.maxUnauthenticated}`,
  },
  {
    keys: ["limits.messagesPerSecond", "limits.serverMessagesPerSecond"],
    holds: ({ limits }) => limits.messagesPerSecond <= limits.serverMessagesPerSecond,
    message: ({ limits }) =>
      `must be at most limits.serverMessagesPerSecond, which is ${limits.serverMessagesPerSecond}`,
  },
  ...SECURITY_RULES,
];
