/** The real build Worker, except that a region of depth 3 keeps it busy for ever; it says "ready" once more before. */
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
  for (;;);
}
