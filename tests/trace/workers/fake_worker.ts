import type { TraceWorkerScope } from "../../../src/trace/trace_worker_scope.ts";
import type { TraceReply, TraceRequest } from "../../../src/trace/worker_messages.ts";

/** What Worker entries of make-believe do with a request: what they answer, if anything. */
export type Respond = (request: TraceRequest) => TraceReply | undefined;

/** Serves messages so. A device is opened at once, if nothing else is answered. */
export function runFakeWorker(respond: Respond): void {
  const scope = globalThis as unknown as TraceWorkerScope;
  scope.onmessage = ({ data }) => {
    const reply = respond(data) ?? (data.type === "open" ? opened : undefined);
    if (reply !== undefined) scope.postMessage(reply, []);
  };
}

const opened: TraceReply = { type: "opened", adapter: { name: "Fake 1", isSoftware: false } };

/** A band of one colour. */
export function plainBand(request: TraceRequest, color: number): TraceReply | undefined {
  if (request.type !== "band") return undefined;
  const pixels = new Uint32Array(request.view.widthPx * request.band.rows).fill(color);
  return { type: "band", reply: { pixels, gpuMs: 1 } };
}
