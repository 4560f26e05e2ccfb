import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { lowerBound } from "../../src/world/cell_search.ts";
import { runs } from "../support/runs.ts";

Deno.test("the search finds the first key that is not below, from any start to any end", () => {
  const key = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 50 }),
      key,
      fc.nat(50),
      fc.nat(50),
      (numbers, wanted, a, b) => {
        const keys = new Uint32Array(numbers.sort((x, y) => x - y));
        const from = Math.min(a, keys.length);
        const end = Math.max(from, Math.min(b, keys.length));
        let expected = from;
        while (expected < end && keys[expected]! < wanted) expected++;
        assertEquals(lowerBound(keys, wanted, from, end), expected);
      },
    ),
    { numRuns: runs(500) },
  );
});
