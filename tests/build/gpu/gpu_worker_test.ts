import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Backend, type GpuSettings } from "../../../src/build/backend.ts";
import { GpuError } from "../../../src/gpu/gpu_error.ts";
import { defaultConfig } from "../../../src/config/mod.ts";
import { seededRandom, silentLogger, systemClock } from "../../../src/observe/mod.ts";
import { needs, testWith } from "../../support/needs.ts";
import { builderSuite, job } from "../builder_suite.ts";
import { paint } from "../samples.ts";

const need = await needs({ gpu: true }, { read: "." });
/** A loaded machine compiles shaders slowly; hangs are tested elsewhere. */
const SETTINGS = { ...defaultConfig().gpu, batchTimeoutMs: 60_000 };

/** The whole backend on any adapter, with the real GPU Worker or a troubled form of it. */
function create(worker?: string, settings: Partial<GpuSettings> = {}): Backend {
  return new Backend({
    backend: "gpu",
    gpu: { ...SETTINGS, ...settings },
    cpu: { poolSize: 1, buildTimeoutMs: 60_000 },
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    ...(worker === undefined ? {} : { gpuWorkerUrl: new URL(`./workers/${worker}.ts`, import.meta.url) }),
  });
}

if (need.ignore) testWith(need, "Builder gpu: what every backend must do", () => {});
else builderSuite("gpu", () => create());

testWith(
  need,
  "A device destroyed in mid-batch is opened again and the same jobs are built, none by the CPU",
  async () => {
    await using losing = create("losing_device");
    await using sound = create();
    const keys = Array.from(
      { length: 40 },
      (_, i) => Array.from({ length: 300 }, (_, j) => (i * 7919 + j * 31) % 4096),
    );
    const build = (backend: Backend) =>
      Promise.all(keys.map((own) => backend.build(job(paint(own), 4, [0])))).then((all) =>
        all.map(({ tree }) => tree)
      );
    assertEquals(await build(losing), await build(sound));
    const { deviceLosses, fallbackBuilds, name, isDegraded } = losing.status();
    assertEquals([deviceLosses, fallbackBuilds, name, isDegraded], [1, 0, "gpu", false]);
  },
);

testWith(
  need,
  "A shader that does not compile is told at the start with its file, line and text",
  async () => {
    await using backend = create("bad_shader");
    const error = await assertRejects(() => backend.open(), GpuError);
    assertEquals(error.kind, "shader");
    assertMatch(error.message, /broken.*:3\b.*let a = nowhere/s);
  },
);

testWith(need, "The adapter, the batches and, where it can tell, the device's time are counted", async () => {
  await using backend = create();
  await backend.open();
  const idleBytes = backend.workerBytes;
  await Promise.all([1, 2, 3].map((key) => backend.build(job(paint([key]), 6))));
  assert(backend.workerBytes > idleBytes + 2 ** 20, "the Worker tells what memory it takes");
  const { adapter, batches, batchRegions, gpuMs } = backend.status();
  assert(adapter !== undefined && adapter.name.length > 0);
  assertEquals([batches, batchRegions], [1, 3]);
  assert(gpuMs >= 0 && Number.isFinite(gpuMs));
});

testWith(
  need,
  "A batch ends at maxBatchRegions and at maxBatchVoxels",
  async () => {
    const batchesOf = async (settings: Partial<GpuSettings>) => {
      await using backend = create(undefined, settings);
      await backend.open();
      const region = Array.from({ length: 100 }, (_, key) => key);
      await Promise.all([1, 2, 3, 4, 5].map(() => backend.build(job(paint(region), 3))));
      return [backend.status().batches, backend.slots];
    };
    const slots = 2 * SETTINGS.maxBatchRegions;
    assertEquals(await batchesOf({ maxBatchRegions: 2 }), [3, 4]);
    assertEquals(await batchesOf({ maxBatchVoxels: 250 }), [3, slots]);
    // A region of more voxels than that is a batch of its own.
    assertEquals(await batchesOf({ maxBatchVoxels: 1 }), [5, slots]);
  },
);
