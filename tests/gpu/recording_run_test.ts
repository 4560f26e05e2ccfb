import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findAdapters } from "../../src/gpu/adapter.ts";
import {
  BufferPool,
  compileStages,
  GpuError,
  openDevice,
  Readback,
  Recorder,
  type RecordingRunner,
  runRecording,
  type Stage,
} from "../../src/gpu/mod.ts";
import { sharedDevice, testOnDevice } from "../build/gpu/test_device.ts";
import { testStage } from "./recording_stage.ts";

const double = testStage(
  "double",
  ["given", "made:write"],
  "if (i < arrayLength(&given)) { made[i] = 2u * given[i]; }",
);
const count = testStage("count", ["sizes:write"], "if (i < 3u) { sizes[i] = 1u; }");

async function runnerOf(
  device: GPUDevice,
  stages: readonly Stage[] = [double, count],
): Promise<RecordingRunner> {
  return {
    device,
    pool: new BufferPool(device, 2 ** 20),
    pipelines: await compileStages(device, stages),
    readback: new Readback(),
  };
}

function doubled(content: Uint8Array | Uint32Array, words: number): Recorder {
  const recorder = new Recorder();
  recorder.upload("in", content);
  recorder.scratch("out", words);
  recorder.dispatch(double, { given: "in", made: "out" }, Math.ceil(words / 64));
  recorder.read("out", words);
  return recorder;
}

testOnDevice("A recording gives back what its stages make, in the order of its reads", async (device) => {
  const recorder = doubled(Uint32Array.of(1, 2, 300), 3);
  recorder.zeroed("zeros", 2);
  recorder.read("zeros", 1);
  recorder.read("in", 2);
  const { reads } = await runRecording(await runnerOf(device), recorder)();
  assertEquals(reads.map((words) => [...words]), [[2, 4, 600], [0], [1, 2]]);
});

testOnDevice(
  "Bytes that are no whole number of words are filled up with zeros, views into larger arrays kept",
  async (device) => {
    const runner = await runnerOf(device);
    for (let bytes = 0; bytes <= 9; bytes++) {
      const content = new Uint8Array(20).fill(0x21).subarray(4, 4 + bytes);
      const recorder = new Recorder();
      recorder.upload("in", content);
      recorder.read("in", Math.max(1, Math.ceil(bytes / 4)));
      const { reads } = await runRecording(runner, recorder)();
      const made = new Uint8Array(reads[0]!.buffer, 0, bytes);
      assertEquals(made, content, `${bytes} bytes`);
      if (bytes > 0) assert(new Uint8Array(reads[0]!.buffer).subarray(bytes).every((byte) => byte === 0));
    }
  },
);

testOnDevice("Buffers are used again without what they held before", async (device) => {
  const runner = await runnerOf(device);
  for (const words of [100, 70, 100]) {
    const recorder = doubled(new Uint32Array(words).fill(words), words);
    recorder.zeroed("zeros", words);
    recorder.read("zeros", words);
    const { reads } = await runRecording(runner, recorder)();
    assertEquals(reads[0], new Uint32Array(words).fill(2 * words));
    assertEquals(reads[1], new Uint32Array(words));
  }
  const { bytes, freeBytes } = runner.pool.stats();
  assertEquals(freeBytes, bytes, "none is in use");
});

testOnDevice("The device finds the workgroups where a stage has put them", async (device) => {
  const recorder = doubled(Uint32Array.of(5), 1);
  recorder.indirect("args", 3);
  recorder.scratch("late", 1);
  recorder.scratch("never", 1);
  recorder.zeroed("zero", 1);
  recorder.indirect("none", 3);
  recorder.dispatch(count, { sizes: "args" }, 1);
  recorder.dispatch(double, { given: "out", made: "late" }, { args: "args", word: 0 });
  recorder.dispatch(double, { given: "out", made: "zero" }, { args: "none", word: 0 });
  recorder.read("late", 1);
  recorder.read("zero", 1);
  const { reads } = await runRecording(await runnerOf(device), recorder)();
  assertEquals(reads.map((words) => words[0]), [10, 20, 0]);
});

