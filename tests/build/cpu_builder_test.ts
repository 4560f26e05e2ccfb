import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { BuildAbortedError, type BuildJob } from "../../src/build/builder.ts";
import { BuildWorker } from "../../src/build/cpu/build_worker.ts";
import { type CpuBuilderOptions, createCpuBuilder } from "../../src/build/cpu/cpu_builder.ts";
import type { PendingTask } from "../../src/build/cpu/pending_task.ts";
import { type Logger, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { emptyTree, TREE_KINDS } from "../../src/tree/mod.ts";
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

function smallJobs(count: number): BuildJob[] {
  return Array.from({ length: count }, goodJob);
}

/** Place of each job in its message. */
async function groupsOf(poolSize: number, jobs: readonly BuildJob[]): Promise<string[]> {
  const { builder } = troubled("group_worker", { poolSize });
  await using _ = builder;
  const outcomes = await Promise.allSettled(jobs.map((one) => builder.build(one)));
  return outcomes.map((outcome) => outcome.status === "rejected" ? outcome.reason.message : "built");
}

async function abortOf(build: Promise<unknown>): Promise<BuildAbortedError> {
  return await assertRejects(() => build, BuildAbortedError);
}

testWith(modelNeeds, "The samples' buffers are moved to the Worker, not copied", async () => {
  await using builder = createCpuBuilder(OPTIONS);
  const all = Array.from({ length: 20 }, () => paint([1, 2, 3]));
  const building = Promise.all(all.map((samples) => builder.build(job(samples, 3))));
  await Promise.resolve();
  for (const { keys, colors, materials } of all) {
    assertEquals([keys.length, colors.length, materials.length], [0, 0, 0]);
  }
  for (const { tree } of await building) assertEquals(tree.counts[3], 3);
});

testWith(modelNeeds, "The Worker's answers are moved back, not copied", async () => {
  const { builder } = troubled("moving_worker");
  await using _ = builder;
  for (const kind of TREE_KINDS) {
    const { tree, payloads } = await builder.build(job(paint([1, 2, 3]), 3, [0, 1], kind));
    assertEquals(payloads.size, 2);
    assertEquals((await builder.encode(tree, [2])).payloads.size, 1);
  }
});

testWith(modelNeeds, "Jobs of one turn go out in messages of sixteen, evenly over the Workers", async () => {
  assertEquals(await groupsOf(1, smallJobs(3)), ["1 of 3", "2 of 3", "3 of 3"]);
  const full = Array.from({ length: 16 }, (_, i) => `${i + 1} of 16`);
  assertEquals(await groupsOf(1, smallJobs(34)), [...full, ...full, "1 of 2", "2 of 2"]);
  assertEquals(await groupsOf(2, smallJobs(6)), ["1 of 3", "2 of 3", "3 of 3", "1 of 3", "2 of 3", "3 of 3"]);
  assertEquals(await groupsOf(4, smallJobs(4)), ["1 of 1", "1 of 1", "1 of 1", "1 of 1"]);
});

testWith(modelNeeds, "A message is full when its jobs have 65,536 samples together", async () => {
  const large = (count: number) => job(paint(Array(count).keys()), 6);
  const jobs = [large(65_535), large(1), large(65_536), large(1), large(1)];
  assertEquals(await groupsOf(1, jobs), ["1 of 2", "2 of 2", "1 of 1", "1 of 2", "2 of 2"]);
});

testWith(
  modelNeeds,
  "Arrays that cannot be moved reject their job alone, also in a message of several",
  async () => {
    await using builder = createCpuBuilder({ ...OPTIONS, poolSize: 1 });
    const fixed = new Uint32Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    const shared = paint([4]);
    const jobs = [
      job(paint([1]), 3),
      job({ keys: fixed, colors: fixed, materials: new Uint8Array(fixed.length) }, 3),
      job(shared, 3),
      job({ ...shared }, 3),
      job(paint([2]), 3),
    ];
    const outcomes = await Promise.allSettled(jobs.map((one) => builder.build(one)));
    assertEquals(outcomes.map(({ status }) => status === "fulfilled"), [true, false, true, false, true]);
    assert(outcomes[1]!.status === "rejected" && outcomes[1]!.reason instanceof TypeError);
  },
);

testWith(modelNeeds, "A tree is encoded as its build would have, and comes back whole", async () => {
  await using builder = createCpuBuilder(OPTIONS);
  for (const kind of TREE_KINDS) {
    const samples = paint([5, 3, 100, 99, 511]);
    const { tree, payloads } = await builder.build(job(structuredClone(samples), 3, [0, 2], kind));
    const kept = structuredClone(tree);
    const encoding = builder.encode(tree, [0, 2]);
    await Promise.resolve();
    assertEquals([tree.counts, tree.masks, tree.colors, tree.materials].map(({ length }) => length), [
      0,
      0,
      0,
      0,
    ]);
    assertEquals(await encoding, { tree: kept, payloads });
  }
});

testWith(modelNeeds, "A tree within larger buffers is encoded, and the rest of them stays", async () => {
  await using builder = createCpuBuilder(OPTIONS);
  const { tree } = await builder.build(job(paint([1, 2, 3]), 3));
  const colors = Uint32Array.of(9, ...tree.colors, 9);
  const view = { ...structuredClone(tree), colors: colors.subarray(1, colors.length - 1) };
  assertEquals((await builder.encode(view, [1])).tree, tree);
  assertEquals(colors.length, tree.colors.length + 2);
});

testWith(
  modelNeeds,
  "A level of detail that a tree lacks is refused, and the jobs beside it are done",
  async () => {
    await using builder = createCpuBuilder({ ...OPTIONS, poolSize: 1 });
    const good = builder.build(job(paint([1]), 3));
    const bad = assertRejects(() => builder.encode(emptyTree("esvt", 3), [4]), RangeError);
    const empty = builder.encode(emptyTree("esvt", 3), [3]);
    await bad;
    assertEquals((await good).tree.counts[3], 1);
    assertEquals(await empty, { tree: emptyTree("esvt", 3), payloads: new Map([[3, new Uint8Array(0)]]) });
    await builder[Symbol.asyncDispose]();
    assertEquals((await abortOf(builder.encode(emptyTree("esvo", 3), []))).reason, "disposed");
  },
);

testWith(modelNeeds, "A pool has thirty-two slots a Worker and needs at least one Worker", async () => {
  await using builder = createCpuBuilder({ ...OPTIONS, poolSize: 3 });
  assertEquals([builder.name, builder.slots], ["cpu", 96]);
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
  "Of the jobs behind a hanging one, those sent are lost and those still waiting are built",
  async () => {
    const { builder, clock } = troubled("hang_worker");
    await using _ = builder;
    await builder.build(goodJob());
    const hanging = abortOf(builder.build(badJob()));
    const sent = Array.from({ length: 31 }, () => abortOf(builder.build(goodJob())));
    const waiting = [builder.build(goodJob()), builder.build(goodJob())];
    await Promise.resolve();
    clock.advance(30_000);
    assertEquals((await hanging).reason, "timeout");
    for (const build of sent) assertEquals((await build).reason, "lost");
    for (const build of waiting) assertEquals((await build).tree.counts[4], 2);
  },
);

testWith(
  modelNeeds,
  "Of one message the job that hangs is blamed, not one done before or waiting behind",
  async () => {
    const clock = new ManualClock();
    let readies = 0;
    const reasons = new Map<string, string>();
    const worker = new BuildWorker({
      url: workerUrl("hang_worker"),
      clock,
      buildTimeoutMs: 30_000,
      onReady: () => readies++,
      onRoom: () => {},
      onDeath: () => {},
    });
    worker.send(["first", "second", "hanging", "behind"].map((name): PendingTask => ({
      task: { type: "build", job: name === "hanging" ? badJob() : goodJob() },
      cells: 2,
      resolve: () => reasons.set(name, "built"),
      reject: (error) => reasons.set(name, error instanceof BuildAbortedError ? error.reason : error.message),
    })));
    await waitFor(() => readies === 2, { what: "the hanging job's beginning", deadlineMs: 30_000 });
    clock.advance(30_000);
    assertEquals(reasons.get("hanging"), "timeout");
    assertEquals(reasons.get("behind"), "lost");
    // Those before are answered after some milliseconds at the latest, else gone with the Worker.
    for (const name of ["first", "second"]) assert(["built", "lost"].includes(reasons.get(name)!));
    assertEquals([worker.load, clock.pending], [0, 0]);
  },
);

testWith(modelNeeds, "Of one message the job that kills the Worker is blamed for it", async () => {
  const { builder } = troubled("crash_worker");
  await using _ = builder;
  const jobs = [goodJob(), goodJob(), badJob(), goodJob()];
  const errors = await Promise.all(jobs.map((one) => abortOf(builder.build(one))));
  assertEquals(errors.map(({ reason }) => reason), ["lost", "lost", "crash", "lost"]);
});

testWith(modelNeeds, "The deadline of a job begins when the job before it is done", async () => {
  const { builder, clock } = troubled("hang_worker");
  await using _ = builder;
  await builder.build(goodJob());
  const first = builder.build(goodJob());
  await Promise.resolve();
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
  assertEquals([error.reason, error.message], ["crash", "The build Worker answered task 7 out of turn"]);
});

testWith(
  modelNeeds,
  "A Worker that cannot load is tried again after pauses that double up to 30 s, and jobs are refused",
  async () => {
    const { builder, clock, errors } = troubled("stillborn_worker");
    await using _ = builder;
    const builds = Array.from({ length: 4 }, () => abortOf(builder.build(goodJob())));
    // Whether the jobs were sent before the death was heard of is chance.
    const reasons = (await Promise.all(builds)).map(({ reason }) => reason).join();
    assert(
      ["crash,lost,lost,lost", "unavailable,unavailable,unavailable,unavailable"].includes(reasons),
      reasons,
    );
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
