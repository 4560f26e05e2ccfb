/** Entry of a Worker that traces on the CPU. */
import { CpuPicture } from "./cpu_picture.ts";
import { type BandMaker, RequestLoop } from "./request_loop.ts";
import { type TraceWorkerScope, workerMemoryBytes } from "./trace_worker_scope.ts";

const scope = globalThis as unknown as TraceWorkerScope;
const maker: BandMaker = {
  band: (scene, view, band) => ({ pixels: new CpuPicture(scene, view).band(band), gpuMs: undefined }),
};
const loop = new RequestLoop(
  maker,
  (reply, transfer) => scope.postMessage(reply, transfer),
  workerMemoryBytes,
);

scope.onmessage = ({ data }) => {
  loop.add(data);
};
