import { assertEquals, assertLess } from "@std/assert";
import type { RegionKey } from "../../src/client/mod.ts";
import { RegionRepair } from "../../src/client/region_repair.ts";
import { regionKey } from "../../src/space/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

const A = regionKey(4, 1);
const B = regionKey(4, 2);

function setUp() {
  const clock = new ManualClock();
  const asked: [atMs: number, keys: readonly RegionKey[]][] = [];
  const repair = new RegionRepair({ timers: clock, ask: (keys) => asked.push([clock.monotonic(), keys]) });
  return { clock, asked, repair };
}

Deno.test("what breaks at the same time is asked for at once, each region once", () => {
  const { clock, asked, repair } = setUp();
  repair.refetch([A]);
  clock.advance(100);
  repair.refetch([B, A]);
  clock.advance(99);
  assertEquals(asked, []);
  clock.advance(1000);
  assertEquals(asked, [[200, [A]], [300, [B]]]);
  assertEquals(clock.pending, 0);
});

Deno.test("a region whose every frame is damaged is asked for ever more seldom, and others as soon as ever", () => {
  const { clock, asked, repair } = setUp();
  for (let i = 0; i < 6000; i++) {
    repair.refetch([A]);
    clock.advance(10);
  }
  const times = asked.map(([atMs]) => atMs);
  assertEquals(times, [200, 1200, 3200, 7200, 15_200, 31_200]);
  repair.refetch([B]);
  clock.advance(200);
  assertLess(asked.at(-1)![0] - 60_000, 201);
  assertEquals(asked.at(-1)![1], [B]);
});

Deno.test("a region that was in order for long is asked for without delay when it breaks again", () => {
  const { clock, asked, repair } = setUp();
  for (let i = 0; i < 3; i++) {
    repair.refetch([A]);
    clock.advance(10_000);
  }
  clock.advance(120_001);
  for (let i = 0; i < 2; i++) {
    repair.refetch([A]);
    clock.advance(1000);
  }
  assertEquals(asked.length, 5, "and after a second again");
});

Deno.test("another registration forgets what was broken before", () => {
  const { clock, asked, repair } = setUp();
  repair.refetch([A]);
  repair.reset();
  clock.advance(1000);
  assertEquals([asked, clock.pending], [[], 0]);
});
