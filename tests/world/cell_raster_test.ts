import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CellRaster } from "../../src/world/cell_raster.ts";

Deno.test("draining gives each painted cell once, in key order, with the last value painted, and leaves the canvas clean", () => {
  for (const depth of [3, 4, 6]) {
    const raster = new CellRaster(depth);
    const key = fc.integer({ min: 0, max: 8 ** depth - 1 });
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.nat(1000)), { maxLength: 200 }), (paints) => {
      for (const [cell, value] of paints) raster.paint(cell, value);
      const expected = [...new Map(paints)].sort((a, b) => a[0] - b[0]);
      assertEquals(raster.count, expected.length);
      const keys = new Uint32Array(expected.length + 2);
      const values = new Uint32Array(expected.length + 1);
      assertEquals(raster.drain(keys, 2, values, 1), expected.length);
      assertEquals([...keys.subarray(2)], expected.map(([cell]) => cell));
      assertEquals([...values.subarray(1)], expected.map(([, value]) => value));
      assertEquals(raster.drain(keys, 0, values, 0), 0);
    }));
  }
});

Deno.test("the first and the last cell of the deepest canvas can be painted", () => {
  const raster = new CellRaster(8);
  raster.paint(2 ** 24 - 1, 5);
  raster.paint(0, 4);
  const keys = new Uint32Array(2);
  const values = new Uint32Array(2);
  raster.drain(keys, 0, values, 0);
  assertEquals([...keys, ...values], [0, 2 ** 24 - 1, 4, 5]);
});

Deno.test("a depth that no region has is refused", () => {
  for (const depth of [2, 9, NaN]) assertThrows(() => new CellRaster(depth), RangeError, "3..8");
});
