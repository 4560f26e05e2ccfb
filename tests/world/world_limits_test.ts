import { assert, assertEquals, assertThrows } from "@std/assert";
import { createGrid } from "../../src/space/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { MemoryBudget, type Op, REGION_COVER_FACTOR, World } from "../../src/world/mod.ts";
import { box, buildAll, GREEN, paint, photograph, RED, smallWorld } from "./small_world.ts";
import { SMALL_GRID } from "./world_model.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

/** Applies what must be refused, and checks that nothing at all has changed. */
function refused(world: World, op: Op): VoxcastError {
  const before = photograph(world);
  let heard = 0;
  const stop = world.onChange(() => heard++);
  const error = assertThrows(() => world.apply(op, { inverse: true }), VoxcastError);
  stop();
  assertEquals(photograph(world), before);
  assertEquals(heard, 0);
  return error;
}

function put(...entities: ReturnType<typeof box>[]): Op {
  return { kind: "entities", source: "test", put: entities };
}

Deno.test("maxVoxelsPerWorld: one more is refused, the last one fits, and replacing fits a full world", () => {
  const world = smallWorld({ maxVoxelsPerWorld: 3 });
  world.apply(paint(RED, [0, 0, 0], [1, 0, 0]));
  assertEquals(refused(world, paint(RED, [2, 0, 0], [9, 0, 0])).code, "VOXEL_LIMIT");
  assertEquals(
    refused(world, paint(RED, [2, 0, 0], [9, 0, 0])).message,
    "World would hold 4 voxels, limit is 3",
  );
  world.apply(paint(RED, [2, 0, 0]));
  assertEquals(refused(world, paint(RED, [9, 0, 0])).code, "VOXEL_LIMIT");
  const cells = { positions: new Uint32Array([0, 0, 0, 9, 0, 0]), colors: new Uint32Array([0, GREEN]) };
  assertEquals(world.apply({ kind: "patch", cells }).changed, 2);
});

Deno.test("maxPatchCells: a larger patch is refused before its positions are looked at", () => {
  const world = smallWorld({ maxPatchCells: 2 });
  assertEquals(refused(world, paint(RED, [99, 0, 0], [1, 0, 0], [2, 0, 0])).code, "PAYLOAD_TOO_LARGE");
  assertEquals(world.apply(paint(RED, [1, 0, 0], [2, 0, 0])).changed, 2);
});

Deno.test("a patch with one cell outside the world is refused whole", () => {
  const world = smallWorld();
  const error = refused(world, paint(RED, [1, 1, 1], [1, 16, 1]));
  assertEquals([error.code, error.details![0]!.index], ["OUT_OF_BOUNDS", 1]);
});

Deno.test("maxWorldBytes: voxels, and entities, that would pass it are refused, and what frees memory never is", () => {
  const probe = smallWorld();
  probe.apply(paint(RED, [0, 0, 0], [1, 0, 0]));
  const world = smallWorld({ maxWorldBytes: probe.bytes });
  world.apply(paint(RED, [0, 0, 0], [1, 0, 0]));
  assertEquals(refused(world, paint(RED, [9, 0, 0])).code, "MEMORY_LIMIT");
  assertEquals(refused(world, put(box("a", [1, 1, 1]))).code, "MEMORY_LIMIT");
  assertEquals(world.apply(paint(0, [0, 0, 0])).changed, 1);
  const above = smallWorld({ maxWorldBytes: probe.bytes + 9 });
  above.apply(paint(RED, [0, 0, 0], [1, 0, 0]));
  assert(above.bytes <= probe.bytes + 9);
});

Deno.test("maxVoxelBytesTotal: worlds share it, and what one gives back another can take", () => {
  const probe = smallWorld();
  probe.apply(paint(RED, [0, 0, 0]));
  const limits = { ...DEFAULT_WORLD_LIMITS, maxVoxelBytesTotal: probe.voxelBytes };
  const budget = new MemoryBudget(probe.voxelBytes);
  const [one, two] = ["one", "two"].map((id) =>
    new World({ id, grid: SMALL_GRID, epoch: 1, limits, budget })
  );
  one!.apply(paint(RED, [0, 0, 0]));
  const error = refused(two!, paint(RED, [0, 0, 0]));
  assertEquals([error.code, error.message.startsWith("Worlds would take")], ["MEMORY_LIMIT", true]);
  one!.dispose();
  assertEquals(two!.apply(paint(RED, [0, 0, 0])).changed, 1);
  assertEquals(budget.bytes, two!.voxelBytes);
});

