/** A GPU Worker on a machine without one. */
import { GpuError } from "../../../../src/gpu/gpu_error.ts";
import { runFakeGpuWorker } from "./fake_gpu_worker.ts";

runFakeGpuWorker(new GpuError("no-adapter", "There is no WebGPU adapter on this machine"));
