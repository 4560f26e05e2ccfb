/** The real build Worker, except that a region of depth 3 keeps it busy for ever. */
import "../../../src/build/cpu/worker.ts";
import type { BuildRequestMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<BuildRequestMessage>();
const build = scope.onmessage!;

scope.onmessage = (event) => {
  while (event.data.job.depth === 3);
  build(event);
};
