import type { Backend, BuildService } from "../build/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { Clock } from "../observe/mod.ts";
import type { Authenticator } from "../security/mod.ts";
import type { Connection, Kernel, KernelStatus, MemoryGuard } from "../session/mod.ts";
import type { Snapshots } from "../snapshot/mod.ts";
import type { RegionStreamer } from "../streaming/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type {
  AuditRow,
  BulkStatus,
  CacheStatus,
  ClientsStatus,
  ConnectionRow,
  ServerStatus,
  SessionStatus,
} from "./status.ts";

/** The parts of a server that have something to report. */
export interface ReportingParts {
  readonly clock: Clock;
  readonly builds: BuildService;
  readonly builder: Backend;
  readonly cache: RegionCache;
  readonly streamer: RegionStreamer;
  readonly snapshots: Snapshots;
  readonly kernel: Kernel;
  readonly guard: MemoryGuard;
  readonly authenticator: Authenticator;
}

/** What all parts report at this moment, put together. O(connections). */
export function serverStatus(
  parts: ReportingParts,
  { startedAtMs, port }: { readonly startedAtMs: number; readonly port: number | undefined },
): ServerStatus {
  const { clock, builds, builder, streamer, snapshots, kernel } = parts;
  const build = builds.stats();
  const ledger = streamer.ledger();
  const clientsByKind = streamer.clientsByKind();
  const cachedByKind = parts.cache.stats().countByKind;
  const kindStatus = (kind: TreeKind) => ({
    clients: clientsByKind[kind],
    builds: build.buildsByKind[kind],
    cachedRegions: cachedByKind[kind],
    framesSent: ledger.deliveredByKind[kind],
  });
  const totals = kernel.status();
  return {
    uptimeMs: clock.monotonic() - startedAtMs,
    ...(port === undefined ? {} : { port }),
    builder: { ...build, ...builder.status() },
    cache: cacheStatus(parts),
    clients: clientsStatus(parts, totals),
    session: sessionStatus(parts, totals),
    ledger,
    bulk: bulkStatus(parts),
    backpressure: streamer.pressureStats(),
    snapshots: snapshots.status(),
    tracer: snapshots.tracer,
    kinds: { esvo: kindStatus("esvo"), esvt: kindStatus("esvt") },
    connections: () => [...kernel.connections].map((connection) => connectionRow(parts, connection)),
    members: (world) =>
      [...kernel.connections.inWorld(world)].map((connection) => ({
        id: connection.id,
        userId: connection.principal?.id ?? "",
        clientId: connection.clientId ?? null,
        connectedAtMs: connection.acceptedAtMs,
      })),
    audit: (world): AuditRow[] => kernel.audit.newest(world).reverse().map((record) => ({ ...record })),
  };
}

function cacheStatus({ cache }: ReportingParts): CacheStatus {
  const cached = cache.stats();
  const lookups = Math.max(1, cached.hits + cached.misses);
  return {
    pinnedCount: cached.pinnedCount,
    unpinnedCount: cached.unpinnedCount,
    totalCount: cached.pinnedCount + cached.unpinnedCount,
    totalMemoryBytes: cached.totalBytes,
    maxMemoryBytes: cached.maxBytes,
    hitRate: cached.hits / lookups,
    missRate: cached.misses / lookups,
    evictionCount: cached.evictions,
    memoryPressure: cached.totalBytes / cached.maxBytes,
    heldLod: cached.heldLod,
    demandBytes: cached.demandBytes,
    trims: cached.trims,
    oversized: cached.oversized,
  };
}

function bulkStatus({ streamer }: ReportingParts): BulkStatus {
  const { messages, frames, framesByType, parts, sendFailures, pool } = streamer.bulkStats();
  const sent = Object.values(messages).reduce((sum, count) => sum + count, 0);
  return {
    messages,
    frames: framesByType,
    batchSize: sent === 0 ? 0 : frames / sent,
    parts,
    sendFailures,
    buffersLent: pool.lent,
    buffersFree: pool.free,
    buffersMade: pool.made,
  };
}

function clientsStatus({ kernel, streamer }: ReportingParts, totals: KernelStatus): ClientsStatus {
  return {
    connected: kernel.connections.size,
    streaming: streamer.clientCount,
    accepted: totals.accepted,
    refused: Object.values(totals.refused).reduce((sum, count) => sum + count, 0),
    messagesIn: totals.packetsReceived,
    malformedMessages: totals.malformedMessages,
    framesSent: totals.framesSent,
    bytesSent: totals.bytesSent,
    bufferedBytes: totals.bufferedBytes,
  };
}

function sessionStatus(
  { kernel, guard, authenticator }: ReportingParts,
  totals: KernelStatus,
): SessionStatus {
  const { messages, plainBytes, sentBytes } = totals.compression;
  return {
    open: kernel.connections.size,
    authenticated: kernel.connections.size - totals.unauthenticated,
    unauthenticated: totals.unauthenticated,
    lingering: totals.lingering,
    entries: kernel.entryCount,
    subscriptions: totals.subscriptions,
    refused: totals.refused,
    messagesIn: totals.packetsReceived,
    messagesOut: totals.packetsSent,
    bytesIn: totals.bytesReceived,
    bytesOut: totals.bytesSent,
    droppedFrames: totals.droppedFrames,
    undelivered: totals.undelivered,
    heartbeatTimeouts: totals.heartbeatTimeouts,
    slowConsumers: totals.slowConsumers,
    compression: { messages, plainBytes, sentBytes, ratio: plainBytes === 0 ? 1 : sentBytes / plainBytes },
    latency: totals.latency,
    limits: { violations: totals.violations, bans: totals.bans, rateLimited: totals.rateLimited },
    guard: {
      knownBytes: guard.knownBytes,
      unexplainedBytes: guard.unexplainedBytes,
      closed: guard.closedConnections,
    },
    auth: {
      successes: authenticator.stats.successes,
      failures: authenticator.stats.failures,
      lockouts: authenticator.stats.lockouts,
    },
  };
}

function connectionRow({ clock, streamer }: ReportingParts, connection: Connection): ConnectionRow {
  const stream = streamer.streamOf(connection);
  const { counters } = connection;
  return {
    id: connection.id,
    session: connection.sessionId,
    profile: connection.profile.name,
    phase: connection.state.phase,
    principal: connection.principal?.id ?? null,
    client_id: connection.clientId ?? null,
    client_info: connection.clientInfo ?? null,
    remote_address: connection.remoteAddress,
    connected_ms: Math.round(clock.monotonic() - connection.acceptedMs),
    world: connection.world ?? null,
    kind: stream?.kind ?? null,
    regions_wanted: stream?.wanted ?? 0,
    subscriptions: connection.subscriptions?.size ?? 0,
    packets_sent: counters.packetsSent,
    packets_received: counters.packetsReceived,
    dropped_frames: counters.droppedFrames,
    malformed_messages: counters.malformedMessages,
    frames_sent: counters.framesSent,
    bytes_sent: counters.bytesSent,
    buffered_bytes: connection.bufferedBytes,
  };
}
