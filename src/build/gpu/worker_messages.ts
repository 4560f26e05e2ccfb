import type { AdapterSummary, GpuErrorKind } from "../../gpu/mod.ts";
import type { Samples, Tree } from "../../tree/mod.ts";
import type { BatchBuilderOptions } from "./batch_builder.ts";
import type { BatchJob, BatchStats } from "./batch_job.ts";

/** What batches may be, depending on the device. */
export interface GpuBatchLimits extends BatchBuilderOptions {
  /** Holds on a software adapter besides `maxBatchVoxels`. */
  readonly maxSoftwareBatchVoxels: number;
}

/** To the GPU's Worker. */
export type GpuRequestMessage =
  /** The first message: opens the device. */
  | { readonly type: "open"; readonly wish: string; readonly options: GpuBatchLimits }
  /** Jobs, numbered on from those before. The samples' buffers are transferred. */
  | { readonly type: "build"; readonly jobs: readonly BatchJob[] };

/** From the GPU's Worker. Jobs are answered in the order in which they came. */
export type GpuReplyMessage =
  | { readonly type: "opened"; readonly adapter: AdapterSummary }
  /** The device cannot be had or its shaders do not compile; the Worker answers nothing more. */
  | { readonly type: "refused"; readonly kind: GpuErrorKind; readonly message: string }
  /** Something that takes its time has come a step further. */
  | { readonly type: "working" }
  /** What became of some jobs of a batch, numbered from `firstId` on. */
  | {
    readonly type: "built";
    readonly firstId: number;
    readonly outcomes: readonly JobOutcome[];
    readonly jobMs: number;
  }
  /** A batch ended well; its answers follow. */
  | { readonly type: "batch"; readonly stats: BatchStats }
  /** What the Worker takes of the process's memory, after each batch that ended well. */
  | { readonly type: "memory"; readonly bytes: number }
  /** A batch was given up; its jobs follow as returned. */
  | { readonly type: "failed"; readonly kind: GpuErrorKind; readonly message: string }
  /** An error that belongs to no batch. */
  | { readonly type: "stray"; readonly kind: GpuErrorKind; readonly message: string }
  /** The device went away and is opened again. */
  | { readonly type: "lost"; readonly message: string };

/** What became of one job. */
export type JobOutcome =
  | { readonly type: "tree"; readonly tree: Tree }
  /** The job itself is wrong; `name` is the class of the error: a RangeError stays one on the other side. */
  | { readonly type: "wrong"; readonly name: string; readonly message: string }
  /** The GPU could not do it; here are the samples again. */
  | { readonly type: "returned"; readonly message: string; readonly samples: Samples };

/** The arrays of an outcome, which move instead of being copied. */
export function arraysOf(outcome: JobOutcome): readonly (Uint8Array | Uint32Array)[] {
  if (outcome.type === "tree") {
    const { counts, masks, colors, materials } = outcome.tree;
    return [counts, masks, colors, materials];
  }
  if (outcome.type === "returned") {
    const { keys, colors, materials } = outcome.samples;
    return [keys, colors, materials];
  }
  return [];
}
