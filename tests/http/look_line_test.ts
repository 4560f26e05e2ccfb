import { assert, assertEquals } from "@std/assert";
import { LookLine } from "../../src/http/look_line.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("many who want to look again and again take a fifth of a core, and all have their turn", () => {
  const clock = new ManualClock();
  const line = new LookLine(clock);
  const counts = new Array<number>(50).fill(0);
  const looks = counts.map((_, i) => () => {
    counts[i]!++;
    clock.block(2);
  });
  for (let i = 0; i < 1000; i++) {
    for (const look of looks) line.add(look);
    clock.advance(10);
  }
  const busyMs = 2 * counts.reduce((sum, count) => sum + count, 0);
  assert(busyMs / clock.monotonic() < 0.21, `${busyMs} of ${clock.monotonic()} ms`);
  assert(busyMs / clock.monotonic() > 0.15, `${busyMs} of ${clock.monotonic()} ms`);
  assert(Math.max(...counts) - Math.min(...counts) <= 1, "in the order in which they came");
});

Deno.test("a look that costs nothing is not waited for, and one that was taken back is not made", () => {
  const clock = new ManualClock();
  const line = new LookLine(clock);
  const made: string[] = [];
  line.add(() => made.push("first"));
  line.add(() => made.push("second"));
  assertEquals([made, clock.pending], [["first", "second"], 0]);
  line.add(() => clock.block(10));
  const third = () => made.push("third");
  line.add(third);
  line.add(third);
  clock.advance(39);
  assertEquals(made.length, 2, "rests four times as long");
  line.delete(third);
  assertEquals(clock.pending, 0);
  line.add(third);
  clock.advance(1);
  assertEquals([made, clock.pending], [["first", "second", "third"], 0]);
});
