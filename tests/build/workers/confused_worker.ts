/** Answers jobs that were never sent. */
import type { BuildRequestMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<BuildRequestMessage>();
scope.onmessage = ({ data }) => {
  scope.postMessage({ type: "failed", id: data.id + 7, name: "Error", message: "wrong job" });
};
scope.postMessage({ type: "ready" });
