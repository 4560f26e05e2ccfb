/**
 * Entry of a build Worker: does tasks one after another and answers each with a tree and its payloads. Reads the clock
 * itself, as none can be passed to another thread, and imports little, as every Worker loads all of it again.
 */
import { deflateSync } from "node:zlib";
import { DEFLATE_LEVEL, encodePayloadOf } from "../../protocol/mod.ts";
import type { Tree } from "../../tree/mod.ts";
import { AnswerGroup } from "./answer_group.ts";
import { BuildScratch } from "./build_scratch.ts";
import { buildTree } from "./build_tree.ts";
import {
  PROGRESS,
  type TaskAnswer,
  type WorkerReply,
  type WorkerTask,
  type WorkMessage,
} from "./worker_messages.ts";

/** The part of a Worker's global scope that is used; the project's type check runs with the types of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkMessage>) => void) | null;
  postMessage(message: WorkerReply, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const scratch = new BuildScratch();
const group = new AnswerGroup((answers, transfer) => {
  scope.postMessage({ type: "answers", answers }, transfer);
});

scope.onmessage = ({ data: { firstId, tasks, progress } }) => {
  group.begin(performance.now());
  tasks.forEach((task, i) => {
    Atomics.store(progress, PROGRESS.task, firstId + i);
    group.add(answerTo(task, firstId + i), performance.now());
  });
  group.flush(performance.now());
  const { heapTotal, external } = Deno.memoryUsage();
  Atomics.store(progress, PROGRESS.memoryKiB, (heapTotal + external) / 1024);
};
scope.postMessage({ type: "ready" }, []);

function answerTo(task: WorkerTask, id: number): TaskAnswer {
  const startMs = performance.now();
  try {
    const tree = treeOf(task);
    const ids = task.type === "build" ? task.job.payloadIds : task.payloadIds;
    const payloads = ids.map((id) => [id, encodePayloadOf(tree, id, 2, deflate)] as const);
    return { type: "done", id, tree, payloads, tookMs: performance.now() - startMs };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { type: "failed", id, name, message };
  }
}

function treeOf(task: WorkerTask): Tree {
  if (task.type === "encode") return task.tree;
  const { kind, samples, depth } = task.job;
  return buildTree(kind, samples, depth, scratch);
}

function deflate(planes: Uint8Array): Uint8Array {
  return deflateSync(planes, { level: DEFLATE_LEVEL });
}
