import { assert, assertEquals, unreachable } from "@std/assert";
import { TurnScheduler } from "../../src/streaming/turn_scheduler.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("those with work take steps in turn, each until it is done", async () => {
  const clock = new ManualClock();
  const steps: string[] = [];
  const left: Record<string, number> = { a: 2, b: 3 };
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    step: (name) => {
      steps.push(name);
      return --left[name]! > 0 ? "more" : "done";
    },
  });
  turns.add("a");
  turns.add("b");
  turns.add("a");
  await clock.advanceAsync(0);
  assertEquals(steps, ["a", "b", "a", "b", "b"]);
  assertEquals(clock.pending, 0);
});

Deno.test("a turn that has spent its budget gives the event loop its time before it goes on", async () => {
  const clock = new ManualClock();
  let steps = 0;
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    step: () => {
      clock.block(4);
      return ++steps < 5 ? "more" : "done";
    },
  });
  turns.add("a");
  await Promise.resolve();
  assertEquals(steps, 3, "4 + 4 + 4 ms reach the budget of 10");
  await clock.advanceAsync(0);
  assertEquals(steps, 5);
  assertEquals(clock.pending, 0);
});

Deno.test("one that has to wait is looked at again in time, or at once when it is added", async () => {
  const clock = new ManualClock();
  const atMs: number[] = [];
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    step: () => {
      atMs.push(clock.monotonic());
      return atMs.length < 4 ? 5 : "done";
    },
  });
  turns.add("a");
  await clock.advanceAsync(7);
  assertEquals(atMs, [0, 5]);
  turns.add("a");
  await clock.advanceAsync(0);
  assertEquals(atMs, [0, 5, 7]);
  turns.delete("a");
  await clock.advanceAsync(100);
  assertEquals(atMs, [0, 5, 7], "one that was taken off is not looked at");
  assertEquals(clock.pending, 0);
});

Deno.test("one whose step throws is reported and off the list, and the others go on", async () => {
  const clock = new ManualClock();
  const steps: string[] = [];
  const errors: [string, unknown][] = [];
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: (name, error) => errors.push([name, error]),
    step: (name) => {
      steps.push(name);
      if (name === "b") throw "broken";
      return "done";
    },
  });
  for (const name of ["a", "b", "c"]) turns.add(name);
  await clock.advanceAsync(0);
  turns.add("a");
  await clock.advanceAsync(0);
  assertEquals(steps, ["a", "b", "c", "a"]);
  assertEquals(errors, [["b", "broken"]]);
});

Deno.test("one that can go on only when it is told more is not looked at by the clock", async () => {
  const clock = new ManualClock();
  let steps = 0;
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    step: () => {
      steps++;
      return Infinity;
    },
  });
  turns.add("a");
  await clock.advanceAsync(1e9);
  assertEquals([steps, clock.pending], [1, 0], "a real timer of endless time would fire at once");
  turns.add("a");
  await clock.advanceAsync(0);
  assertEquals(steps, 2);
});

Deno.test("work for all goes before the steps, and what comes in during a step has a turn too", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const news: string[] = [];
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    lead: {
      get isEmpty() {
        return news.length === 0;
      },
      run(_nowMs, endMs) {
        for (const one of news.splice(0)) log.push(`${one} until ${endMs}`);
        return false;
      },
    },
    step: (name) => {
      log.push(name);
      if (log.length < 3) {
        news.push("late");
        turns.wake();
      }
      return "done";
    },
  });
  turns.add("a");
  news.push("early");
  turns.wake();
  await clock.advanceAsync(5);
  assertEquals(log, ["early until 10", "a", "late until 10"]);
  assertEquals(clock.pending, 0);
});

Deno.test("work for all that goes on after the event loop's turn still goes before the steps, and each turn has a budget", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  let parts = 3;
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 10,
    onError: unreachable,
    lead: {
      get isEmpty() {
        return parts === 0;
      },
      run(_nowMs, endMs) {
        if (parts === 0) return false;
        log.push(`part until ${endMs}`);
        clock.block(3);
        return --parts > 0;
      },
    },
    step: (name) => {
      log.push(name);
      return "done";
    },
  });
  turns.add("a");
  await Promise.resolve();
  assertEquals(log, ["part until 10"]);
  turns.add("b");
  await clock.advanceAsync(21);
  assertEquals(log, ["part until 10", "part until 13", "part until 16", "a", "b"]);
  assertEquals(clock.pending, 0);
});

Deno.test("defect: work for all that never ends leaves half of the time to those who have some of their own", async () => {
  const clock = new ManualClock();
  let ledMs = 0;
  let longestMs = 0;
  const stepMs: Record<string, number> = { a: 0, b: 0, c: 0 };
  let lastMs = clock.monotonic();
  const turns = new TurnScheduler<string>({
    clock,
    budgetMs: 8,
    onError: unreachable,
    lead: {
      isEmpty: false,
      run: () => {
        clock.block(3);
        ledMs += 3;
        return true;
      },
    },
    step: (name) => {
      if (name === "a") {
        longestMs = Math.max(longestMs, clock.monotonic() - lastMs);
        lastMs = clock.monotonic();
      }
      clock.block(1);
      stepMs[name]!++;
      return "more";
    },
  });
  for (const name of Object.keys(stepMs)) turns.add(name);
  for (let i = 0; clock.monotonic() < 1000; i++) await clock.advanceAsync(0);
  const steppedMs = stepMs.a! + stepMs.b! + stepMs.c!;
  assert(steppedMs > 0.45 * clock.monotonic(), `${steppedMs} of ${clock.monotonic()} ms`);
  assert(ledMs > 0.45 * clock.monotonic(), `${ledMs} of ${clock.monotonic()} ms`);
  assert(Math.abs(stepMs.a! - stepMs.c!) <= 1);
  assert(longestMs <= 16, `a waited ${longestMs} ms`);
  turns.dispose();
});
