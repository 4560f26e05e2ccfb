import type { RegionKey } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { DetailRule, Viewport } from "../viewport/mod.ts";
import type { Clock, Logger } from "../observe/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { Feature, FrameCodec, KnownRegions as KnownMessage } from "../protocol/mod.ts";
import type { World } from "../world/mod.ts";
import type { BacklogLimits } from "./backlog_watch.ts";

/** Limits of streaming, as in the group of the same name of the configuration. */
export interface StreamLimits extends BacklogLimits {
  readonly streamingIntervalMs: number;
  readonly turnBudgetMs: number;
  readonly turnQuantumBytes: number;
  readonly maxViewportUpdatesPerSecond: number;
  readonly maxRegionsPerView: number;
  readonly coarseLod: number;
  readonly maxBulkMessageBytes: number;
  readonly maxBundleFrames: number;
  readonly maxClientBytesPerSecond: number;
  readonly maxSendFailures: number;
}

/** Options of the streamer. */
export interface StreamerOptions extends StreamLimits {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cache: RegionCache;
  readonly lodRule: DetailRule;
  /** Called when a region is wanted that the cache does not hold in this kind, its newest version and fine enough. */
  readonly requestBuild: (world: World, key: RegionKey, kind: TreeKind) => void;
  /** Called when more or fewer clients see a region, in whatever kind, or it gets larger or smaller to one. */
  readonly onInterestChanged: (world: World, key: RegionKey) => void;
}

/** What a client registers with. */
export interface Registration {
  readonly viewport: Viewport;
  readonly codec: FrameCodec;
  readonly kind: TreeKind;
  readonly features?: readonly Feature[];
  /** Least time between two pushes; none unless told. */
  readonly intervalMs?: number;
  /** What it held when an earlier connection ended, as it said on this one. */
  readonly known?: readonly KnownMessage[];
}
