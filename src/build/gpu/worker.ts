/** Entry of the Worker that builds on the GPU. */
import { type GpuWorkerScope, runGpuWorker } from "./gpu_worker.ts";

runGpuWorker(globalThis as unknown as GpuWorkerScope);
