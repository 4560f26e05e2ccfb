import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TokenBucket } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";

Deno.test("a bucket grants its capacity at once, then its rate", () => {
  const bucket = new TokenBucket({ capacity: 3, perSecond: 10 }, 0);
  assertEquals([1, 2, 3, 4].map(() => bucket.take(0)), [true, true, true, false]);
  assertEquals(bucket.retryAfterMs(0), 100);
  assertEquals(bucket.take(99), false);
  assertEquals(bucket.take(100), true);
  assertEquals(bucket.take(100), false);
});

Deno.test("no more than the capacity is saved up", () => {
  const bucket = new TokenBucket({ capacity: 2, perSecond: 1000 }, 0);
  assertEquals(bucket.remaining(1e9), 2);
  assertEquals([1, 2, 3].map(() => bucket.take(1e9)), [true, true, false]);
});

Deno.test("a cost is taken whole or not at all, and one above the capacity never", () => {
  const bucket = new TokenBucket({ capacity: 5, perSecond: 1 }, 0);
  assertEquals(bucket.take(0, 3), true);
  assertEquals(bucket.take(0, 3), false);
  assertEquals(bucket.remaining(0), 2);
  assertEquals(bucket.retryAfterMs(0, 3), 1000);
  assertEquals(bucket.take(0, 2), true);
  assertEquals(bucket.retryAfterMs(0, 6), Infinity);
  assertEquals(bucket.fullInMs(0), 5000);
});

Deno.test("a clock that goes back brings nothing, and neither does its way forward again", () => {
  const bucket = new TokenBucket({ capacity: 1, perSecond: 1 }, 10_000);
  assertEquals(bucket.take(10_000), true);
  for (const nowMs of [0, 5000, 9999, 10_000, 10_999]) assertEquals(bucket.take(nowMs), false, `${nowMs}`);
  assertEquals(bucket.retryAfterMs(9000), 2000);
  assertEquals(bucket.take(11_000), true);
});

Deno.test("a rule that never grants anything is refused", () => {
  const rules = [[0, 1], [0.5, 1], [1, 0], [1, -1], [NaN, 1], [1, NaN]];
  for (const [capacity, perSecond] of rules) {
    assertThrows(() => new TokenBucket({ capacity: capacity!, perSecond: perSecond! }, 0), RangeError);
  }
});

const rule = fc.record({
  capacity: fc.integer({ min: 1, max: 50 }),
  perSecond: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.01, max: 50, noNaN: true })),
});
const attempts = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 300 }), cost: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 200 },
);

Deno.test("property: no span of time sees more than capacity + rate * time granted", () => {
  fc.assert(
    fc.property(rule, attempts, (rule, attempts) => {
      const bucket = new TokenBucket(rule, 0);
      const granted: { atMs: number; cost: number }[] = [];
      let nowMs = 0;
      for (const { waitMs, cost } of attempts) {
        nowMs += waitMs;
        if (bucket.take(nowMs, cost)) granted.push({ atMs: nowMs, cost });
      }
      for (let from = 0; from < granted.length; from++) {
        let sum = 0;
        for (let to = from; to < granted.length; to++) {
          sum += granted[to]!.cost;
          const spanMs = granted[to]!.atMs - granted[from]!.atMs;
          assert(sum <= rule.capacity + rule.perSecond * spanMs / 1000 + 1e-4, `${sum} in ${spanMs} ms`);
        }
      }
    }),
    { numRuns: runs(100) },
  );
});

Deno.test("property: after exactly retryAfterMs the take succeeds, and half as long is too early", () => {
  fc.assert(
    fc.property(rule, attempts, (rule, attempts) => {
      const bucket = new TokenBucket(rule, 0);
      let nowMs = 0;
      for (const { waitMs, cost } of attempts) {
        nowMs += waitMs;
        const retryAfterMs = bucket.retryAfterMs(nowMs, cost);
        if (retryAfterMs === Infinity) assert(cost > rule.capacity);
        else if (retryAfterMs > 1) {
          assertEquals(bucket.take(nowMs + Math.floor(retryAfterMs / 2), cost), false);
          assertEquals(bucket.take(nowMs += retryAfterMs, cost), true);
        } else bucket.take(nowMs, cost);
      }
    }),
    { numRuns: runs(100) },
  );
});
