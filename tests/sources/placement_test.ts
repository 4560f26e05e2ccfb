import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImportError } from "../../src/sources/import_error.ts";
import type { PointSet } from "../../src/sources/parsed_model.ts";
import { type PlaceOptions, placePoints } from "../../src/sources/place_points.ts";
import { type PlacementOptions, planPlacement } from "../../src/sources/placement.ts";
import { createGrid, type Grid, gridCells, regionOfCell } from "../../src/space/mod.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

/** A world of 64 cells an axis, 8 in a region, with bounds that are no whole numbers. */
const GRID: Grid = createGrid({ min: [-3.7, 10.1, 0], max: [-3.7 + 12.3, 10.1 + 12.3, 12.3] }, 3, 3);
const WHITE = 0xffffffff;

type Rows = readonly (readonly number[])[];

function voxels(rows: Rows, colors: readonly number[] = [], materials?: readonly number[]): PointSet {
  return {
    count: rows.length,
    positions: Int32Array.from(rows.flat()),
    colors: Uint32Array.from(rows, (_, i) => colors[i] ?? WHITE),
    ...(materials === undefined ? {} : { materials: Uint8Array.from(materials) }),
    solid: true,
  };
}

function cloud(rows: Rows, colors: readonly number[] = [], materials?: readonly number[]): PointSet {
  return { ...voxels(rows, colors, materials), positions: Float64Array.from(rows.flat()), solid: false };
}

interface Placed {
  readonly cells: readonly string[];
  readonly outside: number;
}

function place(
  points: PointSet,
  options: PlacementOptions = {},
  more: Partial<PlaceOptions> = {},
  grid: Grid = GRID,
): Placed {
  const plan = planPlacement(points, grid, options);
  const placed = placePoints(points, plan, grid, { limits: DEFAULT_IMPORT_LIMITS, ...more });
  const cells: string[] = [];
  for (const { positions, colors, materials } of placed.patches) {
    for (let i = 0; i < colors.length; i++) {
      const at = [...positions.subarray(i * 3, i * 3 + 3)].join(",");
      cells.push(`${at} ${(colors[i]! >>> 0).toString(16)} ${materials?.[i] ?? 0}`);
    }
  }
  assertEquals(cells.length, placed.voxels);
  assertEquals(new Set(cells.map((cell) => cell.split(" ")[0])).size, cells.length, "a cell came twice");
  return { cells, outside: placed.outside };
}

const where = (placed: Placed): string[] => placed.cells.map((cell) => cell.split(" ")[0]!).sort();

Deno.test("voxels become cells one to one, centred, standing on the floor", () => {
  const placed = place(voxels([[100, 200, -50], [103, 205, -49]]));
  // 4 x 6 x 2 cells: x from (64 - 4) / 2, z from (64 - 2) / 2.
  assertEquals(where(placed), ["30,0,31", "33,5,32"]);
});

Deno.test("a model with more voxels an axis than the world has cells is scaled down to fit", () => {
  const rows = Array.from({ length: 128 }, (_, i) => [i, 0, 0]);
  const placed = place(voxels(rows));
  assertEquals(placed.cells.length, 64);
  assertEquals(where(placed).map((cell) => Number(cell.split(",")[0])).sort((a, b) => a - b), [
    ...Array(64).keys(),
  ]);
});

Deno.test("points fill 256 cells along the longest axis, or what the world has", () => {
  assertEquals(planPlacement(cloud([[0, 0, 0], [1, 2, 3]]), GRID).resolution, 64);
  const large = createGrid({ min: [0, 0, 0], max: [1, 1, 1] }, 4, 6);
  assertEquals(planPlacement(cloud([[0, 0, 0], [1, 2, 3]]), large).resolution, 256);
});

Deno.test("the outermost points of a cloud fall into its first and last cell", () => {
  for (const offset of [0, 589500.123, -1e9, 1e-9]) {
    const rows = [[offset, offset, offset], [offset + 2, offset + 1, offset]];
    const plan = planPlacement(cloud(rows), GRID, { resolution: 10, at: [0, 0, 0] });
    assertEquals(plan.resolution, 10);
    assertEquals(where(place(cloud(rows), { resolution: 10, at: [0, 0, 0] })), ["0,0,0", "9,5,0"]);
  }
});

