/** Answers tasks that were never sent. */
import type { WorkMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<WorkMessage>();
scope.onmessage = ({ data: { firstId } }) => {
  const answer = { type: "failed", id: firstId + 7, name: "Error", message: "wrong task" };
  scope.postMessage({ type: "answers", answers: [answer] });
};
scope.postMessage({ type: "ready" });
