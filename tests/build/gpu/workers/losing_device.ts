/** The real GPU Worker, except that its first device is destroyed while the first batch is on it. */
import { BatchBuilder } from "../../../../src/build/gpu/batch_builder.ts";
import { type GpuWorkerScope, runGpuWorker } from "../../../../src/build/gpu/gpu_worker.ts";

let losses = 0;

runGpuWorker(globalThis as unknown as GpuWorkerScope, async (device, options) => {
  const builder = await BatchBuilder.create(device, options);
  return {
    get bytes(): number {
      return builder.bytes;
    },
    fit: (jobs) => builder.fit(jobs),
    prepare: (jobs) => {
      const prepared = builder.prepare(jobs);
      return {
        submit: () => {
          prepared.submit();
          if (losses++ === 0) device.destroy();
        },
        abandon: () => prepared.abandon(),
        collect: (hooks) => prepared.collect(hooks),
      };
    },
    trim: () => builder.trim(),
    dispose: () => builder.dispose(),
  };
});
