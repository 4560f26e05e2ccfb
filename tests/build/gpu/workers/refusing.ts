/** A GPU Worker whose shaders do not compile. */
import { GpuError } from "../../../../src/gpu/gpu_error.ts";
import { runFakeGpuWorker } from "./fake_gpu_worker.ts";

runFakeGpuWorker(new GpuError("shader", "shaders/build/mark.wgsl:7: unknown name"));
