import { assertEquals } from "@std/assert";
import { WorkTurns } from "../../src/build/work_turns.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "./service_fixture.ts";

/** Pieces of work that take 3 ms each, under a budget of 8 ms. */
function setUp(pieces: number) {
  const clock = new ManualClock();
  const work = { left: pieces, done: 0 };
  const turns = new WorkTurns({
    clock,
    budgetMs: 8,
    step() {
      if (work.left === 0) return false;
      clock.block(3);
      work.left--;
      work.done++;
      return true;
    },
  });
  return { clock, work, turns };
}

Deno.test("work is done at the end of the task, and beyond the budget only after the event loop has run", async () => {
  const { clock, work, turns } = setUp(7);
  turns.schedule();
  assertEquals(work.done, 0);
  await settle();
  assertEquals(work.done, 3, "the step that ends the budget is the third");
  await clock.advanceAsync(0);
  assertEquals(work.done, 6);
  await clock.advanceAsync(0);
  assertEquals(work.done, 7);
  await clock.advanceAsync(0);
  assertEquals(clock.pending, 0);
});

Deno.test("work that is scheduled again and again in one task does not get a new budget each time", async () => {
  const { clock, work, turns } = setUp(0);
  for (let i = 0; i < 7; i++) {
    work.left++;
    turns.schedule();
    await settle();
  }
  assertEquals(work.done, 3);
  await clock.advanceAsync(0);
  assertEquals(work.done, 6);
  await clock.advanceAsync(0);
  assertEquals([work.done, work.left], [7, 0]);
});

Deno.test("what is scheduled after the event loop has run gets the whole budget at once", async () => {
  const { clock, work, turns } = setUp(3);
  turns.schedule();
  await settle();
  await clock.advanceAsync(0);
  work.left = 3;
  turns.schedule();
  await settle();
  assertEquals(work.done, 6);
  turns.dispose();
});

Deno.test("without work no timer is set, and after dispose nothing is done", async () => {
  const { clock, work, turns } = setUp(0);
  turns.schedule();
  await settle();
  assertEquals(clock.pending, 0);
  work.left = 7;
  turns.schedule();
  await settle();
  turns.dispose();
  turns.schedule();
  await clock.advanceAsync(100);
  assertEquals([work.done, clock.pending], [3, 0]);
});
