import type { Violations } from "../security/mod.ts";
import { addCounters, type ConnectionCounters } from "./connection_counters.ts";
import { type LatencySummary, LatencyWindow } from "./latency_window.ts";
import type { GzipStats, MessageGzip } from "./message_gzip.ts";
import type { RateGuard } from "./rate_guard.ts";
import type { ConnectionRegistry } from "./registry.ts";
import type { Sweep } from "./sweep.ts";
import type { Teardown } from "./teardown.ts";
import type { UpgradeGate } from "./upgrade_gate.ts";

/** Totals since the start, and what is there now. */
export interface KernelStatus extends ConnectionCounters {
  readonly accepted: number;
  readonly refused: UpgradeGate["refused"];
  readonly unauthenticated: number;
  readonly lingering: number;
  readonly bufferedBytes: number;
  readonly subscriptions: number;
  readonly compression: GzipStats;
  /** All 0 where it is not measured. */
  readonly latency: LatencySummary;
  readonly violations: number;
  readonly bans: number;
  readonly rateLimited: number;
  readonly heartbeatTimeouts: number;
  readonly slowConsumers: number;
}

/** The parts of a kernel that have something to tell. */
export interface StatusParts {
  readonly connections: ConnectionRegistry;
  readonly gate: UpgradeGate;
  readonly rates: RateGuard;
  readonly violations: Violations;
  readonly gzip: MessageGzip;
  readonly latency: LatencyWindow | undefined;
  readonly sweep: Sweep;
  readonly teardown: Teardown;
}

const NO_LATENCY = new LatencyWindow(1).summary();

/** What they tell at this moment. O(connections). */
export function kernelStatus(parts: StatusParts): KernelStatus {
  const { connections, gate, rates, violations, gzip, latency, sweep, teardown } = parts;
  const counters = { ...teardown.totals };
  let bufferedBytes = 0;
  let subscriptions = 0;
  for (const connection of connections) {
    addCounters(counters, connection.counters);
    bufferedBytes += connection.bufferedBytes;
    subscriptions += connection.subscriptions?.size ?? 0;
  }
  return {
    ...counters,
    accepted: connections.acceptedCount,
    refused: gate.refused,
    unauthenticated: connections.unauthenticatedCount,
    lingering: connections.lingeringCount,
    bufferedBytes,
    subscriptions,
    compression: gzip.stats,
    latency: latency?.summary() ?? NO_LATENCY,
    violations: violations.counted,
    bans: violations.bans,
    rateLimited: rates.rateLimited,
    heartbeatTimeouts: sweep.heartbeatTimeouts,
    slowConsumers: teardown.slowConsumers,
  };
}
