import type { BackendStatus } from "../build/mod.ts";
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
  readonly kinds: Readonly<Record<TreeKind, KindStatus>>;
  /** One row a connection for `/ws/stats`; only asked there. */
  connections(): readonly ConnectionRow[];
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

/** What the audit of one connection shows; names in snake_case, as they go out. */
export type ConnectionRow = Readonly<Record<string, string | number | boolean | null>>;
