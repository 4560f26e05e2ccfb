import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { cornerShade } from "../../src/client/corner_shade.ts";
import { exposedFaces } from "../../src/client/exposed_voxels.ts";
import { OccupancyGrid } from "../../src/client/occupancy_grid.ts";
import { buildInstances, INSTANCE_WORDS } from "../../src/client/region_instances.ts";
import { encodeMorton } from "../../src/space/mod.ts";

type Cell = readonly [number, number, number];

/** Grids of 2, 4 or 8 cells an axis, from empty to nearly full. */
const regions = fc.constantFrom(2, 4, 8).chain((width) => {
  const axis = fc.nat(width - 1);
  const cell: fc.Arbitrary<Cell> = fc.tuple(axis, axis, axis);
  const cells = fc.uniqueArray(cell, { maxLength: width ** 3, selector: (at) => at.join() });
  return fc.record({ width: fc.constant(width), cells });
});

const NORMALS: readonly Cell[] = [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]];

Deno.test("exactly the voxels with an open side are drawn, with exactly their open faces", () => {
  fc.assert(fc.property(regions, ({ width, cells }) => {
    const solid = new Set(cells.map((cell) => cell.join()));
    const expected = new Map<string, number>();
    for (const cell of cells) {
      let faces = 0;
      NORMALS.forEach((normal, face) => {
        if (!solid.has(cell.map((at, axis) => at + normal[axis]!).join())) faces |= 1 << face;
      });
      if (faces !== 0) expected.set(cell.join(), faces);
    }
    assertEquals(drawnFaces(cells, width), expected);
  }));
});

Deno.test("a full region keeps its shell and drops its inside", () => {
  const cells: Cell[] = [];
  for (let i = 0; i < 64 ** 3; i++) cells.push([i & 63, (i >> 6) & 63, i >> 12]);
  assertEquals(drawnFaces(cells, 64).size, 64 ** 3 - 62 ** 3);
});

Deno.test("every drawn voxel keeps its own colour", () => {
  const keys = new Uint32Array([encodeMorton(0, 0, 0), encodeMorton(3, 2, 1)]);
  const { words } = buildInstances(keys, new Uint32Array([0xff112233, 0x80445566]), 4);
  assertEquals([words[1], words[1 + INSTANCE_WORDS]], [0xff112233, 0x80445566]);
});

Deno.test("a grid is empty again after each region, whatever its size", () => {
  const grid = new OccupancyGrid();
  for (const width of [4, 4, 8, 2]) {
    buildInstances(new Uint32Array([0, 1, 2, 3]), new Uint32Array(4), width, grid);
    assertEquals(grid.cells.indexOf(1), -1);
  }
});

Deno.test("corner shades are those of a look at the three cells around each corner", () => {
  fc.assert(fc.property(regions, ({ width, cells }) => {
    const grid = gridOf(cells, width);
    const solid = new Set(cells.map((cell) => cell.join()));
    for (const cell of cells) {
      for (let face = 0; face < 6; face++) {
        if (!(exposedFaces(grid, ...cell) & (1 << face))) continue;
        assertEquals(
          cornerShade(grid, Int32Array.from(cell), face >> 1, face & 1),
          shadeByHand(solid, cell, face, width),
          `face ${face} of ${cell}`,
        );
      }
    }
  }));
});

function shadeByHand(solid: ReadonlySet<string>, cell: Cell, face: number, width: number): number {
  const axis = face >> 1;
  const front = cell.map((at, i) => at + NORMALS[face]![i]!);
  if (front[axis]! < 0 || front[axis]! >= width) return 0xff;
  const u = (axis + 1) % 3;
  const v = (axis + 2) % 3;
  let shade = 0;
  for (let corner = 0; corner < 4; corner++) {
    const [du, dv] = [corner & 1 ? 1 : -1, corner & 2 ? 1 : -1];
    const isSolid = (alongU: number, alongV: number): number => {
      const at = [...front];
      at[u] = Math.max(0, Math.min(width - 1, at[u]! + alongU));
      at[v] = Math.max(0, Math.min(width - 1, at[v]! + alongV));
      return solid.has(at.join()) ? 1 : 0;
    };
    const [sideU, sideV] = [isSolid(du, 0), isSolid(0, dv)];
    shade |= (sideU && sideV ? 0 : 3 - sideU - sideV - isSolid(du, dv)) << (2 * corner);
  }
  return shade;
}

function drawnFaces(cells: readonly Cell[], width: number): Map<string, number> {
  const keys = keysOf(cells);
  const { words, drawn } = buildInstances(keys, new Uint32Array(keys.length), width);
  const faces = new Map<string, number>();
  for (let i = 0; i < drawn; i++) {
    const word = words[i * INSTANCE_WORDS]!;
    faces.set([word & 255, (word >> 8) & 255, (word >> 16) & 255].join(), word >>> 24);
  }
  return faces;
}

function gridOf(cells: readonly Cell[], width: number): OccupancyGrid {
  const grid = new OccupancyGrid();
  grid.load(keysOf(cells), width);
  return grid;
}

function keysOf(cells: readonly Cell[]): Uint32Array {
  return Uint32Array.from(cells, ([x, y, z]) => encodeMorton(x, y, z));
}
