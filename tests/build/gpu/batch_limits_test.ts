import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { BatchBuilder } from "../../../src/build/gpu/batch_builder.ts";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { chooseAdapter, GpuError, openDevice } from "../../../src/gpu/mod.ts";
import { type Samples, TREE_KINDS } from "../../../src/tree/mod.ts";
import { testWith } from "../../support/needs.ts";
import { assertSameTree } from "./batch_fixture.ts";
import { scattered, sphere } from "./batch_samples.ts";
import { gpuNeeds } from "./test_device.ts";

/** A sphere with only every so many of its voxels, so that no two regions are alike. */
function thinned(every: number): Samples {
  const { keys, colors, materials } = sphere(5);
  const isKept = (_: number, i: number) => i % every === 0;
  return { keys: keys.filter(isKept), colors: colors.filter(isKept), materials: materials.filter(isKept) };
}

/** Builds on a device that says it binds no more than so many bytes: no adapter of the tests really does. */
async function buildWithin(maxStorageBufferBindingSize: number, jobs: readonly BatchJob[]) {
  const { device } = await openDevice(await chooseAdapter(navigator.gpu, "gpu"), { onError: () => {} });
  try {
    const limits = { maxStorageBufferBindingSize };
    const real = device.limits;
    Object.defineProperty(device, "limits", {
      value: new Proxy(real, { get: (_, name) => Reflect.get(name in limits ? limits : real, name) }),
    });
    const builder = await BatchBuilder.create(device, {
      maxBatchVoxels: 1 << 22,
      maxBatchRegions: 4096,
      maxPooledBytes: 0,
    });
    const result = await builder.submit(jobs).collect();
    await device.queue.onSubmittedWorkDone();
    return result;
  } finally {
    device.destroy();
  }
}

testWith(
  gpuNeeds,
  "Groups that a device cannot bind are split, and no region is missing or cut",
  async () => {
    const jobs = TREE_KINDS.flatMap((kind): BatchJob[] => [
      ...Array.from({ length: 9 }, (_, i): BatchJob => ({ kind, depth: 5, samples: thinned(i + 1) })),
      { kind, depth: 6, samples: scattered(1500, 6) },
    ]);
    for (const bytes of [2 ** 17, 2 ** 18, 2 ** 20]) {
      const { outcomes } = await buildWithin(bytes, jobs);
      jobs.forEach((job, i) => assertSameTree(outcomes[i]!, job, `job ${i} within ${bytes} bytes`));
    }
  },
);

testWith(
  gpuNeeds,
  "A region too large for a device is refused by itself, with how much it needs",
  async () => {
    for (const kind of TREE_KINDS) {
      const small: BatchJob = { kind, depth: 4, samples: sphere(4) };
      const large: BatchJob = { kind, depth: 6, samples: sphere(6) };
      assert(large.samples.keys.length > 5000);
      const { outcomes } = await buildWithin(2 ** 15, [small, large, small]);
      assertSameTree(outcomes[0]!, small, "before");
      assertSameTree(outcomes[2]!, small, "behind");
      assertInstanceOf(outcomes[1], GpuError);
      assertEquals(outcomes[1].kind, "out-of-memory");
      assertMatch(
        outcomes[1].message,
        /^Cannot build a region of \d+ samples on this device: it needs \d+ bytes in one buffer, the device binds 32768$/,
      );
    }
  },
);
