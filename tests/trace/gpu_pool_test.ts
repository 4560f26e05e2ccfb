import { assert, assertEquals, assertRejects } from "@std/assert";
import { GpuError } from "../../src/gpu/mod.ts";
import { CpuPicture } from "../../src/trace/cpu_picture.ts";
import { DAYLIGHT, type PictureCamera } from "../../src/trace/mod.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { gpuNeeds } from "../build/gpu/test_device.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { pictureDifference, TOLERATED_SHARE } from "./picture_difference.ts";
import { ballOverFloor, cameraAt, sceneOf, worldOf } from "./scene_fixture.ts";
import { createTracer, type TestTracer } from "./tracer_fixture.ts";

const CAMERA = cameraAt(64, 48);
const WORLD = worldOf("esvo", ballOverFloor);
const GREEN = [0, 255, 0];

/** What a picture was made with: fake GPUs paint everything green. */
async function painter({ tracer, settled }: TestTracer): Promise<string> {
  const rgba = await settled(tracer.picture(WORLD, CAMERA));
  return String([...rgba.subarray(0, 3)]) === String(GREEN) ? "gpu" : "cpu";
}

function expected(camera: PictureCamera = CAMERA): Uint8Array {
  const picture = new CpuPicture(sceneOf(WORLD), createPictureView(WORLD.grid, camera, DAYLIGHT));
  return new Uint8Array(picture.band({ firstRow: 0, rows: camera.heightPx }).buffer);
}

testWith(modelNeeds, "auto takes the GPU that its Worker finds", async () => {
  const test = createTracer({ backend: "auto" }, { gpu: "plain" });
  await using _ = test;
  assertEquals(test.tracer.status().backend, "cpu");
  await test.tracer.open();
  assertEquals(await painter(test), "gpu");
  const { backend, adapter, breaker, reason, isDegraded, gpuMs } = test.tracer.status();
  assertEquals([backend, adapter?.name, breaker, reason, isDegraded, gpuMs], [
    "gpu",
    "Fake 1",
    "closed",
    undefined,
    false,
    1,
  ]);
  assertEquals(test.lines, ['info trace.backend {"tracer":"gpu","adapter":"Fake 1"}']);
  assertEquals(test.told, ["gpu 3072"]);
});

testWith(modelNeeds, "auto without an adapter takes the CPU, tells why, and is healthy", async () => {
  const test = createTracer({ backend: "auto" }, { gpu: "adapterless" });
  await using _ = test;
  assertEquals(await painter(test), "cpu");
  const reason = "There is no WebGPU adapter on this machine";
  const status = test.tracer.status();
  assertEquals([status.backend, status.reason, status.isDegraded, status.breaker], [
    "cpu",
    reason,
    false,
    "none",
  ]);
  assertEquals(status.fallbackPictures, 0);
  assertEquals(test.lines, [`info trace.backend {"tracer":"cpu","reason":"${reason}"}`]);
});

testWith(
  modelNeeds,
  "auto takes the CPU where a shader does not compile, and tells it as a fault",
  async () => {
    const test = createTracer({ backend: "auto" }, { gpu: "bad_shader" });
    await using _ = test;
    assertEquals(await painter(test), "cpu");
    const { isDegraded, fallbackPictures } = test.tracer.status();
    assertEquals([isDegraded, fallbackPictures, test.lines[0]?.slice(0, 5)], [true, 1, "error"]);
  },
);

testWith(
  modelNeeds,
  "a GPU that was asked for and cannot be had is an error, at the start and of each picture",
  async () => {
    const test = createTracer({ backend: "gpu" }, { gpu: "adapterless" });
    await using _ = test;
    const error = await assertRejects(() => test.tracer.open(), GpuError, "no WebGPU adapter");
    assertEquals(error.kind, "no-adapter");
    await assertRejects(() => test.tracer.picture(WORLD, CAMERA), GpuError, "no WebGPU adapter");
  },
);

testWith(modelNeeds, "cpu asks no GPU", async () => {
  const test = createTracer({ backend: "cpu" }, { gpu: "plain" });
  await using _ = test;
  await test.tracer.open();
  assertEquals(await painter(test), "cpu");
  assertEquals(test.tracer.status().adapter, undefined);
});

testWith(
  modelNeeds,
  "what fails on the GPU the CPU makes, and after some failures the GPU is left alone for a while",
  async () => {
    const test = createTracer({ backend: "auto" }, { gpu: "faulty" });
    await using _ = test;
    assertEquals(await test.settled(test.tracer.picture(WORLD, CAMERA)), expected());
    assertEquals(test.tracer.status().breaker, "closed");
    assertEquals(await painter(test), "cpu");
    const { breaker, isDegraded, fallbackPictures, backend } = test.tracer.status();
    assertEquals([breaker, isDegraded, fallbackPictures, backend], ["open", true, 2, "cpu"]);
    const failures = () => test.lines.filter((line) => line.startsWith("error trace.gpu_failed")).length;
    assertEquals(await painter(test), "cpu");
    assertEquals(failures(), 2);
    await test.clock.advanceAsync(1000);
    assertEquals(await painter(test), "cpu");
    assertEquals(failures(), 3);
  },
);

