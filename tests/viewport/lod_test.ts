import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lodForDistance, type LodRule } from "../../src/viewport/mod.ts";

const RULE: LodRule = { thresholds: [100, 300, 700], maxLod: 3, hysteresis: 0.1 };

Deno.test("the first threshold that exceeds the distance gives the LOD, beyond the last it is the coarsest", () => {
  const expected = [[0, 0], [99.9, 0], [100, 1], [299.9, 1], [300, 2], [699.9, 2], [700, 3], [1e9, 3], [
    Infinity,
    3,
  ]];
  for (const [distance, lod] of expected) {
    assertEquals(lodForDistance(distance!, RULE, -1), lod, `at ${distance}`);
  }
});

Deno.test("the coarsest LOD bounds the result, also with more or fewer thresholds than it", () => {
  assertEquals(lodForDistance(1e9, { ...RULE, maxLod: 1 }, -1), 1);
  assertEquals(lodForDistance(50, { ...RULE, maxLod: 0 }, -1), 0);
  assertEquals(lodForDistance(1e9, { ...RULE, maxLod: 1 }, 3), 1);
  assertEquals(lodForDistance(50, { thresholds: [], maxLod: 2, hysteresis: 0.1 }, -1), 2);
});

Deno.test("a LOD coarsens only 10 % beyond its threshold and refines only 10 % within it", () => {
  assertEquals(lodForDistance(109, RULE, 0), 0);
  assertEquals(lodForDistance(110.1, RULE, 0), 1);
  assertEquals(lodForDistance(91, RULE, 1), 1);
  assertEquals(lodForDistance(89.9, RULE, 1), 0);
  assertEquals(lodForDistance(650, RULE, 3), 3);
  assertEquals(lodForDistance(629, RULE, 3), 2);
});

Deno.test("a jump over several thresholds is taken at once, up to the one within the margin", () => {
  assertEquals(lodForDistance(5, RULE, 3), 0);
  assertEquals(lodForDistance(5000, RULE, 0), 3);
  assertEquals(lodForDistance(310, RULE, 0), 1);
  assertEquals(lodForDistance(290, RULE, 3), 2);
});

Deno.test("a camera that sways across a threshold by less than the margin changes the LOD at most once", () => {
  fc.assert(fc.property(
    fc.constantFrom(...RULE.thresholds),
    fc.integer({ min: -1, max: 3 }),
    fc.array(fc.double({ min: -0.0999, max: 0.0999, noNaN: true }), { minLength: 2, maxLength: 200 }),
    (threshold, first, sways) => {
      let lod = first;
      let changes = 0;
      for (const sway of sways) {
        const next = lodForDistance(threshold * (1 + sway), RULE, lod);
        if (next !== lod) changes++;
        lod = next;
      }
      assert(changes <= 1, `${changes} changes`);
    },
  ));
});

Deno.test("without hysteresis the same sway does flap, so the margin is what stops it", () => {
  let lod = -1;
  let changes = 0;
  for (let i = 0; i < 100; i++) {
    const next = lodForDistance(300 * (i % 2 === 0 ? 0.95 : 1.05), { ...RULE, hysteresis: 0 }, lod);
    if (next !== lod) changes++;
    lod = next;
  }
  assertEquals(changes, 100);
});

Deno.test("the LOD held is never further than the margin from what the distance asks, and never falls as it grows", () => {
  const distance = fc.double({ min: 0, max: 2000, noNaN: true });
  fc.assert(fc.property(distance, distance, fc.integer({ min: -1, max: 3 }), (a, b, previous) => {
    const lod = lodForDistance(a, RULE, previous);
    assert(lod >= lodForDistance(a / 1.1000001, RULE, -1));
    assert(lod <= lodForDistance(a / 0.8999999, RULE, -1));
    assertEquals(lodForDistance(a, RULE, lod), lod, "asking again changes nothing");
    const other = lodForDistance(b, RULE, previous);
    assert(a <= b ? lod <= other : lod >= other);
  }));
});
