import { assert, assertEquals } from "@std/assert";
import { cellKey, createGrid, type RegionKey, regionOfCell } from "../../src/space/mod.ts";
import { hashSamples } from "../../src/tree/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { World } from "../../src/world/mod.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const PATCHES = 6;
const CELLS = 15_000;

for (const [level, depth] of [[4, 6], [7, 3], [2, 8]] as const) {
  Deno.test(`at level ${level} and depth ${depth}, large patches over each other leave what a plain map holds`, () => {
    const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, level, depth);
    const world = new World({ id: "main", grid, epoch: 1, limits: DEFAULT_WORLD_LIMITS });
    const random = seededRandom(level);
    const map = new Map<RegionKey, Map<number, readonly [number, number]>>();
    // Cells around a corner of eight regions, so close that many writes meet earlier ones.
    const corner = 2 ** (level + depth - 1);
    const spread = Math.min(24, 2 ** depth);
    for (let p = 0; p < PATCHES; p++) {
      const positions = new Uint32Array(3 * CELLS).map(() =>
        corner + Math.floor((random() * 2 - 1) * spread)
      );
      const colors = new Uint32Array(CELLS).map(() =>
        random() < 0.4 ? 0 : 0xff000000 + Math.floor(random() * 9)
      );
      const materials = new Uint8Array(CELLS).map(() => Math.floor(random() * 3));
      world.apply({ kind: "patch", cells: { positions, colors, materials } });
      for (let i = 0; i < CELLS; i++) {
        const [x, y, z] = [positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!];
        const region = regionOfCell(grid, x, y, z);
        if (!map.has(region)) map.set(region, new Map());
        if (colors[i] === 0) map.get(region)!.delete(cellKey(grid, x, y, z));
        else map.get(region)!.set(cellKey(grid, x, y, z), [colors[i]!, materials[i]!]);
      }
    }
    let voxels = 0;
    for (const [region, cells] of map) {
      const { samples, hash } = world.snapshot(region);
      const sorted = [...cells].sort((a, b) => a[0] - b[0]);
      assertEquals(samples.keys, new Uint32Array(sorted.map(([key]) => key)));
      assertEquals(samples.colors, new Uint32Array(sorted.map(([, [color]]) => color)));
      assertEquals(samples.materials, new Uint8Array(sorted.map(([, [, material]]) => material)));
      assertEquals(hash, hashSamples(samples));
      voxels += cells.size;
    }
    assertEquals([world.voxelCount, world.regions.size], [voxels, map.size]);
    assert(voxels > CELLS / 20);
  });
}
