import type { BuildResult } from "../builder.ts";
import type { WorkerTask } from "./worker_messages.ts";

/** A task and whom to tell. */
export interface PendingTask {
  readonly task: WorkerTask;
  /** Samples or nodes, for the size of a message. */
  readonly cells: number;
  readonly resolve: (result: BuildResult) => void;
  readonly reject: (error: Error) => void;
}

/** The arrays that move with a task. */
export function taskArrays(task: WorkerTask): (Uint8Array | Uint32Array)[] {
  if (task.type === "build") {
    const { keys, colors, materials } = task.job.samples;
    return [keys, colors, materials];
  }
  const { counts, masks, colors, materials } = task.tree;
  return [counts, masks, colors, materials];
}
