import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Bounds, cellSize, createGrid, gridCells, type Vec3 } from "../../src/space/mod.ts";

const CUBE: Bounds = { min: [0, 0, 0], max: [1024, 1024, 1024] };

Deno.test("a grid has 2^(level + depth) cells an axis, and their size follows from the bounds", () => {
  const grid = createGrid(CUBE, 4, 6);
  assertEquals(gridCells(grid), 1024);
  assertEquals(cellSize(grid), 1);
  const fine = createGrid({ min: [-1, -1, -1], max: [1, 1, 1] }, 7, 8);
  assertEquals(gridCells(fine), 32768);
  assertEquals(cellSize(fine), 2 / 32768);
});

Deno.test("every level 0..7 goes with every depth 3..8", () => {
  for (let level = 0; level <= 7; level++) {
    for (let depth = 3; depth <= 8; depth++) {
      assertEquals(gridCells(createGrid(CUBE, level, depth)), 2 ** (level + depth));
    }
  }
});

Deno.test("a level or depth that is out of range or no whole number is refused by name", () => {
  for (const level of [-1, 8, 1.5, NaN, Infinity]) {
    assertThrows(
      () => createGrid(CUBE, level, 6),
      RangeError,
      "Grid level must be a whole number from 0 to 7",
    );
  }
  for (const depth of [2, 9, 3.5, NaN]) {
    assertThrows(
      () => createGrid(CUBE, 4, depth),
      RangeError,
      "Grid depth must be a whole number from 3 to 8",
    );
  }
});

Deno.test("bounds that are not finite, beyond all viewports, turned round or empty are refused", () => {
  const cases: readonly (readonly [Vec3, Vec3, string])[] = [
    [[NaN, 0, 0], [1, 1, 1], "finite"],
    [[0, 0, 0], [1, Infinity, 1], "finite"],
    [[-1e308, -1e308, -1e308], [1e308, 1e308, 1e308], "finite"],
    [[-1e51, -1e51, -1e51], [0, 0, 0], "within -1e+50..1e+50"],
    [[0, 0, 0], [1e51, 1e51, 1e51], "within -1e+50..1e+50"],
    [[1, 1, 1], [0, 0, 0], "max above min"],
    [[0, 0, 0], [0, 0, 0], "max above min"],
    [[0, 0, 0], [1, 1, -1], "max above min"],
  ];
  for (const [min, max, words] of cases) {
    assertThrows(() => createGrid({ min, max }, 4, 6), RangeError, words);
  }
  createGrid({ min: [-1e50, -1e50, -1e50], max: [1e50, 1e50, 1e50] }, 4, 6);
});

Deno.test("a box is no cube, but rounding within 1e-9 of the edge is forgiven", () => {
  assertThrows(() => createGrid({ min: [0, 0, 0], max: [1, 1, 1 + 1e-8] }, 4, 6), RangeError, "edge z");
  assertThrows(() => createGrid({ min: [0, 0, 0], max: [1, 2, 1] }, 4, 6), RangeError, "edge y");
  createGrid({ min: [0, 0, 0], max: [1, 1, 1 + 1e-10] }, 4, 6);
  createGrid({ min: [0.1, 0.2, 0.3], max: [1.1, 1.2, 1.3] }, 4, 6);
});

Deno.test("cells too small for doubles that far from zero are refused", () => {
  const far = 1e15;
  const bounds: Bounds = { min: [far, far, far], max: [far + 1024, far + 1024, far + 1024] };
  assertThrows(() => createGrid(bounds, 7, 8), RangeError, "too small");
  createGrid({ min: [1e9, 1e9, 1e9], max: [1e9 + 1024, 1e9 + 1024, 1e9 + 1024] }, 7, 8);
});

Deno.test("a grid cannot change after it was made, not even through the bounds it was given", () => {
  const max: [number, number, number] = [8, 8, 8];
  const grid = createGrid({ min: [0, 0, 0], max }, 0, 3);
  max[0] = 99;
  assertEquals(cellSize(grid), 1);
  assert(Object.isFrozen(grid) && Object.isFrozen(grid.bounds) && Object.isFrozen(grid.bounds.max));
});
