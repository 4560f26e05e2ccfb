import type { TraceReply, TraceRequest } from "./worker_messages.ts";

/** The part of a Worker's global scope that is used; the project's type check runs with the types of a window. */
export interface TraceWorkerScope {
  onmessage: ((event: MessageEvent<TraceRequest>) => void) | null;
  postMessage(message: TraceReply, transfer: Transferable[]): void;
}
