import { assertEquals } from "@std/assert";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../../../src/build/gpu/stages.ts";
import {
  BufferPool,
  chooseAdapter,
  compileStages,
  openDevice,
  Readback,
  type RecordingRunner,
} from "../../../src/gpu/mod.ts";
import { type Need, needs, testWith } from "../../support/needs.ts";

/** An adapter of any sort. */
export const gpuNeeds: Need = await needs({ gpu: true });

const complaints: string[] = [];
let device: Promise<GPUDevice> | undefined;
let runner: Promise<RecordingRunner> | undefined;

/** The device of a test file: each costs memory and a thread that the runtime never gives back. */
export function sharedDevice(): Promise<GPUDevice> {
  return device ??= chooseAdapter(navigator.gpu, "gpu").then(async (found) => {
    const open = await openDevice(found, { onError: ({ message }) => complaints.push(message) });
    return open.device;
  });
}

/** What runs recordings of all stages on it. */
export function sharedRunner(): Promise<RecordingRunner> {
  return runner ??= sharedDevice().then(async (device) => ({
    device,
    pool: new BufferPool(device, 64 * 1024 * 1024),
    pipelines: await compileStages(device, [
      ...Object.values({ ...BUILD_STAGES, ...SORTED_STAGES }),
      SHAPE_STAGES.brickNodes,
      SHAPE_STAGES.upperNodes,
    ]),
    readback: new Readback(),
  }));
}

/** Registers a test that needs an adapter, and in which the device must have nothing to complain about. */
export function testOnDevice(name: string, body: (device: GPUDevice) => Promise<void>): void {
  testWith(gpuNeeds, name, async () => {
    complaints.length = 0;
    const device = await sharedDevice();
    await body(device);
    // Reading leaves behind a promise that comes 10 ms later; this one comes after all of them.
    await device.queue.onSubmittedWorkDone();
    assertEquals(complaints, []);
  });
}
