/** The real build Worker, which dies if an array is still there after it was sent. */
import "../../../src/build/cpu/worker.ts";
import type { WorkerReply, WorkMessage } from "../../../src/build/cpu/worker_messages.ts";
import { workerScope } from "./worker_scope.ts";

const scope = workerScope<WorkMessage, WorkerReply>();
const post = scope.postMessage.bind(scope);

scope.postMessage = (reply, transfer) => {
  post(reply, transfer);
  for (const answer of reply.type === "answers" ? reply.answers : []) {
    if (answer.type === "failed") continue;
    const { counts, masks, colors, materials } = answer.tree;
    const arrays = [counts, masks, colors, materials, ...answer.payloads.map(([, payload]) => payload)];
    if (arrays.some(({ buffer }) => !(buffer as ArrayBuffer).detached)) {
      throw new Error("an array was copied");
    }
  }
};