Deno.test("maxDirtyRegions: above it the world is busy until builds catch up, but not for regions already waiting", () => {
  const world = smallWorld({ maxDirtyRegions: 2 });
  world.apply(paint(RED, [0, 0, 0], [9, 0, 0]));
  const busy = refused(world, paint(RED, [0, 9, 0]));
  assertEquals([busy.code, busy.entry.httpStatus, busy.retryAfterMs], ["BUSY", 429, 250]);
  assertEquals(refused(world, put(box("a", [1, 9, 1]))).code, "BUSY");
  assertEquals(world.apply(paint(GREEN, [0, 0, 0], [9, 0, 0])).changed, 2);
  buildAll(world);
  assertEquals(world.apply(paint(RED, [0, 9, 0])).changed, 1);
});

Deno.test("a change that alone touches more regions than may wait is refused for good, not as busy", () => {
  const world = smallWorld({ maxDirtyRegions: 2 });
  const patch = refused(world, paint(RED, [0, 0, 0], [9, 0, 0], [0, 9, 0]));
  assertEquals([patch.code, patch.entry.retryable], ["PAYLOAD_TOO_LARGE", false]);
  assertEquals(patch.message, "Patch has cells in 3 regions, limit is 2: send it in parts");
  for (const cell of [[0, 0, 0], [9, 0, 0], [0, 9, 0]] as const) {
    assertEquals(world.apply(paint(RED, cell)).changed, 1);
    buildAll(world);
  }
  assertEquals(refused(world, { kind: "clear" }).code, "PAYLOAD_TOO_LARGE");
  assertEquals(world.apply({ kind: "clear", regions: [...world.regions.keys()].slice(1) }).changed, 2);
});

Deno.test("maxEntitiesPerWorld and maxEntityCells: one more is reported, and the rest stands", () => {
  const world = smallWorld({ maxEntitiesPerWorld: 2, maxEntityCells: 8 });
  const applied = world.apply(
    put(
      box("a", [2, 2, 2], { size: [2, 2, 2] }),
      box("big", [2, 2, 2], { size: [2, 2, 2.1] }),
      box("b", [1, 1, 1]),
    ),
  );
  assertEquals(applied.errors, [{
    index: 1,
    path: "put.1.size",
    code: "ENTITY_LIMIT",
    message: "Entity covers 16 cells, limit is 8",
  }]);
  const full = world.apply(put(box("c", [1, 1, 1]), box("a", [3, 3, 3])));
  assertEquals(full.errors.map(({ index, message }) => [index, message]), [[
    0,
    "World has 2 entities, limit is 2",
  ]]);
  assertEquals([world.entityCount, world.entity("a")!.position], [2, [3, 3, 3]]);
});

Deno.test("what the entities of one region cover together is bounded", () => {
  const world = smallWorld({ maxEntityCells: 8 });
  const ids = Array.from({ length: REGION_COVER_FACTOR + 1 }, (_, i) => `e${i}`);
  const applied = world.apply(put(...ids.map((id) => box(id, [2, 2, 2], { size: [2, 2, 2] }))));
  assertEquals(applied.errors.map(({ index, code }) => [index, code]), [[
    REGION_COVER_FACTOR,
    "ENTITY_LIMIT",
  ]]);
  assertEquals(world.apply(put(box("e0", [2.5, 2.5, 2.5]), box("small", [2.5, 2.5, 2.5]))).errors, []);
});

Deno.test("the default limits hold a patch of a million cells over a whole world of level 4", () => {
  const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
  const world = new World({ id: "main", grid, epoch: 1, limits: DEFAULT_WORLD_LIMITS });
  const n = 1_000_000;
  const positions = new Uint32Array(3 * n);
  // A permutation of the cells of a plane-filling walk: the step is odd, so no cell comes twice.
  for (let i = 0; i < n; i++) {
    const cell = Math.imul(i, 0x2545f491) & 0x3fffffff;
    positions.set([cell & 1023, (cell >>> 10) & 1023, cell >>> 20], 3 * i);
  }
  const applied = world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(n).fill(RED) } });
  assertEquals([applied.changed, applied.dirty.length, world.voxelCount], [n, 4096, n]);
  assert(world.bytes < 24 * n, `${world.bytes / n} bytes a voxel`);
});
