import { assertEquals, assertRejects } from "@std/assert";
import { LoopLag } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { waitFor } from "../support/wait_for.ts";
import { compareRatio, formatRatio, median } from "../../bench/support/ratio.ts";

Deno.test("the manual clock fires timers in order of time, each at its own time, and only when moved", () => {
  const clock = new ManualClock(1000);
  const fired: [string, number][] = [];
  clock.setTimeout(() => fired.push(["b", clock.monotonic()]), 20);
  clock.setTimeout(() => fired.push(["a", clock.monotonic()]), 10);
  const cleared = clock.setTimeout(() => fired.push(["never", 0]), 15);
  clock.setTimeout(() => clock.setTimeout(() => fired.push(["nested", clock.now()]), 5), 10);
  clock.clearTimeout(cleared);
  assertEquals([fired.length, clock.pending, clock.now()], [0, 3, 1000]);
  clock.advance(17);
  assertEquals(fired, [["a", 10], ["nested", 1015]]);
  clock.advance(3);
  assertEquals(fired.at(-1), ["b", 20]);
  assertEquals([clock.pending, clock.monotonic()], [0, 20]);
});

Deno.test("the manual clock can let promises settle between timers", async () => {
  const clock = new ManualClock();
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const seen: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(10);
      seen.push(clock.monotonic());
    }
  })();
  await clock.advanceAsync(30);
  assertEquals(seen, [10, 20, 30]);
  await loop;
});

Deno.test("a blocked manual clock fires late, which is what loop lag measures", () => {
  const clock = new ManualClock();
  using lag = new LoopLag({ clock, intervalMs: 100 });
  clock.block(180);
  clock.advance(0);
  assertEquals(lag.lastMs, 80);
});

Deno.test("waiting gives the answer of the condition, or says what did not come", async () => {
  let looks = 0;
  assertEquals(await waitFor(() => ++looks === 3 ? "there" : undefined, { what: "three looks" }), "there");
  assertEquals(await waitFor(() => Promise.resolve(0), { what: "zero, which is an answer" }), 0);
  await assertRejects(
    () => waitFor(() => false, { what: "godot", deadlineMs: 10 }),
    Error,
    "Waited 10 ms in vain for godot",
  );
});

Deno.test("the median is the middle value, or the mean of the middle two", () => {
  assertEquals(median([5, 1, 9]), 5);
  assertEquals(median([4, 1, 9, 2]), 3);
});

Deno.test("base and product are measured in turn, and the ratio is product over base", async () => {
  const order: string[] = [];
  let nowMs = 0;
  const take = (name: string, ms: number): void => {
    order.push(name);
    nowMs += ms;
  };
  const result = await compareRatio({
    name: "spin",
    base: () => take("base", 2),
    product: () => take("product", 6),
    rounds: 4,
    now: () => nowMs,
  });
  assertEquals(order.join(" "), "product base base product product base base product product base");
  assertEquals(result, { name: "spin", ratio: 3, baseMs: 2, productMs: 6, rounds: 4 });
  assertEquals(formatRatio({ ...result, ratio: 3 }, 2).includes("(at most 2.00: NOT MET)"), true);
});
