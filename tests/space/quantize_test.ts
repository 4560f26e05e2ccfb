import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cellCenter, cellSize, createGrid, gridCells, quantize, quantizeAxis } from "../../src/space/mod.ts";

const anyGrid = fc.record({
  min: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -1e6, max: 1e6, noNaN: true }))),
  edge: fc.double({ min: 1e-3, max: 1e7, noNaN: true }),
  level: fc.integer({ min: 0, max: 7 }),
  depth: fc.integer({ min: 3, max: 8 }),
}).map(({ min, edge, level, depth }) => {
  const low = [min[0]!, min[1]!, min[2]!] as const;
  const high = [low[0] + edge, low[1] + edge, low[2] + edge] as const;
  try {
    return createGrid({ min: low, max: high }, level, depth);
  } catch {
    return createGrid({ min: [0, 0, 0], max: [edge, edge, edge] }, level, depth);
  }
});

Deno.test("bounds are half-open: min is in cell 0, max is outside, just below max is in the last cell", () => {
  assertEquals(quantizeAxis(0, 0, 1024, 1024), 0);
  assertEquals(quantizeAxis(-0, 0, 1024, 1024), 0);
  assertEquals(quantizeAxis(1024, 0, 1024, 1024), -1);
  assertEquals(quantizeAxis(-Number.MIN_VALUE, 0, 1024, 1024), -1);
  assertEquals(quantizeAxis(1023.9999999999999, 0, 1024, 1024), 1023);
  assertEquals(quantizeAxis(1, 0, 1024, 1024), 1);
  assertEquals(quantizeAxis(0.9999999999999999, 0, 1024, 1024), 0);
});

Deno.test("NaN and infinities have no cell", () => {
  for (const p of [NaN, Infinity, -Infinity]) assertEquals(quantizeAxis(p, 0, 1024, 1024), -1);
  const grid = createGrid({ min: [0, 0, 0], max: [8, 8, 8] }, 0, 3);
  assertEquals(quantize(grid, [1, NaN, 1]), undefined);
  assertEquals(quantize(grid, [1, 1, 8]), undefined);
  assertEquals(quantize(grid, [-1, 1, 1]), undefined);
  assertEquals(quantize(grid, [7.5, 0, 3]), [7, 0, 3]);
});

Deno.test("the quantisation is the written formula, in doubles, to the bit", () => {
  fc.assert(fc.property(anyGrid, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (grid, t) => {
    const n = gridCells(grid);
    for (const axis of [0, 1, 2] as const) {
      const min = grid.bounds.min[axis];
      const max = grid.bounds.max[axis];
      const p = min + t * (max - min);
      const expected = p < max ? Math.min(n - 1, Math.floor((p - min) * (n / (max - min)))) : -1;
      assertEquals(quantizeAxis(p, min, max, n), expected);
    }
  }));
});

Deno.test("where the formula and its algebraic twins round differently, the formula holds", () => {
  // Dividing by the size of a cell would give 31, 62 and 78.
  assertEquals(quantizeAxis(-6.31005859375, -7.3, 25.4, 1024), 30);
  assertEquals(quantizeAxis(-5.3201171875, -7.3, 25.4, 1024), 61);
  assertEquals(quantizeAxis(-4.8091796875, -7.3, 25.4, 1024), 77);
});

Deno.test("cells never fall as positions rise, and all of them lie in 0..n-1", () => {
  const unit = fc.double({ min: -0.01, max: 1.01, noNaN: true });
  fc.assert(fc.property(anyGrid, unit, unit, (grid, s, t) => {
    const [min, max, n] = [grid.bounds.min[0], grid.bounds.max[0], gridCells(grid)];
    const low = quantizeAxis(min + Math.min(s, t) * (max - min), min, max, n);
    const high = quantizeAxis(min + Math.max(s, t) * (max - min), min, max, n);
    assert(low < n && high < n);
    if (low >= 0 && high >= 0) assert(low <= high, `${low} > ${high}`);
  }));
});

Deno.test("the centre of a cell quantises to that cell, and lies within half a cell of its lower face", () => {
  fc.assert(fc.property(anyGrid, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (grid, t) => {
    const n = gridCells(grid);
    const v = Math.floor(t * n);
    const cell = [v, n - 1 - v, (v * 7) % n] as const;
    const center = cellCenter(grid, cell);
    assertEquals(quantize(grid, center), cell);
    const offset = center[0] - grid.bounds.min[0] - v * cellSize(grid);
    assert(Math.abs(offset / cellSize(grid) - 0.5) < 0.3);
  }));
});
