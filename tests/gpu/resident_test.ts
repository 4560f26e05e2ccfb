import { assertEquals } from "@std/assert";
import { BufferPool, compileStages, Readback, Recorder, runRecording } from "../../src/gpu/mod.ts";
import { testOnDevice } from "../build/gpu/test_device.ts";
import { testStage } from "./recording_stage.ts";

const double = testStage(
  "double",
  ["given", "made:write"],
  "if (i < arrayLength(&given)) { made[i] = 2u * given[i]; }",
);

testOnDevice(
  "A resident buffer is neither filled nor given back, recording after recording",
  async (device) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const given = device.createBuffer({ size: 16, usage });
    device.queue.writeBuffer(given, 0, Uint32Array.of(1, 2, 3, 4));
    const pool = new BufferPool(device, 2 ** 20);
    const pipelines = await compileStages(device, [double]);
    for (let round = 0; round < 3; round++) {
      const recorder = new Recorder();
      recorder.resident("in", given);
      recorder.scratch("out", 4);
      recorder.dispatch(double, { given: "in", made: "out" }, 1);
      recorder.read("out", 4);
      recorder.read("in", 2);
      const { reads } = await runRecording({ device, pool, pipelines, readback: new Readback() }, recorder)();
      assertEquals(reads.map((words) => [...words]), [[2, 4, 6, 8], [1, 2]]);
    }
    const { bytes, freeBytes } = pool.stats();
    assertEquals(bytes, freeBytes);
    // Uploaded, it takes a buffer of the pool more, of the smallest size.
    const recorder = new Recorder();
    recorder.upload("in", Uint32Array.of(1, 2, 3, 4));
    recorder.scratch("out", 4);
    recorder.dispatch(double, { given: "in", made: "out" }, 1);
    recorder.read("out", 4);
    recorder.read("in", 2);
    await runRecording({ device, pool, pipelines, readback: new Readback() }, recorder)();
    assertEquals(pool.stats().bytes, bytes + 256);
    pool.dispose();
    given.destroy();
  },
);
