import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { BuildAbortedError, type BuildJob, type PayloadEncoder } from "../../../src/build/builder.ts";
import { GpuBuilder, type GpuBuilderOptions } from "../../../src/build/gpu/gpu_builder.ts";
import { ReturnedJobError } from "../../../src/build/returned_job_error.ts";
import { GpuError } from "../../../src/gpu/gpu_error.ts";
import { type Logger, silentLogger } from "../../../src/observe/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { testWith } from "../../support/needs.ts";
import { modelNeeds } from "../../support/real_models.ts";
import { waitFor } from "../../support/wait_for.ts";
import { fakeJob, fakeTree } from "./fake_gpu.ts";
import { WHIMS } from "./whims.ts";

const OPTIONS = {
  wish: "gpu",
  regionsInFlight: 32,
  batch: {
    maxBatchRegions: 16,
    maxBatchVoxels: 1_000_000,
    maxSoftwareBatchVoxels: 1_000_000,
    maxPooledBytes: 0,
  },
  batchTimeoutMs: 5000,
  maxHangs: 2,
};

const SILENCE = "The GPU did not answer for 5000 ms (gpu.batchTimeoutMs allows it no longer)";

/** Payloads that say which tree and level they are of. */
const encoder: PayloadEncoder = {
  encode: (tree, lods) => {
    if (lods.includes(9)) return Promise.reject(new RangeError("The tree has no LOD 9"));
    return Promise.resolve({
      tree,
      payloads: new Map(lods.map((lod) => [lod, Uint8Array.of(tree.counts[0]!, lod)])),
    });
  },
};

function workerUrl(name: string): URL {
  return new URL(`./workers/${name}.ts`, import.meta.url);
}

/** A builder with a Worker of this name, a clock that stands still, and what it tells. */
function create(name: string, options: Partial<GpuBuilderOptions> = {}) {
  const clock = new ManualClock();
  const events: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (event) => events.push(event),
    error: (event) => events.push(event),
  };
  const builder = new GpuBuilder(
    { ...OPTIONS, encoder, clock, logger, workerUrl: workerUrl(name), ...options },
    { onSuccess: () => events.push("success"), onFailure: (message) => events.push(`failure: ${message}`) },
  );
  return {
    builder,
    clock,
    events,
    /** Hands a job in and ends the turn, so that it is sent. */
    build(id: number, payloadIds: readonly number[] = []) {
      const building = builder.build(jobOf(id, payloadIds));
      clock.advance(0);
      return building;
    },
  };
}

function jobOf(id: number, payloadIds: readonly number[] = []): BuildJob {
  return { ...fakeJob(id), payloadIds };
}

async function abortOf(build: Promise<unknown>): Promise<BuildAbortedError> {
  return await assertRejects(() => build, BuildAbortedError);
}

testWith(modelNeeds, "The jobs of one turn become one batch, and their buffers move", async () => {
  const { builder, clock, events } = create("whimsical");
  await using _ = builder;
  const jobs = [1, 2, 3].map((id) => jobOf(id));
  const building = Promise.all(jobs.map((job) => builder.build(job)));
  assertEquals(jobs[0]!.samples.keys.length, 1);
  clock.advance(0);
  await waitFor(() => jobs[0]!.samples.keys.length === 0, {
    what: "the device, for which jobs are held back",
  });
  assertEquals(jobs.map(({ samples }) => samples.keys.length + samples.materials.length), [0, 0, 0]);
  assertEquals((await building).map(({ tree }) => tree), [fakeTree(1), fakeTree(2), fakeTree(3)]);
  await waitFor(() => events.length > 0, { what: "the end of the batch" });
  assertEquals(events, ["success"]);
  const adapter = { name: "Fake 1", isSoftware: false };
  assertEquals(builder.stats(), { adapter, batches: 1, regions: 3, deviceLosses: 0, hangs: 0, gpuMs: 2 });
});

testWith(
  modelNeeds,
  "More jobs than one message takes are built all the same, each with its own answer",
  async () => {
    const { builder, clock } = create("whimsical");
    await using _ = builder;
    const building = Array.from({ length: 600 }, (_, id) => builder.build(jobOf(id)));
    clock.advance(0);
    const results = await Promise.all(building);
    results.forEach(({ tree, buildMs }, id) => {
      assertEquals(tree.counts[0], id);
      assert(buildMs >= 0 && Number.isFinite(buildMs));
    });
  },
);

testWith(modelNeeds, "Payloads come from the encoder, and its refusal is the job's", async () => {
  const { builder, build } = create("whimsical");
  await using _ = builder;
  assertEquals([...(await build(5, [0, 2])).payloads], [[0, Uint8Array.of(5, 0)], [2, Uint8Array.of(5, 2)]]);
  await assertRejects(() => build(6, [9]), RangeError, "no LOD 9");
});

