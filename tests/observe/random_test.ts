import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { randomId, seededRandom, systemRandom } from "../../src/observe/mod.ts";

Deno.test("a seeded source repeats itself, and another seed gives another row", () => {
  const row = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  assertEquals(row(7), row(7));
  assertNotEquals(row(7), row(8));
});

Deno.test("both sources stay in [0, 1) and fill it evenly", () => {
  for (const random of [systemRandom, seededRandom(1)]) {
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = random();
      assert(value >= 0 && value < 1);
      bins[Math.floor(value * 10)]!++;
    }
    // 1000 expected in each; 200 is more than six standard deviations away.
    for (const count of bins) assert(Math.abs(count - 1000) < 200, bins.join(" "));
  }
});

Deno.test("ids have their promised length and letters", () => {
  assertMatch(randomId(systemRandom), /^[0-9a-z]{20}$/);
  assertEquals(randomId(() => 1 - 2 ** -53, 3), "zzz");
  assertNotEquals(randomId(systemRandom), randomId(systemRandom));
});