testOnDevice(
  "Each dispatch is timed by itself where that is asked for, and the result is the same",
  async (device) => {
    const runner = await runnerOf(device);
    const plain = await runRecording(runner, doubled(Uint32Array.of(1, 2), 2))();
    const profiled = await runRecording(runner, doubled(Uint32Array.of(1, 2), 2), { isProfiled: true })();
    assertEquals(profiled.reads, plain.reads);
    if (!device.features.has("timestamp-query")) return;
    assertEquals(profiled.dispatchMs.length, 1);
    assert(profiled.gpuMs !== undefined && profiled.gpuMs >= 0 && profiled.dispatchMs[0]! >= 0);
  },
);

testOnDevice("What is read can be taken without a copy", async (device) => {
  const sum = await runRecording(await runnerOf(device), doubled(Uint32Array.of(1, 2, 3), 3))(({ reads }) => {
    return reads[0]!.reduce((a, b) => a + b);
  });
  assertEquals(sum, 12);
});

testOnDevice(
  "A recording that the device cannot run is refused before anything is submitted",
  async (device) => {
    const runner = await runnerOf(device);
    const recorder = doubled(Uint32Array.of(1), 1);
    recorder.read("out", 5);
    const error = assertThrows(() => runRecording(runner, recorder), GpuError);
    assertEquals([error.kind, error.message], ["validation", "Buffer out has 16 bytes, 20 are read"]);
    assertEquals(runner.pool.stats().bytes, 0);
  },
);

testOnDevice(
  "A stage that was not compiled is refused, no buffer is lost, and the next recording runs",
  async (device) => {
    const runner = await runnerOf(device, [count]);
    const error = assertThrows(() => runRecording(runner, doubled(Uint32Array.of(1), 1)), GpuError);
    assertEquals([error.kind, error.message], ["internal", "Stage double is not compiled"]);
    const { bytes, freeBytes } = runner.pool.stats();
    assertEquals(bytes - freeBytes, 0, "bytes in use by nobody");
    const recorder = new Recorder();
    recorder.scratch("sizes", 3);
    recorder.dispatch(count, { sizes: "sizes" }, 1);
    recorder.read("sizes", 3);
    assertEquals((await runRecording(runner, recorder)()).reads[0], Uint32Array.of(1, 1, 1));
  },
);

testOnDevice(
  "What the device refuses is told as validation, and its buffers are not used again",
  async (device) => {
    // Four words are too few for an element of eight; only the device looks at that.
    const large = testStage(
      "large",
      ["given:read:mat2x4<f32>", "made:write"],
      "made[i] = u32(given[i][1].y);",
    );
    const runner = await runnerOf(device, [large]);
    const recorder = new Recorder();
    recorder.upload("in", Uint32Array.of(1));
    recorder.scratch("out", 1);
    recorder.dispatch(large, { given: "in", made: "out" }, 1);
    recorder.read("out", 1);
    const collect = runRecording(runner, recorder);
    const error = await assertRejects(() => collect(), GpuError);
    assertEquals(error.kind, "validation");
    assertEquals(runner.pool.stats(), { bytes: 0, freeBytes: 0 });
  },
);

testOnDevice("A fault of who takes the bytes is not told as a lost device", async (device) => {
  const runner = await runnerOf(device);
  const collect = runRecording(runner, doubled(Uint32Array.of(1), 1));
  const take = () => {
    throw new RangeError("no room for the tree");
  };
  await assertRejects(() => collect(take), RangeError, "no room for the tree");
});

testOnDevice("A device that goes away in mid-batch is told as lost", async () => {
  await sharedDevice();
  const [found] = await findAdapters(navigator.gpu);
  const { device } = await openDevice(found!, { onError: () => {} });
  const runner = await runnerOf(device);
  await runRecording(runner, doubled(Uint32Array.of(1), 1))();
  const collect = runRecording(runner, doubled(Uint32Array.of(1), 1));
  device.destroy();
  const late = await collect().then(({ reads }) => [...reads[0]!], (error) => (error as GpuError).kind);
  assert(late === "lost" || (Array.isArray(late) && late[0] === 2), `got ${late}`);
  const error = await assertRejects(() => runRecording(runner, doubled(Uint32Array.of(1), 1))(), GpuError);
  assertEquals(error.kind, "lost");
});
