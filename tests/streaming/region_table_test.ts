import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { RegionTable, RegionTables } from "../../src/streaming/region_table.ts";

Deno.test("a table holds for each region what was put in for it, and nothing for the others", () => {
  const entry = fc.record({
    morton: fc.integer({ min: 0, max: 2 ** 21 - 1 }),
    lod: fc.integer({ min: 0, max: 8 }),
    version: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    owed: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
    const tables = new RegionTables();
    const expected = new Map(entries.map((one) => [regionKey(7, one.morton), one]));
    const table = tables.take(expected.size);
    for (const [key, { lod, version, owed }] of expected) {
      const slot = table.add(key, lod);
      assertEquals([table.sentVersion(slot), table.owed(slot)], [0, 0]);
      table.setSent(slot, version, 8 - lod);
      table.setOwed(slot, owed);
    }
    assertEquals(table.size, expected.size);
    const seen = new Set<RegionKey>();
    table.forEach((key, slot) => {
      const one = expected.get(key)!;
      assertEquals(table.slot(key), slot);
      assertEquals(
        [table.wantedLod(slot), table.sentLod(slot), table.sentVersion(slot), table.owed(slot)],
        [one.lod, 8 - one.lod, one.version, one.owed],
      );
      seen.add(key);
    });
    assertEquals(seen.size, expected.size);
    assertEquals(table.owedCount, [...expected.values()].filter(({ owed }) => owed > 0).length);
    assertEquals(table.slot(regionKey(6, 5)), -1);
    tables.giveBack(table);
    assert(tables.take(expected.size) === table, "a table that was given back is used again");
    for (const key of expected.keys()) assertEquals(table.slot(key), -1, "and is empty");
    assertEquals([table.size, table.owedCount], [0, 0]);
  }));
});

Deno.test("a table refuses the region that would take its last free slot", () => {
  const table = new RegionTable(16);
  for (let i = 0; i < 15; i++) table.add(regionKey(4, i), 0);
  assertThrows(() => table.add(regionKey(4, 15), 0), RangeError, "full");
  assertEquals(table.slot(regionKey(4, 16)), -1, "and a search still ends");
});

Deno.test("a table has regions of one level alone until it is empty again", () => {
  const tables = new RegionTables();
  const table = tables.take(1);
  const slot = table.add(regionKey(4, 5), 3);
  table.setSent(slot, 7, 2);
  assertThrows(() => table.add(regionKey(3, 5), 0), RangeError, "level");
  assertEquals([table.slot(regionKey(3, 5)), table.size], [-1, 1]);
  tables.giveBack(table);
  assertEquals(tables.take(1) === table, true);
  const again = table.add(regionKey(3, 5), 1);
  assertEquals([table.slot(regionKey(4, 5)), table.slot(regionKey(3, 5))], [-1, again]);
  assertEquals([table.sentVersion(again), table.sentLod(again), table.wantedLod(again)], [0, 0, 1]);
});
