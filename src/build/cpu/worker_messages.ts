import type { PayloadId } from "../../protocol/mod.ts";
import type { Tree } from "../../tree/mod.ts";
import type { BuildJob } from "../builder.ts";

/** One piece of work: a region to build, or a tree to encode. */
export type WorkerTask =
  | { readonly type: "build"; readonly job: BuildJob }
  | { readonly type: "encode"; readonly tree: Tree; readonly payloadIds: readonly PayloadId[] };

/** What a Worker tells while it works: the number of the task that it begins with, and the memory that it takes. */
export const PROGRESS = { task: 0, memoryKiB: 1 } as const;

/** To a Worker: a group of tasks, to be done in order. The buffers of samples and trees are transferred. */
export interface WorkMessage {
  /** Number of the first task; they are counted on from message to message. */
  readonly firstId: number;
  readonly tasks: readonly WorkerTask[];
  /** Shared, with the entries of {@linkcode PROGRESS}; each is -1 before the Worker has written it. */
  readonly progress: Int32Array;
}

/** What became of a task. */
export type TaskAnswer =
  | {
    readonly type: "done";
    readonly id: number;
    readonly tree: Tree;
    /** Level of detail and payload of codec 2. */
    readonly payloads: readonly (readonly [id: PayloadId, payload: Uint8Array])[];
    /** Time that the task took. */
    readonly tookMs: number;
  }
  | {
    readonly type: "failed";
    readonly id: number;
    /** Class of the error: a RangeError stays one on the other side. */
    readonly name: string;
    readonly message: string;
  };

/** From a Worker: it has loaded and takes tasks (once), or what became of some, in the order of the tasks. */
export type WorkerReply =
  | { readonly type: "ready" }
  | { readonly type: "answers"; readonly answers: readonly TaskAnswer[] };
