/** The real build Worker, except that a region of depth 3 kills it. */
import "../../../src/build/cpu/worker.ts";
import type { BuildRequestMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<BuildRequestMessage>();
const build = scope.onmessage!;

scope.onmessage = (event) => {
  if (event.data.job.depth === 3) throw new Error("crash on purpose");
  build(event);
};
