import { assert, assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { regionKey } from "../../src/space/mod.ts";
import { emptyHash, hashSamples } from "../../src/tree/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { MemoryBudget, type Op, World, type WorldChange } from "../../src/world/mod.ts";
import { box, buildAll, GREEN, paint, photograph, RED, shownColor, smallWorld } from "./small_world.ts";
import { SMALL_GRID } from "./world_model.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const FIRST = regionKey(1, 0);

Deno.test("a patch that writes what is there leaves version, dirtiness and sequence alone", () => {
  const world = smallWorld();
  assertEquals(world.apply(paint(RED, [1, 1, 1], [9, 1, 1])).dirty, [FIRST, regionKey(1, 1)]);
  buildAll(world);
  const before = photograph(world);
  const again = world.apply(paint(RED, [1, 1, 1], [9, 1, 1]), { inverse: true });
  assertEquals(again, { seq: 1, epoch: 7, dirty: [], changed: 0, errors: [], inverse: [] });
  assertEquals(world.apply(paint(0, [3, 3, 3])).changed, 0);
  assertEquals(photograph(world), before);
});

Deno.test("several writes to a region in one op are one version", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1], [2, 2, 2], [3, 3, 3]));
  assertEquals(world.region(FIRST)!.version, 1);
  world.apply(paint(GREEN, [1, 1, 1], [2, 2, 2]));
  assertEquals([world.region(FIRST)!.version, world.seq], [2, 2]);
});

Deno.test("a patch that removes a voxel and writes it again leaves it as it was", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1]));
  const cells = { positions: new Uint32Array([1, 1, 1, 1, 1, 1]), colors: new Uint32Array([0, RED]) };
  assertEquals(world.apply({ kind: "patch", cells }).changed, 0);
});

Deno.test("an emptied region stays listed with its version and no voxels, and shows nothing", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1], [1, 2, 1]));
  world.apply(paint(0, [1, 1, 1], [1, 2, 1]));
  const { version, voxels, entities, hash } = world.region(FIRST)!;
  assertEquals({ version, voxels, entities, hash }, {
    version: 2,
    voxels: 0,
    entities: 0,
    hash: emptyHash(),
  });
  assertEquals(world.snapshot(FIRST).samples.keys.length, 0);
  assert(world.dirty.has(FIRST));
  world.apply(paint(RED, [1, 1, 1]));
  assertEquals(world.region(FIRST)!.version, 3);
});

Deno.test("clear removes the voxels of the named regions, or of all, and leaves entities", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1], [9, 1, 1], [9, 9, 9]));
  world.apply({ kind: "entities", source: "test", put: [box("a", [9.5, 9.5, 9.5], { color: GREEN })] });
  assertEquals(world.apply({ kind: "clear", regions: [FIRST, FIRST, regionKey(1, 2)] }).dirty, [FIRST]);
  assertEquals([world.voxelCount, world.region(FIRST)!.voxels], [2, 0]);
  const last = regionKey(1, 7);
  // The voxel in the last region lies under the entity: it goes, but nothing looks different.
  const { version } = world.region(last)!;
  assertEquals(world.apply({ kind: "clear" }), {
    seq: 4,
    epoch: 7,
    dirty: [regionKey(1, 1)],
    changed: 2,
    errors: [],
  });
  assertEquals([world.voxelCount, world.region(last)!.version, world.entityCount], [0, version, 1]);
  assertEquals(world.snapshot(last).samples.colors, new Uint32Array([GREEN]));
  const elsewhere = assertThrows(
    () => world.apply({ kind: "clear", regions: [regionKey(2, 0)] }),
    VoxcastError,
  );
  assertEquals(elsewhere.code, "OUT_OF_BOUNDS");
});

