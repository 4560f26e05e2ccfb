/**
 * The real GPU Worker, except that a batch keeps the device busy for longer than anybody waits, and the thread with it:
 * waiting is one blocking call into the driver.
 */
import { type GpuWorkerScope, runGpuWorker } from "../../../../src/build/gpu/gpu_worker.ts";
import { GpuError } from "../../../../src/gpu/mod.ts";

/** Software adapters end any one loop after some 65,000 rounds, so there are loops in loops in many workgroups. */
const ENDLESS = `@group(0) @binding(0) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(1)
fn main() {
  while (words[0] == 0u) {
    for (var i = 0u; words[0] == 0u && i < 60000u; i++) { words[1] += 1u; }
  }
}
`;

runGpuWorker(globalThis as unknown as GpuWorkerScope, (device) => {
  const module = device.createShaderModule({ code: ENDLESS });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE });
  const entries = [{ binding: 0, resource: { buffer } }];
  return Promise.resolve({
    bytes: 0,
    fit: (jobs) => jobs.length,
    prepare: () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(65_535, 65_535);
      pass.end();
      const commands = encoder.finish();
      return {
        submit: () => device.queue.submit([commands]),
        abandon: () => {},
        collect: async () => {
          await device.queue.onSubmittedWorkDone();
          throw new GpuError("internal", "the endless batch ended");
        },
      };
    },
    trim: () => {},
    dispose: () => {},
  });
});
