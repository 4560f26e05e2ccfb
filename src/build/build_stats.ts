import type { TreeKind } from "../tree/mod.ts";

/** Counters of the build service since its start, and its present load. */
export interface BuildStats {
  /** Builds that ended well; emptied regions, which need no builder, among them. */
  readonly totalBuilds: number;
  /** The same by kind. */
  readonly buildsByKind: Readonly<Record<TreeKind, number>>;
  readonly failedBuilds: number;
  /** Attempts at a region whose last attempt had failed. */
  readonly retries: number;
  /** Mean over what the builder built; 0 before the first. */
  readonly avgBuildTimeMs: number;
  /** Mean time from the queue's taking a region in to its giving it out; 0 before the first. */
  readonly avgWaitMs: number;
  /** The longest such time. */
  readonly maxWaitMs: number;
  readonly queueDepth: number;
  /** Regions being built, in however many kinds. */
  readonly inFlight: number;
  /** Regions that the full queue turned away; they come back as it drains. */
  readonly refusals: number;
  /** Unseen regions that made room for seen ones in the full queue; they come back, too. */
  readonly evictions: number;
  /** Waiting builds given up because nobody needs them any more. */
  readonly cancellations: number;
  /** Regions that have failed so often that they are left alone for a while. */
  readonly openBreakers: number;
  /** Such regions whose trial is being built. */
  readonly halfOpenBreakers: number;
}
