/** What Worker entries with a fake GPU share. */
import { BatchLoop } from "../../../../src/build/gpu/batch_loop.ts";
import type { GpuWorkerScope } from "../../../../src/build/gpu/gpu_worker.ts";
import { GpuError } from "../../../../src/gpu/gpu_error.ts";
import { FakeGpu, type FakeGpuOptions } from "../fake_gpu.ts";

/** Serves the messages of a GPU Worker with devices of make-believe, opened one after another. */
export function runFakeGpuWorker(...devices: readonly (FakeGpuOptions | GpuError)[]): void {
  const scope = globalThis as unknown as GpuWorkerScope;
  let opened = 0;
  const loop = new BatchLoop({
    open: () => {
      const options = devices[Math.min(opened++, devices.length - 1)]!;
      return options instanceof GpuError ? Promise.reject(options) : Promise.resolve(new FakeGpu(options));
    },
    post: (message, transfer) => scope.postMessage(message, transfer),
    pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
    nowMs: () => performance.now(),
  });
  scope.onmessage = ({ data }) => {
    if (data.type === "open") loop.start();
    else loop.add(data.jobs);
  };
}