testWith(
  modelNeeds,
  "Samples that were handed over before are refused without harm to those beside them",
  async () => {
    const { builder, clock, build } = create("whimsical");
    await using _ = builder;
    const again = jobOf(1);
    const first = builder.build(again);
    const second = assertRejects(() => builder.build(again), TypeError, "handed over before");
    clock.advance(0);
    assertEquals((await first).tree.counts[0], 1);
    await second;
    const third = assertRejects(() => builder.build(again), TypeError, "handed over before");
    clock.advance(0);
    await third;
    assertEquals((await build(2)).tree.counts[0], 2);
  },
);

testWith(
  modelNeeds,
  "A wrong job is told from one that the GPU could not do, which comes back whole",
  async () => {
    const { builder, build, events } = create("whimsical");
    await using _ = builder;
    await assertRejects(() => build(WHIMS.wrong), RangeError, "wrong on purpose");
    const error = await abortOf(build(WHIMS.fail, [1]));
    assertInstanceOf(error, ReturnedJobError);
    assertEquals([error.reason, error.job], ["device", jobOf(WHIMS.fail, [1])]);
    assertEquals(error.message, "The GPU gave the region up: refused on purpose");
    assertEquals(events, ["success", "gpu.batch_failed", "failure: refused on purpose"]);
  },
);

testWith(modelNeeds, "An error that belongs to no batch is logged, and fails nothing", async () => {
  const { builder, build, events } = create("whimsical");
  await using _ = builder;
  await build(WHIMS.stray);
  assertEquals(events, ["gpu.stray_error", "success"]);
});

testWith(modelNeeds, "A lost device is counted, and its jobs are built on the next", async () => {
  const { builder, build, events } = create("whimsical");
  await using _ = builder;
  assertEquals((await build(WHIMS.lose)).tree.counts[0], WHIMS.lose);
  assertEquals(builder.stats().deviceLosses, 1);
  await waitFor(() => events.includes("success"), { what: "the end of the batch" });
  assertEquals(events, ["gpu.device_lost", "success"]);
});

testWith(
  modelNeeds,
  "A GPU that hangs is given up at its deadline, not before, and replaced with the next job",
  async () => {
    const { builder, clock, build, events } = create("whimsical");
    await using _ = builder;
    await builder.open();
    let settled = false;
    const hanging = [abortOf(build(WHIMS.hang)), abortOf(build(2))];
    hanging[0]!.finally(() => settled = true);
    await clock.advanceAsync(4999);
    assert(!settled);
    // A word of the Worker may have begun the silence anew in between.
    await waitFor(async () => (await clock.advanceAsync(1000), settled), { what: "the deadline" });
    for (const error of await Promise.all(hanging)) {
      assertEquals([error.reason, error.message], ["device", SILENCE]);
      assert(!(error instanceof ReturnedJobError));
    }
    assertEquals(events, ["gpu.worker_lost", `failure: ${SILENCE}`]);
    assertEquals((await build(3)).tree.counts[0], 3);
    assertEquals([builder.stats().hangs, builder.isUsable], [1, true]);
  },
);

testWith(
  modelNeeds,
  "A GPU with many voxels is given longer, also for those that come while it works",
  async () => {
    const { builder, clock, build } = create("whimsical");
    await using _ = builder;
    await builder.open();
    let settled = false;
    const hanging = abortOf(build(WHIMS.hang)).finally(() => settled = true);
    const later = abortOf(builder.build({ ...fakeJob(2, 300_000), payloadIds: [] }));
    clock.advance(0);
    await clock.advanceAsync(9999);
    assert(!settled, "two times 262,144 voxels or less are worth two timeouts");
    await waitFor(async () => (await clock.advanceAsync(1000), settled), { what: "the deadline" });
    assertStringIncludes((await hanging).message, "did not answer for 10000 ms");
    await later;
  },
);

testWith(modelNeeds, "Voxels of two batches fill the slots, however few the regions are", async () => {
  const batch = { ...OPTIONS.batch, maxBatchVoxels: 50 };
  const { builder, clock } = create("whimsical", { batch });
  await using _ = builder;
  await builder.open();
  const first = builder.build({ ...fakeJob(1, 99), payloadIds: [] });
  assertEquals(builder.slots, OPTIONS.regionsInFlight);
  const second = builder.build({ ...fakeJob(2, 1), payloadIds: [] });
  assertEquals(builder.slots, 2);
  clock.advance(0);
  await Promise.all([first, second]);
  assertEquals(builder.slots, OPTIONS.regionsInFlight);
});

