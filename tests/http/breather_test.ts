import { assertEquals } from "@std/assert";
import { Breather } from "../../src/http/breather.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("a loop gives way once its turn of 8 ms is over, and gets a new turn", async () => {
  const clock = new ManualClock();
  const breather = new Breather(clock);
  const pauses: number[] = [];
  for (let step = 1; step <= 64 * 6; step++) {
    clock.advance(step % 64 === 0 ? 5 : 0);
    const pause = breather.step();
    if (pause === undefined) continue;
    pauses.push(step / 64);
    clock.advance(1);
    await pause;
  }
  // 10 ms have passed after two looks at the clock, again after two more, and so on.
  assertEquals(pauses, [2, 4, 6]);
  assertEquals(clock.pending, 0);
});
