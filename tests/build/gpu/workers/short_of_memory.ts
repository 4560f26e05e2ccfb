/**
 * A program of its own, run with little address space: takes all memory that the device has, tries to build a region, gives
 * the memory back and tries again. Prints what came of both.
 */
import { BatchBuilder } from "../../../../src/build/gpu/batch_builder.ts";
import type { BatchJob } from "../../../../src/build/gpu/batch_job.ts";
import { chooseAdapter, GpuError, openDevice } from "../../../../src/gpu/mod.ts";

const VOXELS = 1 << 20;

const { device } = await openDevice(await chooseAdapter(navigator.gpu, "gpu"), { onError: () => {} });
const builder = await BatchBuilder.create(device, {
  maxBatchVoxels: VOXELS,
  maxBatchRegions: 1,
  maxPooledBytes: 0,
});
const taken: GPUBuffer[] = [];
// Down to sizes below those of a batch's buffers.
for (const size of [2 ** 31 - 4, 2 ** 28, 2 ** 25, 2 ** 23]) await takeAll(size);
const short = await build();
for (const buffer of taken) buffer.destroy();
const free = await build();
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ short, free })));
Deno.exit(0);

async function takeAll(size: number): Promise<void> {
  for (let i = 0; i < 64; i++) {
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
    if (await device.popErrorScope() !== null) return;
    taken.push(buffer);
  }
}

async function build(): Promise<string> {
  const samples = {
    keys: Uint32Array.from({ length: VOXELS }, (_, i) => 2 * i),
    colors: new Uint32Array(VOXELS).fill(0xff123456),
    materials: new Uint8Array(VOXELS),
  };
  const job: BatchJob = { kind: "esvo", depth: 7, samples };
  try {
    const [outcome] = (await builder.submit([job]).collect()).outcomes;
    return outcome instanceof Error ? outcome.message : `${outcome!.counts[7]} voxels`;
  } catch (error) {
    return error instanceof GpuError ? `${error.kind}: ${error.message}` : String(error);
  }
}
