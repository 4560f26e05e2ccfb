import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  cellKey,
  createGrid,
  type Grid,
  gridCells,
  type RegionKey,
  regionOfCell,
} from "../../src/space/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import type { VoxelCells } from "../../src/world/mod.ts";
import { groupPatch } from "../../src/world/patch_groups.ts";
import { Workspace } from "../../src/world/workspace.ts";
import { runs } from "../support/runs.ts";

const workspace = new Workspace();

function gridOf(level: number, depth: number): Grid {
  return createGrid({ min: [-8, 0, 8], max: [8, 16, 24] }, level, depth);
}

function cellsAt(positions: readonly number[]): VoxelCells {
  return {
    positions: new Uint32Array(positions),
    colors: new Uint32Array(positions.length / 3).fill(0xff000001),
  };
}

function group(
  grid: Grid,
  cells: VoxelCells,
  maxPatchCells = 10_000,
): Map<RegionKey, [key: number, source: number][]> {
  const limits = { maxPatchCells, maxDirtyRegions: 1000 };
  const { keys, sources, regions, starts, ends } = groupPatch(grid, cells, limits, workspace);
  return new Map(regions.map((region, g) => {
    const list: [number, number][] = [];
    for (let i = starts[g]!; i < ends[g]!; i++) list.push([keys[i]!, sources[i]!]);
    return [region, list];
  }));
}

/** The same by the functions of one cell, a map and a sort. */
function groupSlowly(grid: Grid, cells: VoxelCells): Map<RegionKey, [number, number][]> {
  const regions = new Map<RegionKey, Map<number, number>>();
  for (let i = 0; i < cells.colors.length; i++) {
    const [x, y, z] = cells.positions.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const region = regionOfCell(grid, x, y, z);
    if (!regions.has(region)) regions.set(region, new Map());
    regions.get(region)!.set(cellKey(grid, x, y, z), i);
  }
  return new Map([...regions].map(([region, keys]) => [region, [...keys].sort((a, b) => a[0] - b[0])]));
}

Deno.test("a patch is grouped by region, sorted by cell, and of several writes to one cell the last stays", () => {
  for (const [level, depth] of [[0, 3], [1, 3], [4, 6], [7, 3], [2, 8], [7, 8]] as const) {
    const grid = gridOf(level, depth);
    const n = gridCells(grid);
    // Few places, so that both small and large groups, and many duplicates, occur.
    const place = fc.oneof(
      fc.nat(Math.min(n, 12) - 1),
      fc.integer({ min: n - 3, max: n - 1 }),
      fc.nat(n - 1),
    );
    const numRuns = runs(depth === 8 ? 20 : 100);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place, place), { maxLength: 150 }), (list) => {
        const cells = cellsAt(list.flat());
        const grouped = group(grid, cells);
        assertEquals(grouped, groupSlowly(grid, cells));
        for (const keys of grouped.values()) assertEquals(keys, [...keys].sort((a, b) => a[0] - b[0]));
      }),
      { numRuns },
    );
  }
});

Deno.test("a cell outside the grid is refused with its number, and the first hundred of many are listed", () => {
  const grid = gridOf(1, 3);
  const one = assertThrows(() => group(grid, cellsAt([0, 0, 0, 15, 16, 15])), VoxcastError);
  assertEquals([one.code, one.details!.map((error) => error.index)], ["OUT_OF_BOUNDS", [1]]);
  assertEquals(
    one.message,
    "Cell [15, 16, 15] is outside the grid of 16 cells an axis (cell 1 of the patch)",
  );
  const many = assertThrows(() => group(grid, cellsAt(new Array(450).fill(0xffffffff))), VoxcastError);
  assertEquals(many.details!.length, 100);
  assertEquals(many.message.endsWith(", and so are 149 more"), true);
});

Deno.test("every axis is checked, on grids of every size", () => {
  for (const [level, depth] of [[0, 3], [4, 6], [7, 8]] as const) {
    const grid = gridOf(level, depth);
    const n = gridCells(grid);
    for (let axis = 0; axis < 3; axis++) {
      const at = [0, 0, 0];
      at[axis] = n;
      assertEquals(assertThrows(() => group(grid, cellsAt(at)), VoxcastError).code, "OUT_OF_BOUNDS");
      at[axis] = n - 1;
      assertEquals(group(grid, cellsAt(at)).size, 1);
    }
  }
});

Deno.test("arrays that do not fit each other, and patches above the limit, are refused", () => {
  const grid = gridOf(1, 3);
  function codeOf(cells: VoxelCells, maxCells?: number): string {
    return assertThrows(() => group(grid, cells, maxCells), VoxcastError).code;
  }
  assertEquals(codeOf({ positions: new Uint32Array(5), colors: new Uint32Array(2) }), "INVALID_FIELD");
  const materials = new Uint8Array(1);
  assertEquals(
    codeOf({ positions: new Uint32Array(6), colors: new Uint32Array(2), materials }),
    "INVALID_FIELD",
  );
  assertEquals(codeOf(cellsAt([0, 0, 0, 1, 1, 1]), 1), "PAYLOAD_TOO_LARGE");
  assertEquals(group(grid, cellsAt([0, 0, 0, 1, 1, 1]), 2).size, 1);
});