Deno.test("a large clear is taken back by several patches, none above the limit", () => {
  const world = smallWorld({ maxPatchCells: 3 });
  for (let x = 0; x < 8; x++) world.apply(paint(RED + x, [2 * x, 1, 1]));
  const { shows } = (photograph(world) as { regions: { shows: unknown }[] }).regions[0]!;
  const { inverse } = world.apply({ kind: "clear" }, { inverse: true });
  assertEquals(inverse!.map((op) => op.kind === "patch" && op.cells.colors.length), [3, 3, 2]);
  for (const op of inverse!) world.apply(op);
  assertEquals(world.voxelCount, 8);
  assertEquals(world.snapshot(FIRST).samples, (shows as { samples: unknown }).samples);
});

Deno.test("a build takes the dirty mark only if its version is still the newest", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1]));
  world.apply(paint(GREEN, [1, 1, 1]));
  world.markBuilt(FIRST, 1);
  assert(world.dirty.has(FIRST));
  world.markBuilt(FIRST, 2);
  assertEquals(world.dirty.size, 0);
  world.markBuilt(regionKey(1, 5), 0);
});

Deno.test("a snapshot is a copy: later changes, and a transfer of its arrays, leave the other alone", () => {
  const world = smallWorld();
  world.apply(paint(RED, [1, 1, 1], [2, 2, 2]));
  const snapshot = world.snapshot(FIRST);
  world.apply(paint(GREEN, [1, 1, 1]));
  assertEquals([...snapshot.samples.colors], [RED, RED]);
  assertEquals(snapshot.hash, hashSamples(snapshot.samples));
  const { keys, colors, materials } = world.snapshot(FIRST).samples;
  const transfer = [keys.buffer, colors.buffer, materials.buffer] as ArrayBuffer[];
  structuredClone({ keys, colors, materials }, { transfer });
  assertEquals(keys.length, 0);
  assertEquals(shownColor(world, FIRST, 7), GREEN);
});

Deno.test("what removed voxels leave behind in a store is not part of what the region shows", () => {
  const world = smallWorld();
  const cells = Array.from({ length: 8 }, (_, x): [number, number, number] => [x, 0, 0]);
  world.apply(paint(RED, ...cells));
  // One less fits in place, so the highest key stays in the memory beyond the last voxel.
  world.apply(paint(0, [7, 0, 0]));
  world.apply({ kind: "entities", source: "test", put: [box("a", [7.5, 0.5, 0.5], { color: GREEN })] });
  const { samples } = world.snapshot(FIRST);
  assertEquals([...samples.colors], [...new Array(7).fill(RED), GREEN]);
  assertEquals(world.region(FIRST)!.hash, hashSamples(samples));
  world.apply(paint(RED, [7, 0, 0]));
  world.apply({ kind: "entities", source: "test", remove: ["a"] });
  assertEquals([...world.snapshot(FIRST).samples.colors], new Array(8).fill(RED));
});

Deno.test("a region that never held anything is empty at version 0, and one of another level is refused", () => {
  const world = smallWorld();
  const snapshot = world.snapshot(regionKey(1, 3));
  assertEquals([snapshot.version, snapshot.samples.keys.length, snapshot.hash], [0, 0, emptyHash()]);
  assertEquals(world.regions.size, 0);
  assertThrows(() => world.snapshot(regionKey(2, 0)), RangeError, "level 1");
});

Deno.test("listeners hear of each change with its op, dirty regions and the regions that are new", () => {
  const world = smallWorld();
  const heard: WorldChange[] = [];
  const stop = world.onChange((change) => heard.push(change));
  const op = paint(RED, [1, 1, 1], [9, 1, 1]);
  world.apply(op);
  world.apply(paint(RED, [1, 1, 1]));
  world.apply(paint(GREEN, [1, 1, 1], [9, 9, 9]));
  stop();
  world.apply(paint(GREEN, [2, 1, 1]));
  assertEquals(heard.length, 2);
  assertEquals(heard[0], {
    seq: 1,
    epoch: 7,
    dirty: [FIRST, regionKey(1, 1)],
    op,
    appeared: [FIRST, regionKey(1, 1)],
  });
  assertEquals([heard[1]!.seq, heard[1]!.dirty, heard[1]!.appeared], [2, [FIRST, regionKey(1, 7)], [
    regionKey(1, 7),
  ]]);
});

