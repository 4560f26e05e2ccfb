import { type Config, isDevelopment, isLoopback } from "../config/mod.ts";
import type { AdmissionLimits } from "./admission.ts";
import type { ConnectionContext } from "./connection.ts";
import type { HandshakeLimits } from "./handshake.ts";
import type { InboundLimits } from "./inbound.ts";
import type { GzipLimits } from "./message_gzip.ts";
import type { RateLimits } from "./rate_guard.ts";
import type { RegistryLimits } from "./registry.ts";
import type { StreamPaceLimits } from "./stream_pace.ts";
import type { SubscriptionLimits } from "./subscriptions.ts";
import type { SweepLimits } from "./sweep.ts";
import type { UpgradeLimits } from "./upgrade_gate.ts";

/** Every bound of the kernel: what its parts are held to, and how much it remembers. */
export type KernelLimits =
  & AdmissionLimits
  & ConnectionContext["limits"]
  & GzipLimits
  & HandshakeLimits
  & InboundLimits
  & RateLimits
  & RegistryLimits
  & StreamPaceLimits
  & SubscriptionLimits
  & SweepLimits
  & UpgradeLimits
  & {
    readonly idleTimeoutSec: number;
    readonly maxWorlds: number;
    readonly trackLatency: boolean;
    readonly latencySamples: number;
  };

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
    acksPerSecond: 1000 / streaming.ackIntervalMs,
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
