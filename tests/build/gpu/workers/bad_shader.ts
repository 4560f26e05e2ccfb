/** The real GPU Worker with a shader that does not compile. */
import { type GpuWorkerScope, runGpuWorker } from "../../../../src/build/gpu/gpu_worker.ts";
import { buildStage } from "../../../../src/build/gpu/stages.ts";
import { compileStages, GpuError } from "../../../../src/gpu/mod.ts";

const TEXT = `@compute @workgroup_size(1)
fn main() {
  let a = nowhere;
}
`;

runGpuWorker(globalThis as unknown as GpuWorkerScope, async (device) => {
  await compileStages(device, [buildStage("broken", TEXT)]);
  throw new GpuError("internal", "the broken shader compiled");
});
