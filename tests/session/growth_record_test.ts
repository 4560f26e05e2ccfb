import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { GrowthRecord } from "../../src/session/growth_record.ts";
import { runs } from "../support/runs.ts";

Deno.test("growth is counted from the least value, in all and since a time", () => {
  const record = new GrowthRecord(0);
  for (const [atMs, value] of [[0, 50], [1, 20], [2, 60], [3, 40], [4, 90]] as const) record.add(atMs, value);
  assertEquals([record.floor, record.last, record.total], [20, 90, 70]);
  assertEquals([0, 1, 2, 3, 4, 5].map((atMs) => record.since(atMs)), [70, 70, 50, 50, 0, 0]);
});

Deno.test("what is forgotten counts as no growth, and later growth counts from there", () => {
  const record = new GrowthRecord(0);
  record.add(0, 10);
  record.add(1, 100);
  record.forget();
  assertEquals([record.floor, record.total, record.since(0)], [100, 0, 0]);
  record.add(2, 130);
  assertEquals([record.total, record.since(0), record.since(2)], [30, 30, 0]);
  record.add(3, 5);
  assertEquals(record.floor, 5);
});

Deno.test("a record of nothing has not grown, and forgetting nothing is no error", () => {
  const record = new GrowthRecord(1);
  record.forget();
  assertEquals([record.total, record.since(0), record.floor], [0, 0, 0]);
});

Deno.test("property: growth since a time is that of the plain minimum, to within a step", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200), { minLength: 1, maxLength: 60 }),
      fc.nat(20),
      fc.nat(61),
      (values, step, atMs) => {
        const record = new GrowthRecord(step);
        values.forEach((value, i) => record.add(i, value));
        const rest = values.slice(atMs);
        const growth = rest.length === 0 ? 0 : values.at(-1)! - Math.min(...rest);
        const found = record.since(atMs);
        assert(found >= growth && found <= growth + step, `${found} for ${growth}`);
        assertEquals(record.total, values.at(-1)! - Math.min(...values));
      },
    ),
    { numRuns: runs(1000) },
  );
});
