/**
 * Entry of a build Worker: takes jobs one after another and answers each with a tree and its payloads. Reads the clock
 * itself, as none can be passed to another thread, and imports little, as every Worker loads all of it again.
 */
import { deflateSync } from "node:zlib";
import { DEFLATE_LEVEL, encodePayload } from "../../protocol/mod.ts";
import type { BuildJob } from "../builder.ts";
import { buildEsvo } from "./esvo.ts";
import { EsvoScratch } from "./esvo_scratch.ts";
import { buffersOf, type BuildReplyMessage, type BuildRequestMessage } from "./worker_messages.ts";

/** The part of a Worker's global scope that is used; the project's type check runs with the types of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<BuildRequestMessage>) => void) | null;
  postMessage(message: BuildReplyMessage, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const scratch = new EsvoScratch();

scope.onmessage = ({ data: { id, job } }) => {
  try {
    const reply = run(id, job);
    const payloads = reply.payloads.map(([, payload]) => payload);
    const { counts, masks, colors, materials } = reply.tree;
    scope.postMessage(reply, buffersOf(counts, masks, colors, materials, ...payloads));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    scope.postMessage({ type: "failed", id, name, message }, []);
  }
};
scope.postMessage({ type: "ready" }, []);

function run(
  id: number,
  { kind, depth, samples, encodeLods }: BuildJob,
): BuildReplyMessage & { type: "built" } {
  const startMs = performance.now();
  if (kind !== "esvo") throw new RangeError(`Cannot build a tree of kind ${kind} on the CPU`);
  const tree = buildEsvo(samples, depth, scratch);
  const payloads = encodeLods.map((lod) => [lod, encodePayload(tree, lod, 2, deflate)] as const);
  return { type: "built", id, tree, payloads, buildMs: performance.now() - startMs };
}

function deflate(planes: Uint8Array): Uint8Array {
  return deflateSync(planes, { level: DEFLATE_LEVEL });
}