Deno.test("an op applied by a listener is told to all after the one before it", () => {
  const world = smallWorld();
  const heard: string[] = [];
  world.onChange(({ seq }) => {
    heard.push(`first ${seq}`);
    if (seq === 1) assertEquals(world.apply(paint(GREEN, [1, 1, 1])).seq, 2);
  });
  world.onChange(({ seq }) => heard.push(`second ${seq}`));
  world.apply(paint(RED, [1, 1, 1]));
  assertEquals(heard, ["first 1", "second 1", "first 2", "second 2"]);
});

Deno.test("a listener that throws stops neither the op nor the other listeners, and is reported", () => {
  const errors: unknown[] = [];
  const limits = DEFAULT_WORLD_LIMITS;
  const onListenerError = (error: unknown) => void errors.push(error);
  const world = new World({ id: "main", grid: SMALL_GRID, epoch: 7, limits, onListenerError });
  let heard = 0;
  world.onChange(() => {
    throw new Error("broken");
  });
  world.onChange(() => heard++);
  assertEquals(world.apply(paint(RED, [1, 1, 1])).changed, 1);
  world.apply(paint(RED, [2, 1, 1]));
  assertEquals([heard, errors.map(String)], [2, ["Error: broken", "Error: broken"]]);
});

Deno.test("a disposed world gives its memory back, forgets its listeners and takes no ops", () => {
  const budget = new MemoryBudget(1e6);
  const world = new World({ id: "main", grid: SMALL_GRID, epoch: 7, limits: DEFAULT_WORLD_LIMITS, budget });
  let heard = 0;
  world.onChange(() => heard++);
  world.apply(paint(RED, [1, 1, 1]));
  assertNotEquals(budget.bytes, 0);
  world.dispose();
  world.dispose();
  assertEquals([budget.bytes, world.bytes, world.regions.size, world.entityCount, world.dirty.size], [
    0,
    0,
    0,
    0,
    0,
  ]);
  const ops: Op[] = [paint(RED, [1, 1, 1]), { kind: "clear" }, { kind: "entities", source: "test" }];
  for (const op of ops) {
    assertEquals(assertThrows(() => world.apply(op), VoxcastError).code, "WORLD_NOT_FOUND");
  }
  assertEquals(heard, 1);
});

Deno.test("the content's bounds are whole cells around all voxels and entities", () => {
  const world = smallWorld();
  assertEquals(world.contentBounds(), undefined);
  world.apply(paint(RED, [3, 9, 1], [5, 2, 1]));
  assertEquals(world.contentBounds(), { min: [3, 2, 1], max: [6, 10, 2] });
  world.apply({ kind: "entities", source: "test", put: [box("a", [15, 15, 15.5], { size: [2, 1, 0.5] })] });
  assertEquals(world.contentBounds(), { min: [3, 2, 1], max: [16, 16, 16] });
  world.apply({ kind: "clear" });
  assertEquals(world.contentBounds(), { min: [14, 14, 15], max: [16, 16, 16] });
  world.apply({ kind: "entities", source: "test", remove: ["a"] });
  assertEquals(world.contentBounds(), undefined);
});

Deno.test("the content's bounds are worked out once a change, and end with the world", () => {
  const world = smallWorld();
  world.apply(paint(RED, [3, 9, 1]));
  const first = world.contentBounds();
  assertStrictEquals(world.contentBounds(), first);
  world.apply(paint(RED, [4, 9, 1]));
  const second = world.contentBounds();
  assertEquals(second, { min: [3, 9, 1], max: [5, 10, 2] });
  world.apply(paint(RED, [4, 9, 1]));
  assertStrictEquals(world.contentBounds(), second);
  world.dispose();
  assertEquals(world.contentBounds(), undefined);
});

Deno.test("an epoch that is no u32 above 0 is refused", () => {
  for (const epoch of [0, -1, 1.5, 2 ** 32, NaN]) {
    assertThrows(
      () => new World({ id: "main", grid: SMALL_GRID, epoch, limits: DEFAULT_WORLD_LIMITS }),
      RangeError,
    );
  }
});
