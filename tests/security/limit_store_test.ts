import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MemoryLimitStore } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";

const RULE = { capacity: 2, perSecond: 1 };

Deno.test("keys are counted apart, and a take says what is left and how long to wait", () => {
  const store = new MemoryLimitStore({ maxKeys: 10 });
  assertEquals(store.take("a", RULE, 0), { ok: true, remaining: 1, retryAfterMs: 0, fullInMs: 1000 });
  assertEquals(store.take("a", RULE, 0), { ok: true, remaining: 0, retryAfterMs: 0, fullInMs: 2000 });
  assertEquals(store.take("a", RULE, 500), { ok: false, remaining: 0, retryAfterMs: 500, fullInMs: 1500 });
  assertEquals(store.take("b", RULE, 500, 2), { ok: true, remaining: 0, retryAfterMs: 0, fullInMs: 2000 });
});

Deno.test("a sweep forgets the buckets that are as good as new, and only those", () => {
  const store = new MemoryLimitStore({ maxKeys: 10 });
  store.take("early", RULE, 0);
  store.take("late", RULE, 900, 2);
  store.sweep(999);
  assertEquals(store.size, 2);
  store.sweep(1000);
  assertEquals(store.size, 1);
  assertEquals(store.take("late", RULE, 1000).ok, false);
  store.sweep(2900);
  assertEquals(store.size, 0);
});

Deno.test("a full store gives up an idle bucket before one that is at its limit", () => {
  const store = new MemoryLimitStore({ maxKeys: 3 });
  store.take("greedy", RULE, 0, 2);
  store.take("idle", RULE, 1);
  store.take("new", RULE, 2);
  for (let i = 0; i < 5; i++) store.take(`stranger ${i}`, RULE, 3 + i);
  assertEquals(store.size, 3);
  assertEquals(store.take("greedy", RULE, 10).ok, false);
});

Deno.test("of many at their limit none is given up while others have been idle for longer", () => {
  const store = new MemoryLimitStore({ maxKeys: 40 });
  const greedy = Array.from({ length: 20 }, (_, i) => `greedy ${i}`);
  for (const key of greedy) store.take(key, RULE, 0);
  for (let i = 0; i < 20; i++) store.take(`idle ${i}`, RULE, 1);
  for (const key of greedy) store.take(key, RULE, 2);
  for (let i = 0; i < 20; i++) store.take(`stranger ${i}`, RULE, 3);
  for (const key of greedy) assertEquals([key, store.take(key, RULE, 4).ok], [key, false]);
});

Deno.test("twenty thousand keys leave no more than the bound, and are soon swept", () => {
  const store = new MemoryLimitStore({ maxKeys: 500 });
  for (let i = 0; i < runs(20_000); i++) store.take(`address ${i}`, RULE, i / 100);
  assertEquals(store.size, 500);
  store.sweep(1e9);
  assertEquals(store.size, 0);
});

Deno.test("property: with room for all keys, a store grants what single buckets would", () => {
  const steps = fc.array(fc.record({ key: fc.nat(4), waitMs: fc.nat(800), sweep: fc.boolean() }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const store = new MemoryLimitStore({ maxKeys: 5 });
      const grants = new Map<number, number[]>();
      let nowMs = 0;
      for (const { key, waitMs, sweep } of steps) {
        nowMs += waitMs;
        if (sweep) store.sweep(nowMs);
        if (!store.take(String(key), RULE, nowMs).ok) continue;
        const times = grants.get(key) ?? [];
        grants.set(key, [...times, nowMs]);
        // Any three grants of a bucket of 2 with 1 a second lie at least a second apart.
        const thirdLast = times.at(-2);
        assert(thirdLast === undefined || nowMs - thirdLast >= 1000, `${thirdLast} and ${nowMs}`);
      }
    }),
    { numRuns: runs(200) },
  );
});