Deno.test("a single point, and points on one place, take one cell", () => {
  assertEquals(where(place(cloud([[7, 8, 9]]))), ["31,0,31"]);
  assertEquals(where(place(cloud([[7, 8, 9], [7, 8, 9]]), { at: [1, 2, 3] })), ["1,2,3"]);
});

Deno.test("no points make no voxels", () => {
  for (const none of [voxels([]), cloud([])]) assertEquals(place(none), { cells: [], outside: 0 });
});

Deno.test("at puts the lowest corner into that cell; what lies beyond the world is dropped and counted", () => {
  const rows = [[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 5, 0]];
  assertEquals(where(place(voxels(rows), { at: [10, 20, 30] })), [
    "10,20,30",
    "10,25,30",
    "11,20,30",
    "12,20,30",
  ]);
  const right = place(voxels(rows), { at: [62, 0, 0] });
  assertEquals([where(right), right.outside], [["62,0,0", "62,5,0", "63,0,0"], 1]);
  const below = place(cloud([[0, 0, 0], [0, 1, 0]]), { at: [0, -1, 0], resolution: 2 });
  assertEquals([where(below), below.outside], [["0,0,0"], 1]);
  assertEquals(place(voxels(rows), { at: [64, 0, 0] }).outside, 4);
});

Deno.test("scaled up, each voxel fills its share of cells without gap or overlap", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 24 }), (edge, resolution) => {
      const rows: number[][] = [];
      for (let x = 0; x < edge; x++) for (let y = 0; y < 2; y++) rows.push([x, y, 0]);
      const colors = rows.map((_, i) => (0xff000000 | i) >>> 0);
      const placed = place(voxels(rows, colors), { resolution, at: [0, 0, 0] });
      const height = Math.min(resolution, Math.floor((2 * resolution) / edge + 1e-9));
      const depth = Math.min(resolution, Math.floor(resolution / edge + 1e-9));
      if (edge >= 2) assertEquals(placed.cells.length, resolution * height * depth);
      // No mixed colours: no cell belongs to two voxels.
      const used = new Set(placed.cells.map((cell) => parseInt(cell.split(" ")[1]!, 16)));
      assertEquals(used.size, rows.length);
    }),
  );
});

Deno.test("a cell's colour is the mean of its points, half rounding up, whatever their order", () => {
  const [a, b, c] = [0xff000001, 0xff000002, 0xff0000ff];
  const one = cloud([[0, 0, 0], [0, 0, 0]], [a, b]);
  assertEquals(place(one, { at: [0, 0, 0] }).cells, ["0,0,0 ff000002 0"]);
  for (const colors of [[a, b, c], [c, b, a], [b, c, a]]) {
    assertEquals(place(cloud([[0, 0, 0], [0, 0, 0], [0, 0, 0]], colors), { at: [0, 0, 0] }).cells, [
      "0,0,0 ff000056 0",
    ]);
  }
});

Deno.test("a cell's material is that of most points, the lowest of several", () => {
  const rows = [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]];
  const material = (materials: readonly number[]): string =>
    place(cloud(rows, [], materials), { at: [0, 0, 0] }).cells[0]!.split(" ")[2]!;
  assertEquals(["3", "2", "0"], [material([3, 1, 3, 2]), material([9, 2, 2, 9]), material([5, 0, 0, 5])]);
});

for (const [level, depth] of [[3, 3], [0, 6], [4, 6], [7, 8]] as const) {
  const grid = createGrid({ min: [0, 0, 0], max: [1, 1, 1] }, level, depth);
  Deno.test(`placing equals a slow and simple reference, at level ${level} and depth ${depth}`, () => {
    comparePlacing(grid);
  });
}

function comparePlacing(grid: Grid): void {
  const cells = gridCells(grid);
  const coordinate = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: -5, max: 30, noNaN: true }));
  const point = fc.tuple(
    coordinate,
    coordinate,
    coordinate,
    fc.integer({ min: 1, max: 0xffffffff }),
    fc.nat(3),
  );
  const settings = fc.record({
    resolution: fc.integer({ min: 1, max: cells }),
    at: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -20, max: cells + 6 }))) as fc.Arbitrary<
      [number, number, number]
    >,
    maxBatchCells: fc.integer({ min: 1, max: 50 }),
    maxCellsPerPatch: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 60 }), settings, (points, options) => {
    const colors = points.map((p) => (p[3] | 0x01000000) >>> 0);
    const materials = points.map((p) => p[4]);
    const placed = place(cloud(points.map((p) => p.slice(0, 3)), colors, materials), options, options, grid);
    const expected = reference(
      points.map((p) => p.slice(0, 3)),
      colors,
      materials,
      options.resolution,
      options.at,
      cells,
    );
    assertEquals([...placed.cells].sort(), expected.cells.sort());
    assertEquals(placed.outside, expected.outside);
  }));
}

