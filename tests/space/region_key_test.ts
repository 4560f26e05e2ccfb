import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  cellCenter,
  cellKey,
  createGrid,
  encodeMorton,
  formatRegionKey,
  type Grid,
  gridCells,
  parseRegionKey,
  quantize,
  regionBounds,
  regionKey,
  regionLevel,
  regionMorton,
  regionOfCell,
  regionOrigin,
} from "../../src/space/mod.ts";

const anyRegion = fc.integer({ min: 0, max: 7 }).chain((level) =>
  fc.tuple(fc.constant(level), fc.integer({ min: 0, max: 8 ** level - 1 }))
);
const anyGrid: fc.Arbitrary<Grid> = fc.record({
  level: fc.integer({ min: 0, max: 7 }),
  depth: fc.integer({ min: 3, max: 8 }),
  min: fc.double({ min: -1000, max: 1000, noNaN: true }),
  edge: fc.double({ min: 1, max: 4096, noNaN: true }),
}).map(({ level, depth, min, edge }) =>
  createGrid({ min: [min, min / 2, -min], max: [min + edge, min / 2 + edge, edge - min] }, level, depth)
);

Deno.test("a region key is level * 2^21 + Morton code, fits a small integer, and comes apart again", () => {
  fc.assert(fc.property(anyRegion, ([level, morton]) => {
    const key = regionKey(level, morton);
    assertEquals(key, level * 2 ** 21 + morton);
    assert(key < 2 ** 30);
    assertEquals([regionLevel(key), regionMorton(key)], [level, morton]);
  }));
});

Deno.test("there is no key for a region that does not exist", () => {
  const none = [[8, 0], [-1, 0], [0, 1], [4, 4096], [7, 2 ** 21], [4, -1], [4, 1.5], [NaN, 0], [4, NaN]];
  for (const [level, morton] of none) {
    assertThrows(() => regionKey(level!, morton!), RangeError, `There is no region ${level}/${morton}`);
  }
});

Deno.test("a region key reads back from its text, and from no other text", () => {
  fc.assert(fc.property(anyRegion, ([level, morton]) => {
    const key = regionKey(level, morton);
    assertEquals(formatRegionKey(key), `${level}/${morton}`);
    assertEquals(parseRegionKey(formatRegionKey(key)), key);
  }));
  const wrong = [
    "",
    "4",
    "4/",
    "/4",
    "4/4096",
    "8/0",
    "-1/0",
    "4/-1",
    "4/01",
    "04/1",
    "4/1.0",
    " 4/1",
    "4/1\n",
    "4/1e2",
  ];
  for (const text of wrong) assertEquals(parseRegionKey(text), undefined, JSON.stringify(text));
});

Deno.test("whatever text comes in, a key comes out only for its own text", () => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9]{0,2}\/?[0-9]{0,9}$/), (text) => {
    const key = parseRegionKey(text);
    if (key !== undefined) assertEquals(formatRegionKey(key), text);
  }));
});

Deno.test("region and cell key together name a cell: region = v >> D, cell = v & (2^D - 1)", () => {
  const pick = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(anyGrid, pick, pick, pick, (grid, a, b, c) => {
    const n = gridCells(grid);
    const [x, y, z] = [Math.floor(a * n), Math.floor(b * n), Math.floor(c * n)];
    const key = regionOfCell(grid, x, y, z);
    const side = 2 ** grid.depth;
    const region = [Math.floor(x / side), Math.floor(y / side), Math.floor(z / side)] as const;
    assertEquals(regionLevel(key), grid.level);
    assertEquals(regionMorton(key), encodeMorton(...region));
    assertEquals(cellKey(grid, x, y, z), encodeMorton(x % side, y % side, z % side));
    assertEquals(regionOrigin(grid, key), [region[0] * side, region[1] * side, region[2] * side]);
  }));
});

Deno.test("a cell outside the grid has no region", () => {
  const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
  for (const v of [-1, 1024, 2 ** 20]) {
    assertThrows(() => regionOfCell(grid, v, 0, 0), RangeError, "outside the grid");
    assertThrows(() => regionOfCell(grid, 0, v, 0), RangeError, "outside the grid");
    assertThrows(() => regionOfCell(grid, 0, 0, v), RangeError, "outside the grid");
  }
});

Deno.test("the bounds of a region hold the centres of its first and last cell and no cell next to them", () => {
  const pick = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(anyGrid, pick, (grid, t) => {
    const key = regionKey(grid.level, Math.floor(t * 8 ** grid.level));
    const { min, max } = regionBounds(grid, key);
    const origin = regionOrigin(grid, key);
    const side = 2 ** grid.depth;
    const first = cellCenter(grid, origin);
    const last = cellCenter(grid, [origin[0] + side - 1, origin[1] + side - 1, origin[2] + side - 1]);
    const before = cellCenter(grid, [origin[0] - 1, origin[1] - 1, origin[2] - 1]);
    const after = cellCenter(grid, [origin[0] + side, origin[1] + side, origin[2] + side]);
    for (const axis of [0, 1, 2] as const) {
      assert(first[axis] > min[axis] && last[axis] < max[axis]);
      assert(before[axis] < min[axis] && after[axis] > max[axis]);
    }
    assertEquals(regionOfCell(grid, ...quantize(grid, first)!), key);
    assertEquals(regionOfCell(grid, ...quantize(grid, last)!), key);
  }));
});

Deno.test("neighbouring regions share their face to the bit, and the outermost faces are the world's", () => {
  fc.assert(fc.property(anyGrid, (grid) => {
    const n = 2 ** grid.level;
    let face = grid.bounds.min[0];
    for (let x = 0; x < n; x++) {
      const bounds = regionBounds(grid, regionKey(grid.level, encodeMorton(x, n - 1, 0)));
      assertEquals(bounds.min[0], face);
      assertEquals(bounds.max[1], grid.bounds.max[1]);
      assertEquals(bounds.min[2], grid.bounds.min[2]);
      face = bounds.max[0];
    }
    assertEquals(face, grid.bounds.max[0]);
  }));
});

Deno.test("the outermost face is the world's also where min + (max - min) is not max", () => {
  const grid = createGrid({ min: [-0.3, -0.3, -0.3], max: [0.1, 0.1, 0.1] }, 1, 3);
  assertNotEquals(-0.3 + (0.1 - -0.3), 0.1);
  assertEquals(regionBounds(grid, regionKey(1, 7)).max, [0.1, 0.1, 0.1]);
});

Deno.test("a region of a coarser level covers the cells of its eight children", () => {
  const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
  const child = regionKey(4, encodeMorton(5, 9, 14));
  const parent = regionKey(3, regionMorton(child) >>> 3);
  assertEquals(regionOrigin(grid, child), [320, 576, 896]);
  assertEquals(regionOrigin(grid, parent), [256, 512, 896]);
  assertEquals(regionBounds(grid, parent), { min: [256, 512, 896], max: [384, 640, 1024] });
});
