/** Entry of the Worker that traces on the GPU. */
import { runGpuWorker } from "./gpu_requests.ts";
import type { TraceWorkerScope } from "./trace_worker_scope.ts";

runGpuWorker(globalThis as unknown as TraceWorkerScope);
