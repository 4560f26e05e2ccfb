import { assert, assertEquals, assertRejects } from "@std/assert";
import { CircuitBreaker } from "../../src/gpu/breaker.ts";
import { BuildAbortedError, type BuildJob, type BuildResult } from "../../src/build/builder.ts";
import { FallbackBuilder, type FirstBuilder } from "../../src/build/fallback_builder.ts";
import { ReturnedJobError } from "../../src/build/returned_job_error.ts";
import { silentLogger } from "../../src/observe/mod.ts";
import { emptyTree } from "../../src/tree/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { job } from "./builder_suite.ts";
import { paint } from "./samples.ts";

const RESULT: BuildResult = { tree: emptyTree("esvo", 3), payloads: new Map(), buildMs: 1 };

/** A builder that answers as it is told. */
class ToldBuilder implements FirstBuilder {
  readonly name: string;
  readonly slots: number;
  isUsable = true;
  isDisposed = false;
  readonly jobs: BuildJob[] = [];
  answer: (job: BuildJob) => Promise<BuildResult> = () => Promise.resolve(RESULT);

  constructor(name: string, slots: number) {
    this.name = name;
    this.slots = slots;
  }

  build(given: BuildJob): Promise<BuildResult> {
    this.jobs.push(given);
    return this.answer(given);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

function create() {
  const clock = new ManualClock();
  const errors: string[] = [];
  const first = new ToldBuilder("gpu", 256);
  const second = new ToldBuilder("cpu", 8);
  const breaker = new CircuitBreaker({
    maxFailures: 2,
    openMs: 1000,
    maxOpenMs: 8000,
    clock,
    random: () => 0,
  });
  const logger = { ...silentLogger, error: (event: string) => void errors.push(event) };
  const builder = new FallbackBuilder({ first, second, breaker, logger });
  const build = () => builder.build(job(paint([1]), 3));
  /** As the first builder's owner does with each batch that fails. */
  const fail = (error: Error) => first.answer = () => (breaker.fail(), Promise.reject(error));
  return { builder, first, second, breaker, clock, errors, build, fail };
}

const hung = () => new BuildAbortedError("device", "The GPU did not answer");

Deno.test("the first builder builds, and its name and slots are shown", async () => {
  const { builder, first, second, build } = create();
  await build();
  assertEquals([builder.name, builder.slots, builder.fallbackBuilds], ["gpu", 256, 0]);
  assertEquals([first.jobs.length, second.jobs.length], [1, 0]);
});

Deno.test("a job that comes back whole is built by the second at once; one that is gone is rejected", async () => {
  const { builder, first, second, build } = create();
  first.answer = (given) => Promise.reject(new ReturnedJobError(given, "no memory"));
  assertEquals(await build(), RESULT);
  assertEquals([second.jobs, builder.fallbackBuilds], [first.jobs, 1]);
  first.answer = () => Promise.reject(hung());
  assertEquals((await assertRejects(build, BuildAbortedError)).reason, "device");
  assertEquals(second.jobs.length, 1);
});

Deno.test("while the breaker is open the second builds, and one trial at a time asks the first", async () => {
  const { builder, first, second, breaker, clock, build, fail } = create();
  fail(hung());
  for (let i = 0; i < 2; i++) await assertRejects(build, BuildAbortedError);
  assertEquals([breaker.state.name, builder.name, builder.slots], ["open", "cpu", 8]);
  await build();
  assertEquals([first.jobs.length, second.jobs.length, builder.fallbackBuilds], [2, 1, 1]);
  clock.advance(1000);
  const trial = Promise.withResolvers<BuildResult>();
  first.answer = () => trial.promise;
  const tried = build();
  await build();
  assertEquals([first.jobs.length, second.jobs.length, builder.name], [3, 2, "cpu"]);
  trial.resolve(RESULT);
  await tried;
  assertEquals([breaker.state.name, builder.name], ["closed", "gpu"]);
});

Deno.test("a trial ends the half-open state however it ends", async () => {
  const ends: [Error, string][] = [
    [hung(), "open"],
    [new TypeError("odd"), "open"],
    [new RangeError("the job is wrong"), "closed"],
  ];
  for (const [error, expected] of ends) {
    const { first, breaker, clock, build, fail } = create();
    fail(hung());
    for (let i = 0; i < 2; i++) await assertRejects(build, BuildAbortedError);
    clock.advance(1000);
    first.answer = () => Promise.reject(error);
    await assertRejects(build, Error, error.message);
    assertEquals(breaker.state.name, expected);
  }
});

Deno.test("a first builder that is given up for good is asked no more, and that is told once", async () => {
  const { builder, first, second, errors, build } = create();
  first.isUsable = false;
  await build();
  await build();
  assertEquals([first.jobs.length, second.jobs.length, builder.name], [0, 2, "cpu"]);
  assertEquals(errors, ["build.given_up"]);
});

Deno.test("disposing ends both", async () => {
  const { builder, first, second } = create();
  await builder[Symbol.asyncDispose]();
  assert(first.isDisposed && second.isDisposed);
});