testWith(modelNeeds, "After the last hang allowed the GPU is used no more", async () => {
  const { builder, clock, build } = create("whimsical", { maxHangs: 2 });
  await using _ = builder;
  for (let hangs = 1; hangs <= 2; hangs++) {
    let settled = false;
    const hanging = abortOf(build(WHIMS.hang)).finally(() => settled = true);
    await waitFor(async () => (await clock.advanceAsync(1000), settled), { what: "the deadline" });
    assertEquals([(await hanging).reason, builder.stats().hangs, builder.isUsable], [
      "device",
      hangs,
      hangs < 2,
    ]);
  }
  const error = await abortOf(build(1));
  assertEquals([error.reason, error.message], ["unavailable", "The GPU has hung too often"]);
  assertEquals(clock.pending, 0);
});

testWith(modelNeeds, "A Worker that dies takes its jobs with it and is replaced with the next", async () => {
  const { builder, build, events } = create("whimsical");
  await using _ = builder;
  const dying = [build(WHIMS.crash), build(WHIMS.fail)];
  const [first] = await Promise.allSettled(dying);
  assert(first!.status === "fulfilled" || first!.reason.reason === "device");
  await waitFor(() => events.includes("gpu.worker_lost"), { what: "the Worker's death" });
  assertStringIncludes(events.at(-1)!, "crash on purpose");
  assertEquals((await build(3)).tree.counts[0], 3);
  assertEquals(builder.stats().hangs, 0);
});

testWith(modelNeeds, "A Worker that answers a job it was not sent is given up", async () => {
  const { builder, build } = create("confused");
  await using _ = builder;
  const error = await abortOf(build(1));
  assertEquals([error.reason, error.message], ["device", "The GPU Worker answered job 7 out of turn"]);
});

testWith(
  modelNeeds,
  "Opening tells the adapter, or why there is none, shader and line included",
  async () => {
    const good = create("whimsical");
    await using _good = good.builder;
    assertEquals(await good.builder.open(), { name: "Fake 1", isSoftware: false });
    assertEquals(await good.builder.open(), { name: "Fake 1", isSoftware: false });
    for (
      const [name, kind, message] of [
        ["refusing", "shader", "shaders/build/mark.wgsl:7: unknown name"],
        ["adapterless", "no-adapter", "There is no WebGPU adapter on this machine"],
      ] as const
    ) {
      const { builder, events } = create(name);
      await using _ = builder;
      const error = await assertRejects(() => builder.open(), GpuError);
      assertEquals([error.kind, error.message], [kind, message]);
      assertEquals(events, [`failure: ${message}`]);
    }
  },
);

testWith(modelNeeds, "A driver that hangs while it opens is given up at the deadline", async () => {
  const { builder, clock } = create("silent");
  await using _ = builder;
  const opening = assertRejects(() => builder.open(), GpuError, "did not answer for 5000 ms");
  clock.advance(5000);
  await opening;
  assertEquals(builder.stats().hangs, 1);
});

testWith(modelNeeds, "Jobs for a GPU that cannot be opened come back whole", async () => {
  const { builder, build } = create("refusing");
  await using _ = builder;
  const error = await abortOf(build(4));
  assertInstanceOf(error, ReturnedJobError);
  assertEquals(error.job, jobOf(4));
});

testWith(
  modelNeeds,
  "Disposing rejects what has not finished, leaves no timer, and may be done twice",
  async () => {
    const { builder, clock } = create("silent");
    const held = abortOf(builder.build(jobOf(1)));
    clock.advance(0);
    const waiting = abortOf(builder.build(jobOf(2)));
    const opening = assertRejects(() => builder.open(), GpuError, "disposed");
    await builder[Symbol.asyncDispose]();
    await builder[Symbol.asyncDispose]();
    for (const error of [await held, await waiting, await abortOf(builder.build(jobOf(3)))]) {
      assertEquals(error.reason, "disposed");
    }
    await opening;
    assertEquals(clock.pending, 0);
    await assertRejects(
      () => create("silent").builder[Symbol.asyncDispose]().then(() => builder.open()),
      GpuError,
    );
  },
);

testWith(
  modelNeeds,
  "For half a second after a Worker was ended, its driver may still be in use",
  async () => {
    const { builder, clock } = create("adapterless");
    assertEquals(builder.restMs, 0);
    await assertRejects(() => builder.open(), GpuError);
    assertEquals(builder.restMs, 500);
    clock.advance(400);
    await builder[Symbol.asyncDispose]();
    assertEquals(builder.restMs, 100);
    const second = create("silent");
    const opening = assertRejects(() => second.builder.open(), GpuError);
    await second.builder[Symbol.asyncDispose]();
    await opening;
    assertEquals(second.builder.restMs, 500);
    second.clock.advance(500);
    assertEquals(second.builder.restMs, 0);
  },
);
