import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createGrid, encodeMorton, type Vec3 } from "../../src/space/mod.ts";
import { CellRaster } from "../../src/world/cell_raster.ts";
import { boxCells, cellsInRegion, entityBox, paintBox, regionsOfBox } from "../../src/world/entity_cells.ts";
import { coveredCells, SMALL_GRID } from "./world_model.ts";
import { runs } from "../support/runs.ts";

const coordinate = fc.integer({ min: 0, max: 127 }).map((eighth) => eighth / 8);
const edge = fc.integer({ min: 1, max: 100 }).map((eighth) => eighth / 8);
const position = fc.tuple(coordinate, coordinate, coordinate) as fc.Arbitrary<Vec3>;
const size = fc.tuple(edge, edge, edge) as fc.Arbitrary<Vec3>;

function paintedCells(position: Vec3, size: Vec3): string[] {
  const box = entityBox(SMALL_GRID, position, size);
  const raster = new CellRaster(3);
  const cells: string[] = [];
  const keys = new Uint32Array(512);
  for (const region of regionsOfBox(SMALL_GRID, box)) {
    const count = paintBox(SMALL_GRID, box, region, 1, raster);
    assertEquals(count, cellsInRegion(SMALL_GRID, box, region));
    assertEquals(raster.drain(keys, 0, keys.slice(), 0), count);
    for (const key of keys.subarray(0, count)) cells.push(nameOf(region & 7, key));
  }
  assertEquals(cells.length, boxCells(box));
  return cells.sort();
}

function nameOf(region: number, key: number): string {
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      for (let z = 0; z < 8; z++) {
        if (encodeMorton(x, y, z) !== key) continue;
        return [x + 8 * (region & 1), y + 4 * (region & 2), z + 2 * (region & 4)].join();
      }
    }
  }
  throw new Error(`There is no cell ${key}`);
}

Deno.test("an entity covers the cells that its half-open box overlaps, in every region, clipped to the world", () => {
  fc.assert(
    fc.property(position, size, (position, size) => {
      const expected = coveredCells({ id: "e", type: "", position, size, color: 0xff000000 }).sort();
      assertEquals(paintedCells(position, size), expected);
    }),
    { numRuns: runs(150) },
  );
});

Deno.test("a box that ends on a cell's border does not reach into that cell", () => {
  assertEquals(entityBox(SMALL_GRID, [4, 4, 4], [2, 4, 8]), { min: [3, 2, 0], max: [5, 6, 8] });
  assertEquals(entityBox(SMALL_GRID, [4.5, 4.5, 4.5], [1, 1.25, 3]), { min: [4, 3, 3], max: [5, 6, 6] });
});

Deno.test("an entity covers at least the cell of its position, however small it is or far its bounds from zero", () => {
  assertEquals(entityBox(SMALL_GRID, [0, 8, 15.9], [1e-300, 1e-300, 1e-300]), {
    min: [0, 8, 15],
    max: [1, 9, 16],
  });
  const far = createGrid({ min: [1e6, 1e6, 1e6], max: [1e6 + 1, 1e6 + 1, 1e6 + 1] }, 7, 8);
  const tiny = entityBox(far, [1e6 + 0.3, 1e6 + 0.7, 1e6 + 0.999], [1e-12, 1e-12, 1e-12]);
  assertEquals(boxCells(tiny), 1);
});

Deno.test("a box of infinite reach after rounding covers the world and no more", () => {
  const size: Vec3 = [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE];
  const box = entityBox(SMALL_GRID, [1, 1, 1], size);
  assertEquals([boxCells(box), regionsOfBox(SMALL_GRID, box).length], [16 ** 3, 8]);
});
