import type { LedgerSnapshot } from "../../src/streaming/mod.ts";

/** What a {@linkcode file://./stream_server_child.ts server with a landscape} is told to do. */
export type ServerOrder =
  /** Changes so many regions a second, out of the first `spread` ones, in a batch in every interval. */
  | {
    readonly do: "edit";
    readonly perSecond: number;
    readonly intervalMs: number;
    readonly seconds: number;
    readonly spread: number;
  }
  /** Tells the Morton code and version of every region. */
  | { readonly do: "versions" }
  /** Tells what it takes and has done, after a garbage collection if that is asked for. */
  | { readonly do: "load"; readonly collects: boolean };

/** Changes in the order in which they were made. */
export interface EditLog {
  readonly mortons: number[];
  readonly versions: number[];
  /** Milliseconds since the Unix epoch, with fractions, from right before each change. */
  readonly timesMs: number[];
}

/** What the server takes, and has done since its start. */
export interface ServerLoad {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly streaming: number;
  readonly connected: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  /** Regions that have changed since they were built, and those of them that wait for a builder. */
  readonly dirty: number;
  readonly waitingBuilds: number;
  readonly ledger: Omit<LedgerSnapshot, "deliveredByKind">;
  /** Binary messages but for the parts of long ones. */
  readonly messages: number;
  /** Buffers lent and not given back. */
  readonly lent: number;
  readonly closedSlow: number;
}

/** What a {@linkcode file://./crowd_child.ts crowd} is told to do. */
export type CrowdOrder =
  /** Connects and registers so many more clients. */
  | { readonly do: "connect"; readonly clients: number }
  /** Moves every camera `perSecond` times a second from now on; 0: lets them rest. */
  | { readonly do: "move"; readonly perSecond: number }
  /** Waits for changes after `fromMs` and tells how long after them their frames came. */
  | { readonly do: "report"; readonly edits: EditLog; readonly fromMs: number }
  /** Tells how many regions of the last views are held in another version than these, [Morton code, version] each. */
  | { readonly do: "compare"; readonly versions: readonly (readonly [number, number])[] };

/** How long frames took. */
export interface CrowdReport {
  readonly frames: number;
  readonly bytes: number;
  readonly viewports: number;
  /** Frames of changes in view whose time is known. */
  readonly measured: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuMs: number;
  readonly closed: number;
}

/** What clients hold. */
export interface CrowdComparison {
  readonly wanted: number;
  readonly wrong: number;
}

/** Clients come and go for so long, so many at a time; then all are gone. */
export interface ChurnOrder {
  readonly seconds: number;
  readonly atOnce: number;
}

/** What clients have done so far. */
export interface ChurnReport {
  readonly lives: number;
  /** Ends without a close frame, and with one. */
  readonly deaths: number;
  readonly farewells: number;
  readonly moves: number;
  readonly subscriptions: number;
}