/** Point by point with a map of strings. */
function reference(
  rows: Rows,
  colors: readonly number[],
  materials: readonly number[],
  resolution: number,
  at: readonly number[],
  worldCells: number,
): { cells: string[]; outside: number } {
  const min = [0, 1, 2].map((axis) => Math.min(...rows.map((row) => row[axis]!)));
  const extent =
    Math.max(...[0, 1, 2].map((axis) => Math.max(...rows.map((row) => row[axis]!)) - min[axis]!)) || 1;
  const cells = new Map<string, number[]>();
  let outside = 0;
  rows.forEach((row, i) => {
    const cell = row.map((value, axis) => {
      const share = (value - min[axis]!) * (resolution / extent);
      return Math.min(resolution - 1, Math.floor(share)) + at[axis]!;
    });
    if (cell.some((value) => value < 0 || value >= worldCells)) outside++;
    else cells.set(cell.join(","), [...(cells.get(cell.join(",")) ?? []), i]);
  });
  return {
    outside,
    cells: [...cells].map(([at, inside]) => `${at} ${mean(inside, colors)} ${most(inside, materials)}`),
  };
}

function mean(inside: readonly number[], colors: readonly number[]): string {
  let packed = 0n;
  for (const shift of [0, 8, 16, 24]) {
    const sum = inside.reduce((total, i) => total + ((colors[i]! >>> shift) & 255), 0);
    packed |= BigInt(Math.floor((sum + Math.floor(inside.length / 2)) / inside.length)) << BigInt(shift);
  }
  return packed.toString(16);
}

function most(inside: readonly number[], materials: readonly number[]): number {
  const votes = (material: number): number => inside.filter((i) => materials[i] === material).length;
  return [0, 1, 2, 3].reduce((best, material) => (votes(material) > votes(best) ? material : best), 0);
}

Deno.test("patches hold at most so many cells and run through the regions in Morton order", () => {
  const rows: number[][] = [];
  for (let x = 0; x < 20; x++) {
    for (let y = 0; y < 20; y++) for (let z = 0; z < 3; z++) rows.push([19 - x, y, z]);
  }
  const points = voxels(rows);
  const plan = planPlacement(points, GRID, { at: [3, 3, 3] });
  const { patches, regions, bounds } = placePoints(points, plan, GRID, {
    limits: DEFAULT_IMPORT_LIMITS,
    maxCellsPerPatch: 100,
  });
  assertEquals(patches.map(({ colors }) => colors.length), Array(12).fill(100));
  const keys = patches.flatMap(({ positions, colors }) =>
    Array.from(
      colors,
      (_, i) => regionOfCell(GRID, positions[i * 3]!, positions[i * 3 + 1]!, positions[i * 3 + 2]!),
    )
  );
  assert(keys.every((key, i) => i === 0 || keys[i - 1]! <= key), "regions are out of order");
  assertEquals(regions, new Set(keys).size);
  assertEquals(bounds, { min: [3, 3, 3], max: [23, 23, 6] });
});

Deno.test("more cells than allowed are refused before they are made", () => {
  const limits = { ...DEFAULT_IMPORT_LIMITS, maxCells: 1000 };
  const error = assertThrows(
    () => place(voxels([[0, 0, 0]]), { resolution: 64 }, { limits }),
    ImportError,
    "expected at most 1000 cells to fill, found 262144",
  );
  assertEquals(error.code, "LIMIT");
});

Deno.test("a resolution or place out of range is a RangeError that names the range", () => {
  const one = voxels([[0, 0, 0]]);
  for (const resolution of [0, -1, 1.5, NaN, gridCells(GRID) + 1]) {
    assertThrows(() => planPlacement(one, GRID, { resolution }), RangeError, "from 1 to 64");
  }
  for (const at of [[0.5, 0, 0], [NaN, 0, 0], [2 ** 40, 0, 0]] as const) {
    assertThrows(() => planPlacement(one, GRID, { at }), RangeError, "three whole cell numbers");
  }
});
