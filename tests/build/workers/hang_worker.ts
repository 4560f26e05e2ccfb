/**
 * The real build Worker, except that a region of depth 3 keeps its thread for ever; it says "ready" once more before. The
 * thread sleeps, since the runtime never ends one that is in a loop: it would take a core from all tests that follow.
 */
import "../../../src/build/cpu/worker.ts";
import type { WorkMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<WorkMessage>();
const work = scope.onmessage!;

scope.onmessage = (event) => {
  for (const task of event.data.tasks) {
    if (task.type === "build" && task.job.depth === 3) {
      Object.defineProperty(task.job, "samples", { get: hang });
    }
  }
  work(event);
};

function hang(): never {
  scope.postMessage({ type: "ready" });
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
