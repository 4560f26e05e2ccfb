/** The real build Worker, except that a region of depth 3 kills it, before anything that it did since is answered. */
import "../../../src/build/cpu/worker.ts";
import type { WorkMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<WorkMessage>();
const work = scope.onmessage!;

scope.onmessage = (event) => {
  const { firstId, tasks, progress } = event.data;
  const deadly = tasks.findIndex((task) => task.type === "build" && task.job.depth === 3);
  if (deadly >= 0) {
    Atomics.store(progress, 0, firstId + deadly);
    throw new Error("crash on purpose");
  }
  work(event);
};
