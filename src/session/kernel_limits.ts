import { type Config, isDevelopment, isLoopback } from "../config/mod.ts";
import type { KernelLimits } from "./kernel.ts";

/** The kernel's bounds as the configuration sets them. */
export function kernelLimits(config: Config): KernelLimits {
  const { session, limits, streaming } = config;
  const exemptsLoopback = limits.loopbackExempt && isDevelopment(config);
  return {
    ...session,
    ...limits,
    authLockoutMs: config.security.authLockoutSec * 1000,
    maxWorlds: config.world.maxWorlds,
    maxConnections: streaming.maxClientsPerServer,
    maxPerAddress: limits.maxClientsPerAddress,
    maxPerWorld: limits.maxClientsPerWorld,
    isExempt: (address) => exemptsLoopback && isLoopback(address),
    maxMessageSizeBytes: streaming.maxMessageSizeBytes,
    idleTimeoutSec: streaming.idleTimeoutSec,
    openTimeoutMs: streaming.openTimeoutMs,
    maxPendingSendsPerClient: streaming.maxPendingSendsPerClient,
    maxBufferedBytesPerClient: streaming.maxBufferedBytesPerClient,
  };
}

/** What clients are told of their limits, at INIT and REGISTER_CLIENT. */
export function grantedLimits({ session, limits, streaming }: Config): Readonly<Record<string, number>> {
  return {
    max_message_bytes: streaming.maxMessageSizeBytes,
    messages_per_second: limits.messagesPerSecond,
    positions_per_second: limits.positionsPerSecond,
    ops_per_second: limits.opsPerSecond,
    max_subscriptions: session.maxSubscriptions,
    max_json_depth: limits.maxJsonDepth,
    max_json_values: limits.maxJsonValues,
    streaming_interval_ms: streaming.streamingIntervalMs,
  };
}
