import type { BackendStatus } from "../build/mod.ts";
import type { SnapshotStatus } from "../snapshot/mod.ts";
import type { FlushCause, FrameType, PressureStats } from "../streaming/mod.ts";
import type { TracerStatus } from "../trace/mod.ts";
import type { TreeKind } from "../tree/mod.ts";

/** What the running server reports about itself; the composition root fills it anew at each call, cheaply. */
export interface ServerStatus {
  /** Time since the server started to listen, ms. */
  readonly uptimeMs: number;
  /** The port that is really bound; left out before that. */
  readonly port?: number;
  readonly builder: BuilderStatus;
  readonly cache: CacheStatus;
  readonly clients: ClientsStatus;
  readonly ledger: LedgerStatus;
  readonly bulk: BulkStatus;
  readonly backpressure: PressureStats;
  readonly kinds: Readonly<Record<TreeKind, KindStatus>>;
  /** Pictures and picks since the start. */
  readonly snapshots: SnapshotStatus;
  /** What traces them. */
  readonly tracer: TracerStatus;
  readonly session: SessionStatus;
  /** One row a connection for `/ws/stats`; only asked there. */
  connections(): readonly ConnectionRow[];
  /** Who is in a world, for `/ws/{world}/stats`. */
  members(world: string): readonly WorldMember[];
  /** The newest records of ended connections and streams, of all worlds or of one; newest last. */
  audit(world?: string): readonly AuditRow[];
}

/** What builds, and builds since the start. */
export interface BuilderStatus extends BackendStatus {
  /** Successful builds. */
  readonly totalBuilds: number;
  readonly failedBuilds: number;
  readonly queueDepth: number;
  readonly inFlight: number;
  /** Mean over successful builds, ms; 0 before the first. */
  readonly avgBuildTimeMs: number;
  /** Time that regions waited in the queue, ms: the mean, and the longest. */
  readonly avgWaitMs: number;
  readonly maxWaitMs: number;
  /** Regions that the full queue turned away, that made room in it, and that nobody needed any more. */
  readonly refusals: number;
  readonly evictions: number;
  readonly cancellations: number;
  /** Attempts after a failed one. */
  readonly retries: number;
  /** Regions that are left alone after failures, and those that are tried again. */
  readonly openBreakers: number;
  readonly halfOpenBreakers: number;
}

/** The region cache. Rates are 0..1; `memoryPressure` is bytes used over bytes allowed. */
export interface CacheStatus {
  readonly pinnedCount: number;
  readonly unpinnedCount: number;
  readonly totalCount: number;
  readonly totalMemoryBytes: number;
  readonly maxMemoryBytes: number;
  readonly hitRate: number;
  readonly missRate: number;
  readonly evictionCount: number;
  readonly memoryPressure: number;
  /** LOD finer than which no region in view is kept: 0 while memory suffices. */
  readonly heldLod: number;
  /** What the regions in view would take in full detail. */
  readonly demandBytes: number;
  /** Times that a region lost its finest levels to make room. */
  readonly trims: number;
  /** Regions that alone exceeded the budget. */
  readonly oversized: number;
}

/** Messages of regions since the start, and the buffers that they are put together in. */
export interface BulkStatus {
  /** Messages by why they left when they did. */
  readonly messages: Readonly<Record<FlushCause, number>>;
  /** Frames by what they brought. */
  readonly frames: Readonly<Record<FrameType, number>>;
  /** Mean frames of a message; 0 before the first. */
  readonly batchSize: number;
  /** Parts of long messages. */
  readonly parts: number;
  readonly sendFailures: number;
  /** Buffers in use, free, and made since the start. */
  readonly buffersLent: number;
  readonly buffersFree: number;
  readonly buffersMade: number;
}

/** Connections and what went through them since the start. */
export interface ClientsStatus {
  /** Open sockets now. */
  readonly connected: number;
  /** Of these, registered and being streamed to. */
  readonly streaming: number;
  readonly accepted: number;
  readonly refused: number;
  readonly messagesIn: number;
  readonly malformedMessages: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  /** Waiting in the sockets now. */
  readonly bufferedBytes: number;
}

/** The sockets of all paths: how many, and what became of them and their messages since the start. */
export interface SessionStatus {
  /** Open now; of these, with and without a credential. */
  readonly open: number;
  readonly authenticated: number;
  readonly unauthenticated: number;
  /** Ended, and keeping their places for a while, as their peers left much unread. */
  readonly lingering: number;
  /** Entries of all tables that grow with sockets; 0 when none is left, or something was forgotten. */
  readonly entries: number;
  /** Subscriptions now. */
  readonly subscriptions: number;
  /** Upgrades that were turned away, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Messages of streams that were dropped because a client was slow. */
  readonly droppedFrames: number;
  /** Reliable messages without an ACK, and messages of streams that waited, when they were given up. */
  readonly undelivered: number;
  /** Clients closed because nothing was heard of them, and because they took nothing. */
  readonly heartbeatTimeouts: number;
  readonly slowConsumers: number;
  readonly compression: CompressionStatus;
  readonly latency: LatencyStatus;
  readonly limits: LimitsStatus;
  readonly guard: GuardStatus;
  readonly auth: AuthStatus;
}

/** What the guard over memory saw last, of what is neither heap nor buffer, and whom it has closed. */
export interface GuardStatus {
  readonly knownBytes: number;
  readonly unexplainedBytes: number;
  readonly closed: number;
}

/** Messages that were compressed; `ratio` is bytes sent over plain bytes, 1 before the first. */
export interface CompressionStatus {
  readonly messages: number;
  readonly plainBytes: number;
  readonly sentBytes: number;
  readonly ratio: number;
}

/** Times that the newest messages took to be handled; all 0 where it is not measured. */
export interface LatencyStatus {
  readonly samples: number;
  readonly avgMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What the limits of sockets and requests led to. */
export interface LimitsStatus {
  readonly violations: number;
  readonly bans: number;
  /** Messages that were skipped. */
  readonly rateLimited: number;
}

/** What became of credentials; failures by reason. */
export interface AuthStatus {
  readonly successes: number;
  readonly failures: Readonly<Record<string, number>>;
  /** How often an address was locked out. */
  readonly lockouts: number;
}

/** One connection in a world. */
export interface WorldMember {
  readonly id: string;
  /** Id of its principal. */
  readonly userId: string;
  /** What the client calls itself. */
  readonly clientId: string | null;
  /** ms since 1970. */
  readonly connectedAtMs: number;
}

/** The ledger of frames: `owed` = delivered + superseded + leftView + all of dropped + pending. */
export interface LedgerStatus {
  readonly owed: number;
  readonly delivered: number;
  readonly superseded: number;
  readonly leftView: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly pending: number;
}

/** What is there and what was done in one kind of tree. */
export interface KindStatus {
  /** Clients streamed to now. */
  readonly clients: number;
  /** Successful builds. */
  readonly builds: number;
  readonly cachedRegions: number;
  readonly framesSent: number;
}

/** What is shown of one open connection; names in snake_case, as they go out. */
export type ConnectionRow = Readonly<Record<string, string | number | boolean | null>>;
/** What is shown of one that has ended, or of an ended stream; names in snake_case. */
export type AuditRow = ConnectionRow;
