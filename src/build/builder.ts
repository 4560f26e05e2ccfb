import type { PayloadId } from "../protocol/mod.ts";
import type { Samples, Tree, TreeKind } from "../tree/mod.ts";

/** One region to build. */
export interface BuildJob {
  readonly kind: TreeKind;
  readonly depth: number;
  /** Handed over: a builder may transfer the arrays to another thread, after which they are empty here. */
  readonly samples: Samples;
  /** Payloads that are wanted along with the tree. */
  readonly payloadIds: readonly PayloadId[];
}

/** What came of a job. */
export interface BuildResult {
  readonly tree: Tree;
  /** The payloads that the job asked for, of codec 2 (deflated). */
  readonly payloads: ReadonlyMap<PayloadId, Uint8Array>;
  /** Time the job itself took, without waiting. */
  readonly buildMs: number;
}

/**
 * Turns samples into trees. Every backend gives the same bytes for the same samples, whatever their order and however
 * often one is repeated.
 */
export interface Builder extends AsyncDisposable {
  /** Short name of the backend: `cpu`. */
  readonly name: string;
  /** Jobs worth having in flight; more wait inside. */
  readonly slots: number;
  /**
   * Builds one region.
   *
   * @throws RangeError for samples that no region of this depth can hold, or a level of detail that the tree lacks
   * @throws BuildAbortedError if the job was given up for a reason outside it or for taking too long
   */
  build(job: BuildJob): Promise<BuildResult>;
  /** Ends the backend; jobs that have not finished are rejected. Never throws, may be called twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tree with its payloads. */
export type EncodedTree = Pick<BuildResult, "tree" | "payloads">;

/** Deflates payloads of trees off this thread. */
export interface PayloadEncoder {
  /**
   * Encodes payloads of a tree, with codec 2. The tree's buffers are moved there and back, so the tree handed
   * in is empty afterwards and the answer's is to be used instead.
   *
   * @throws RangeError for a level of detail that the tree lacks
   * @throws BuildAbortedError if it was given up for a reason outside it or for taking too long
   */
  encode(tree: Tree, payloadIds: readonly PayloadId[]): Promise<EncodedTree>;
}

/**
 * Why a build was given up: `timeout` it took too long, `crash` its thread died, `lost` another job took its thread down,
 * `device` the GPU was lost, hung or out of memory, `disposed` the builder ended, `unavailable` no thread can be started.
 */
export type BuildAbortReason = "timeout" | "crash" | "lost" | "device" | "disposed" | "unavailable";

/** A build that was given up rather than found wrong; the same samples may be offered again. */
export class BuildAbortedError extends Error {
  override readonly name = "BuildAbortedError";
  readonly reason: BuildAbortReason;

  constructor(reason: BuildAbortReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
