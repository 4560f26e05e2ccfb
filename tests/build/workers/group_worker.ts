/** Answers each task with its place in its message. */
import type { WorkMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<WorkMessage>();
scope.onmessage = ({ data: { firstId, tasks } }) => {
  const answers = tasks.map((_, i) => {
    return { type: "failed", id: firstId + i, name: "Error", message: `${i + 1} of ${tasks.length}` };
  });
  scope.postMessage({ type: "answers", answers });
};
scope.postMessage({ type: "ready" });
