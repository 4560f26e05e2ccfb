import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ReplayCache } from "../../src/security/replay_cache.ts";
import { runs } from "../support/runs.ts";

Deno.test("a key is new once, and seen until its end has passed", () => {
  const cache = new ReplayCache({ maxEntries: 100 });
  assertEquals(cache.remember("me", "a", 100, 0), "new");
  assertEquals(cache.remember("me", "a", 100, 100), "seen");
  cache.sweep(100);
  assertEquals(cache.size, 1);
  cache.sweep(101);
  assertEquals(cache.size, 0);
});

Deno.test("a full cache looks for room at most once a second, and takes nothing new before", () => {
  const cache = new ReplayCache({ maxEntries: 2 });
  assertEquals(["a", "b", "c"].map((key) => cache.remember(`of ${key}`, key, 500, 0)), [
    "new",
    "new",
    "full",
  ]);
  assertEquals(cache.remember("of c", "c", 2000, 999), "full");
  assertEquals(cache.remember("of c", "c", 2000, 1000), "new");
  assertEquals(cache.size, 1);
});

Deno.test("nobody fills more than a tenth, and what is of one owner is not another's", () => {
  const cache = new ReplayCache({ maxEntries: 20 });
  assertEquals(["a", "b", "c"].map((key) => cache.remember("me", key, 500, 0)), ["new", "new", "full"]);
  assertEquals(["a", "b", "c"].map((key) => cache.remember("you", key, 500, 0)), ["new", "new", "full"]);
  cache.sweep(501);
  assertEquals(["d", "e", "f"].map((key) => cache.remember("me", key, 1000, 501)), ["new", "new", "full"]);
});

Deno.test("what was forgotten stays used if the machine's clock is set back", () => {
  const cache = new ReplayCache({ maxEntries: 100 });
  cache.remember("me", "a", 100, 50);
  cache.sweep(200);
  assertEquals(cache.remember("me", "a", 100, 50), "seen");
  assertEquals(cache.remember("me", "b", 150, 50), "new");
});

Deno.test("property: no key is taken twice before its end, whatever the order, and memory keeps its bound", () => {
  const step = fc.record({
    key: fc.nat(20),
    lifeMs: fc.integer({ min: 0, max: 3000 }),
    waitMs: fc.nat(1500),
    sweep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, maxEntries) => {
      const cache = new ReplayCache({ maxEntries });
      const taken = new Map<number, number>();
      const owner = (key: number): string => `of ${key % 5}`;
      let nowMs = 0;
      for (const { key, lifeMs, waitMs, sweep } of steps) {
        nowMs += waitMs;
        if (sweep) cache.sweep(nowMs);
        const isUsed = (taken.get(key) ?? -1) >= nowMs;
        const answer = cache.remember(owner(key), String(key), nowMs + lifeMs, nowMs);
        if (isUsed) assertEquals(answer, "seen");
        if (answer === "new") taken.set(key, nowMs + lifeMs);
        assert(cache.size <= maxEntries);
      }
    }),
    { numRuns: runs(200) },
  );
});