testWith(
  modelNeeds,
  "a scene that the device has no room for goes to the CPU, and the GPU is not blamed",
  async () => {
    const test = createTracer({ backend: "auto" }, { gpu: "too_small" });
    await using _ = test;
    for (let i = 0; i < 4; i++) assertEquals(await painter(test), "cpu");
    const { breaker, fallbackPictures, isDegraded } = test.tracer.status();
    assertEquals([breaker, fallbackPictures, isDegraded], ["closed", 4, false]);
  },
);

testWith(modelNeeds, "an eye from which single precision sees nothing goes to the CPU", async () => {
  const test = createTracer({ backend: "auto" }, { gpu: "plain" });
  await using _ = test;
  const far = { ...CAMERA, eye: [1e7, 1e7, 1e7] as const, fovY: 1e-6 };
  const told: string[] = [];
  const onMade = (backend: string) => void told.push(backend);
  const rgba = await test.settled(test.tracer.picture(WORLD, far, { onMade }));
  await test.settled(test.tracer.picture(WORLD, CAMERA, { onMade }));
  assertEquals(told, ["cpu", "gpu"], "whoever asks is told what made it");
  assert(String([...rgba.subarray(0, 3)]) !== String(GREEN));
  assertEquals(await painter(test), "gpu");
});

testWith(
  modelNeeds,
  "a GPU that hangs loses its Worker, and after too many hangs is not asked again",
  async () => {
    const test = createTracer({ backend: "auto" }, { gpu: "silent" });
    await using _ = test;
    // Time must not move on while the Worker loads.
    await test.tracer.open();
    for (let hangs = 1; hangs <= 2; hangs++) {
      const made = test.tracer.picture(WORLD, CAMERA);
      await waitFor(async () => {
        await test.clock.advanceAsync(test.clock.pending === 1 ? 2500 : 0);
        return test.tracer.status().hangs === hangs;
      }, { what: "the hang to be seen" });
      assertEquals(await test.settled(made), expected());
    }
    const { breaker, isDegraded, reason, backend } = test.tracer.status();
    assertEquals([breaker, isDegraded, backend], ["open", true, "cpu"]);
    assertEquals(reason, "The GPU hung too often (2) and is not used any more");
    assertEquals(await painter(test), "cpu");
    assert(test.lines.some((line) => line.includes("trace.tileTimeoutMs")));
  },
);

testWith(modelNeeds, "a GPU whose device does not open in its time is given up for auto", async () => {
  const test = createTracer({ backend: "auto" }, { gpu: "never_open" });
  await using _ = test;
  const made = test.tracer.picture(WORLD, CAMERA);
  await test.clock.advanceAsync(10_000);
  assertEquals(await test.settled(made), expected());
  assertEquals([test.tracer.status().isDegraded, test.tracer.status().hangs], [true, 1]);
});

testWith(
  modelNeeds,
  "a picture given up on the GPU is no failure of it, and the CPU does not begin with it",
  async () => {
    const test = createTracer({ backend: "auto", maxFailures: 1 }, { gpu: "plain" });
    await using _ = test;
    await test.tracer.open();
    const controller = new AbortController();
    const made = test.tracer.picture(WORLD, CAMERA, { signal: controller.signal });
    controller.abort(new Error("gone away"));
    await assertRejects(() => test.settled(made), Error, "gone away");
    assertEquals([test.tracer.status().breaker, test.lines.length, test.told], ["closed", 1, []]);
    assertEquals(await painter(test), "gpu");
  },
);

testWith(
  gpuNeeds,
  "a Worker that loses its device in a picture opens another, and the picture is right",
  async () => {
    const test = createTracer({ backend: "gpu" }, { gpu: "losing_device" });
    await using _ = test;
    // More than one band on a software adapter.
    const camera = cameraAt(260, 200);
    const rgba = await test.settled(test.tracer.picture(WORLD, camera));
    const { share } = pictureDifference(rgba, expected(camera));
    assert(share <= TOLERATED_SHARE, `${share}`);
    const { deviceLosses, fallbackPictures, breaker } = test.tracer.status();
    assertEquals([deviceLosses, fallbackPictures, breaker], [1, 0, "closed"]);
  },
);

testWith(gpuNeeds, "the real GPU Worker makes the CPU's picture, and rests after its end", async () => {
  const test = createTracer({ backend: "gpu" });
  const { share } = pictureDifference(await test.settled(test.tracer.picture(WORLD, CAMERA)), expected());
  assert(share <= TOLERATED_SHARE, `${share}`);
  assertEquals(test.told, ["gpu 3072"]);
  assertEquals(test.tracer.restMs, 0);
  await test.tracer.close();
  assertEquals(test.tracer.restMs, 500);
});
