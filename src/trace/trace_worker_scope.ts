import type { TraceReply, TraceRequest } from "./worker_messages.ts";

/** The part of a Worker's global scope that is used; the project's type check runs with the types of a window. */
export interface TraceWorkerScope {
  onmessage: ((event: MessageEvent<TraceRequest>) => void) | null;
  postMessage(message: TraceReply, transfer: Transferable[]): void;
}

/** Heap and buffers of the Worker that asks, which nobody else can see. */
export function workerMemoryBytes(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}
