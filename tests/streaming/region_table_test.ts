import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { RegionTable } from "../../src/streaming/region_table.ts";

Deno.test("a table holds for each region what was put in for it, and nothing for the others", () => {
  const entry = fc.record({
    morton: fc.integer({ min: 0, max: 2 ** 21 - 1 }),
    lod: fc.integer({ min: 0, max: 8 }),
    version: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    owed: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
    const table = new RegionTable();
    const expected = new Map(entries.map((one) => [regionKey(7, one.morton), one]));
    table.reset(expected.size);
    for (const [key, { lod, version, owed }] of expected) {
      const slot = table.add(key, lod);
      assertEquals([table.sentVersion(slot), table.isOwed(slot)], [0, false]);
      table.setSent(slot, version, lod);
      table.setOwed(slot, owed);
    }
    assertEquals(table.size, expected.size);
    const seen = new Set<RegionKey>();
    table.forEach((key, slot) => {
      const one = expected.get(key)!;
      assertEquals(table.slot(key), slot);
      assertEquals(
        [table.wantedLod(slot), table.sentLod(slot), table.sentVersion(slot), table.isOwed(slot)],
        [one.lod, one.lod, one.version, one.owed],
      );
      seen.add(key);
    });
    assertEquals(seen.size, expected.size);
    assertEquals(table.slot(regionKey(6, 5)), -1);
    table.reset(3);
    for (const key of expected.keys()) assertEquals(table.slot(key), -1, "a reset table is empty");
  }));
});

Deno.test("a table refuses more regions than it was made for", () => {
  const table = new RegionTable();
  table.reset(8);
  for (let i = 0; i < 8; i++) table.add(regionKey(4, i), 0);
  assertThrows(() => table.add(regionKey(4, 8), 0), RangeError, "full");
});
