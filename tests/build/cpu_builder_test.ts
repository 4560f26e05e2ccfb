import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { BuildAbortedError } from "../../src/build/builder.ts";
import { type CpuBuilderOptions, createCpuBuilder } from "../../src/build/cpu/cpu_builder.ts";
import { type Logger, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { waitFor } from "../support/wait_for.ts";
import { builderSuite, job } from "./builder_suite.ts";
import { paint } from "./samples.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";

const OPTIONS = { poolSize: 2, buildTimeoutMs: 30_000, clock: systemClock, logger: silentLogger };

builderSuite("cpu", () => createCpuBuilder(OPTIONS));

function workerUrl(name: string): URL {
  return new URL(`./workers/${name}.ts`, import.meta.url);
}

interface LoggedError {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A builder of one Worker that stands for all trouble, its clock, and what it logs. */
function troubled(name: string, options: Partial<CpuBuilderOptions> = {}) {
  const clock = new ManualClock();
  const errors: LoggedError[] = [];
  const logger: Logger = { ...silentLogger, error: (event, fields = {}) => errors.push({ event, fields }) };
  const builder = createCpuBuilder({
    ...OPTIONS,
    poolSize: 1,
    clock,
    logger,
    workerUrl: workerUrl(name),
    ...options,
  });
  return { builder, clock, errors };
}

/** Jobs of depth 3 are the ones that the troublesome Workers stumble over. */
const badJob = () => job(paint([1]), 3);
const goodJob = () => job(paint([1, 2]), 4);

async function abortOf(build: Promise<unknown>): Promise<BuildAbortedError> {
  return await assertRejects(() => build, BuildAbortedError);
}

testWith(modelNeeds, "The samples' buffers are moved to the Worker, not copied", async () => {
  await using builder = createCpuBuilder(OPTIONS);
  const samples = paint([1, 2, 3]);
  const building = builder.build(job(samples, 3));
  assertEquals([samples.keys.length, samples.colors.length, samples.materials.length], [0, 0, 0]);
  assertEquals((await building).tree.counts[3], 3);
});

testWith(modelNeeds, "A pool has two slots a Worker and needs at least one Worker", async () => {
  await using builder = createCpuBuilder({ ...OPTIONS, poolSize: 3 });
  assertEquals([builder.name, builder.slots], ["cpu", 6]);
  for (const poolSize of [0, -1, 1.5, NaN]) {
    assertThrows(
      () => createCpuBuilder({ ...OPTIONS, poolSize }),
      RangeError,
      "Pool size must be a whole number from 1",
    );
  }
});

testWith(
  modelNeeds,
  "A job that hangs is rejected at its deadline, not before, and its Worker replaced",
  async () => {
    const { builder, clock, errors } = troubled("hang_worker");
    await using _ = builder;
    await builder.build(goodJob());
    let settled = false;
    const hanging = abortOf(builder.build(badJob())).finally(() => settled = true);
    await clock.advanceAsync(29_999);
    assert(!settled);
    await clock.advanceAsync(1);
    const error = await hanging;
    assertEquals([error.reason, error.message], ["timeout", "The build took longer than 30000 ms"]);
    assertEquals((await builder.build(goodJob())).tree.counts[4], 2);
    assertEquals(errors.map(({ event, fields }) => [event, fields.reason]), [[
      "build.worker_lost",
      "timeout",
    ]]);
  },
);

testWith(
  modelNeeds,
  "Of the jobs behind a hanging one, the sent one is lost and those still waiting are built",
  async () => {
    const { builder, clock } = troubled("hang_worker");
    await using _ = builder;
    await builder.build(goodJob());
    const hanging = abortOf(builder.build(badJob()));
    const sent = abortOf(builder.build(goodJob()));
    const waiting = [builder.build(goodJob()), builder.build(goodJob())];
    clock.advance(30_000);
    assertEquals((await hanging).reason, "timeout");
    assertEquals((await sent).reason, "lost");
    for (const build of waiting) assertEquals((await build).tree.counts[4], 2);
  },
);

testWith(modelNeeds, "The deadline of a job begins when the job before it is done", async () => {
  const { builder, clock } = troubled("hang_worker");
  await using _ = builder;
  await builder.build(goodJob());
  const first = builder.build(goodJob());
  let settled = false;
  const hanging = abortOf(builder.build(badJob())).finally(() => settled = true);
  clock.block(20_000);
  await first;
  await clock.advanceAsync(29_999);
  assert(!settled);
  await clock.advanceAsync(1);
  assertEquals((await hanging).reason, "timeout");
});

testWith(modelNeeds, "Another Worker goes on while one hangs", async () => {
  const { builder, clock } = troubled("hang_worker", { poolSize: 2 });
  await using _ = builder;
  const hanging = abortOf(builder.build(badJob()));
  assertEquals((await builder.build(goodJob())).tree.counts[4], 2);
  clock.advance(30_000);
  assertEquals((await hanging).reason, "timeout");
});

testWith(
  modelNeeds,
  "A job that kills its Worker is rejected with the cause, and the Worker replaced",
  async () => {
    const { builder, errors } = troubled("crash_worker");
    await using _ = builder;
    for (let round = 0; round < 3; round++) {
      const error = await abortOf(builder.build(badJob()));
      assertEquals(error.reason, "crash");
      assertStringIncludes(error.message, "crash on purpose");
      assertEquals((await builder.build(goodJob())).tree.counts[4], 2);
    }
    assertEquals(errors.map(({ fields }) => [fields.reason, fields.restartInMs]), [
      ["crash", 0],
      ["crash", 0],
      [
        "crash",
        0,
      ],
    ]);
  },
);

testWith(modelNeeds, "A Worker that answers a job it was not sent is replaced", async () => {
  const { builder } = troubled("confused_worker");
  await using _ = builder;
  const error = await abortOf(builder.build(goodJob()));
  assertEquals([error.reason, error.message], ["crash", "The build Worker answered job 7 out of turn"]);
});

testWith(
  modelNeeds,
  "A Worker that cannot load is tried again after pauses that double up to 30 s, and jobs are refused",
  async () => {
    const { builder, clock, errors } = troubled("stillborn_worker");
    await using _ = builder;
    const builds = Array.from({ length: 4 }, () => abortOf(builder.build(goodJob())));
    const reasons = (await Promise.all(builds)).map(({ reason }) => reason);
    assertEquals(reasons, ["crash", "lost", "unavailable", "unavailable"]);
    const waits: unknown[] = [];
    for (let round = 1; round <= 7; round++) {
      await waitFor(() => errors.length === round, { what: `death ${round}`, deadlineMs: 30_000 });
      waits.push(errors[round - 1]!.fields.restartInMs);
      assertEquals((await abortOf(builder.build(goodJob()))).reason, "unavailable");
      clock.advance(waits[round - 1] as number);
    }
    assertEquals(waits, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  },
);

testWith(modelNeeds, "Nothing is left of a disposed builder: no timer, no restart", async () => {
  for (const name of ["hang_worker", "stillborn_worker"]) {
    const { builder, clock, errors } = troubled(name);
    const outcome = abortOf(builder.build(badJob()));
    if (name === "stillborn_worker") {
      await waitFor(() => errors.length > 0, { what: "the Worker's death", deadlineMs: 30_000 });
    }
    await builder[Symbol.asyncDispose]();
    await outcome;
    assertEquals(clock.pending, 0);
  }
});
