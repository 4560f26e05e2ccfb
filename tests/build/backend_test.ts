import { assertEquals, assertRejects } from "@std/assert";
import { Backend, type BackendOptions } from "../../src/build/backend.ts";
import { describeBackend } from "../../src/build/backend_status.ts";
import { BuildAbortedError } from "../../src/build/builder.ts";
import { GpuError } from "../../src/gpu/gpu_error.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { type Logger, seededRandom, silentLogger } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { job } from "./builder_suite.ts";
import { WHIMS } from "./gpu/whims.ts";
import { paint } from "./samples.ts";

const { gpu } = defaultConfig();

function create(worker: string, backend: string, settings: Partial<BackendOptions["gpu"]> = {}) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const note = (level: string) => (event: string, fields: object = {}) =>
    void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: note("info"), warn: note("warn"), error: note("error") };
  const builder = new Backend({
    backend,
    gpu: { ...gpu, ...settings },
    cpu: { poolSize: 1, buildTimeoutMs: 30_000 },
    clock,
    random: seededRandom(1),
    logger,
    gpuWorkerUrl: new URL(`./gpu/workers/${worker}.ts`, import.meta.url),
  });
  const build = async (id: number) => {
    const building = builder.build(job(paint([id]), 4));
    await clock.advanceAsync(0);
    return await building;
  };
  return { builder, clock, lines, build };
}

testWith(modelNeeds, "cpu asks no GPU", async () => {
  const { builder, build, lines } = create("silent", "cpu");
  await using _ = builder;
  await builder.open();
  assertEquals((await build(1)).tree.counts[4], 1);
  const { name, asked, breaker, reason, isDegraded } = builder.status();
  assertEquals([name, asked, breaker, reason, isDegraded], ["cpu", "cpu", "none", undefined, false]);
  assertEquals([builder.slots > 1, lines], [true, []]);
  assertEquals(describeBackend(builder.status(), 4), "the CPU (4 workers)");
});

testWith(modelNeeds, "auto takes the GPU that its Worker finds", async () => {
  const { builder, build, lines } = create("whimsical", "auto");
  await using _ = builder;
  await builder.open();
  await build(2);
  const { name, adapter, batches, batchRegions, breaker, isDegraded } = builder.status();
  assertEquals([name, adapter, breaker, isDegraded], [
    "gpu",
    { name: "Fake 1", isSoftware: false },
    "closed",
    false,
  ]);
  assertEquals([builder.slots, batches, batchRegions], [2 * gpu.maxBatchRegions, 1, 1]);
  assertEquals(lines, ['info build.backend {"builder":"gpu","adapter":"Fake 1"}']);
  assertEquals(describeBackend(builder.status(), 4), "the GPU (Fake 1)");
});

testWith(modelNeeds, "auto without a GPU takes the CPU, tells why, and is healthy", async () => {
  const { builder, build, lines } = create("adapterless", "auto");
  await using _ = builder;
  await builder.open();
  assertEquals((await build(1)).tree.counts[4], 1);
  const reason = "There is no WebGPU adapter on this machine";
  const { name, isDegraded } = builder.status();
  assertEquals([name, builder.status().reason, isDegraded], ["cpu", reason, false]);
  assertEquals(lines, [`info build.backend {"builder":"cpu","reason":"${reason}"}`]);
  assertEquals(describeBackend(builder.status(), 1), `the CPU (1 worker): ${reason}`);
});

testWith(
  modelNeeds,
  "auto with a GPU whose shaders do not compile takes the CPU and is degraded",
  async () => {
    const { builder, build, lines } = create("refusing", "auto");
    await using _ = builder;
    await builder.open();
    assertEquals((await build(1)).tree.counts[4], 1);
    const { name, reason, isDegraded } = builder.status();
    assertEquals([name, reason, isDegraded], ["cpu", "shaders/build/mark.wgsl:7: unknown name", true]);
    assertEquals(lines, [
      'error build.backend {"builder":"cpu","reason":"shaders/build/mark.wgsl:7: unknown name"}',
    ]);
  },
);

testWith(
  modelNeeds,
  "a GPU that was asked for and cannot be had is an error at the start, and of each build",
  async () => {
    for (const [worker, kind] of [["adapterless", "no-adapter"], ["refusing", "shader"]] as const) {
      const { builder, build } = create(worker, "gpu");
      await using _ = builder;
      assertEquals((await assertRejects(() => builder.open(), GpuError)).kind, kind);
      assertEquals((await assertRejects(() => build(1), BuildAbortedError)).reason, "unavailable");
    }
  },
);

testWith(modelNeeds, "a build that comes before anybody opened waits for the choice", async () => {
  const { builder, build } = create("adapterless", "auto");
  await using _ = builder;
  assertEquals((await build(1)).tree.counts[4], 1);
});

testWith(
  modelNeeds,
  "after maxFailures failed batches the CPU builds for pauseMs, then the GPU is tried again",
  async () => {
    const { builder, clock, lines, build } = create("whimsical", "gpu", { maxFailures: 2, pauseMs: 7000 });
    await using _ = builder;
    await builder.open();
    lines.splice(0);
    for (let i = 0; i < 2; i++) assertEquals((await build(WHIMS.fail)).tree.counts[4], 1);
    const degraded = builder.status();
    assertEquals([degraded.name, degraded.breaker, degraded.isDegraded, degraded.fallbackBuilds], [
      ...["cpu", "open", true, 2],
    ]);
    assertEquals(degraded.reason, "The GPU failed again and again and is left alone for a while");
    await build(1);
    assertEquals(builder.status().batches, 0);
    clock.advance(7000);
    await build(1);
    await waitFor(() => builder.status().breaker === "closed", { what: "the breaker to close" });
    assertEquals([builder.name, builder.status().isDegraded], ["gpu", false]);
    assertEquals(lines.filter((line) => line.includes("build.backend")), [
      'warn build.backend {"builder":"cpu","reason":"The GPU failed again and again","tryAgainInMs":7000}',
      'info build.backend {"builder":"gpu"}',
    ]);
  },
);

testWith(modelNeeds, "a trial that fails is not repeated before a pause of up to maxPauseMs", async () => {
  const { builder, clock, build } = create("whimsical", "gpu", {
    maxFailures: 1,
    pauseMs: 1000,
    maxPauseMs: 1000,
  });
  await using _ = builder;
  await builder.open();
  for (let trial = 0; trial < 4; trial++) {
    await build(WHIMS.fail);
    assertEquals(builder.status().breaker, "open");
    clock.advance(1000);
  }
  await build(1);
  await waitFor(() => builder.status().breaker === "closed", { what: "the breaker to close" });
});

testWith(modelNeeds, "after maxHangs hangs the CPU builds for good", async () => {
  const { builder, clock, build } = create("whimsical", "gpu", { maxHangs: 1, batchTimeoutMs: 5000 });
  await using _ = builder;
  await builder.open();
  let settled = false;
  const hanging = assertRejects(() => build(WHIMS.hang), BuildAbortedError).finally(() => settled = true);
  await waitFor(async () => (await clock.advanceAsync(1000), settled), { what: "the deadline" });
  assertEquals((await hanging).reason, "device");
  assertEquals((await build(1)).tree.counts[4], 1);
  const { name, hangs, isDegraded, reason } = builder.status();
  assertEquals([name, hangs, isDegraded], ["cpu", 1, true]);
  assertEquals(reason, "The GPU hung too often (1) and is not used any more");
});
