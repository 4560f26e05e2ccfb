import { assertEquals, assertThrows } from "@std/assert";
import { regionKey } from "../../src/space/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import type { Applied, EntitiesOp, EntityFields, World } from "../../src/world/mod.ts";
import { BLUE, box, buildAll, GREEN, paint, photograph, RED, shownColor, smallWorld } from "./small_world.ts";

const FIRST = regionKey(1, 0);
const SECOND = regionKey(1, 1);

function change(world: World, op: Omit<EntitiesOp, "kind" | "source">, source = "test"): Applied {
  return world.apply({ kind: "entities", source, ...op });
}

function itemsOf(applied: Applied): string[] {
  return applied.errors.map(({ index, path, code }) => `${index} ${path} ${code}`);
}

Deno.test("an entity covers voxels while it is there, in every region that it overlaps", () => {
  const world = smallWorld();
  world.apply(paint(RED, [7, 1, 1]));
  const put = change(world, {
    put: [box("a", [8, 1.5, 1.5], { size: [2, 1, 1], color: BLUE, material: 3 })],
  });
  assertEquals([put.dirty, put.changed], [[FIRST, SECOND], 1]);
  assertEquals([world.region(FIRST)!.entities, world.region(SECOND)!.entities], [1, 1]);
  assertEquals(world.snapshot(SECOND).samples.materials, new Uint8Array([3]));
  const at = world.snapshot(FIRST).samples.keys[0]!;
  assertEquals(shownColor(world, FIRST, at), BLUE);
  change(world, { remove: ["a"] });
  assertEquals(shownColor(world, FIRST, at), RED);
  assertEquals(world.snapshot(SECOND).samples.keys.length, 0);
});

Deno.test("of entities that overlap the one with the higher handle shows, also after the lower one was put again", () => {
  const world = smallWorld();
  change(world, { put: [box("low", [1.5, 1.5, 1.5]), box("high", [1.5, 1.5, 1.5], { color: GREEN })] });
  assertEquals([world.entity("low")!.handle, world.entity("high")!.handle], [1, 2]);
  change(world, { put: [box("low", [1.5, 1.5, 1.5], { color: BLUE })] });
  assertEquals(shownColor(world, FIRST, 7), GREEN);
  change(world, { remove: ["high"] });
  assertEquals(shownColor(world, FIRST, 7), BLUE);
  change(world, { put: [box("high", [1.5, 1.5, 1.5], { color: GREEN })] });
  assertEquals(world.entity("high")!.handle, 3);
});

Deno.test("an entity put onto itself unchanged changes nothing", () => {
  const world = smallWorld();
  change(world, { put: [box("a", [1, 1, 1])] });
  buildAll(world);
  const before = photograph(world);
  assertEquals(
    change(world, { put: [box("a", [1, 1, 1], { material: 0 })], patch: [{ id: "a" }] }).changed,
    0,
  );
  assertEquals(change(world, { patch: [{ id: "a", color: BLUE }, { id: "a", color: RED }] }).changed, 0);
  assertEquals(photograph(world), before);
});

Deno.test("a change that cannot be seen is a change of the entity but not of any region", () => {
  const world = smallWorld();
  change(world, { put: [box("a", [1.5, 1.5, 1.5]), box("b", [1.5, 1.5, 1.5], { color: GREEN })] });
  buildAll(world);
  const moved = change(world, {
    patch: [{ id: "a", type: "hidden", color: BLUE }, {
      id: "b",
      position: [1.4, 1.5, 1.5],
      size: [0.5, 1, 1],
    }],
  });
  assertEquals([moved.changed, moved.dirty, moved.seq, world.dirty.size], [2, [], 2, 0]);
  assertEquals(world.apply(paint(RED, [1, 1, 1])).dirty, []);
  change(world, { remove: ["a", "b"] });
  assertEquals(shownColor(world, FIRST, 7), RED);
});

Deno.test("an entity whose target region is full stays where it was and is reported", () => {
  const world = smallWorld({ maxEntitiesPerRegion: 1 });
  change(world, { put: [box("a", [1.5, 1.5, 1.5]), box("b", [9.5, 1.5, 1.5])] });
  const before = photograph(world);
  const refused = change(world, {
    put: [box("a", [9.5, 2.5, 1.5])],
    patch: [{ id: "b", position: [8, 1.5, 1.5] }],
  });
  assertEquals(itemsOf(refused), ["0 put.0 ENTITY_LIMIT", "0 patch.0 ENTITY_LIMIT"]);
  assertEquals(refused.errors[0]!.message, "Region 1/1 has 1 entities, limit is 1");
  assertEquals(photograph(world), before);
  // Within the region that it already counts in it may move, and into one that empties in the same op.
  assertEquals(change(world, { patch: [{ id: "b", position: [10, 1.5, 1.5] }] }).errors, []);
  assertEquals(change(world, { remove: ["b"], put: [box("a", [9.5, 2.5, 1.5])] }).errors, []);
  assertEquals([world.region(FIRST)!.entities, world.region(SECOND)!.entities], [0, 1]);
});

Deno.test("bad items are reported by index and field, and the rest stands", () => {
  const world = smallWorld();
  const applied = change(world, {
    put: [box("a", [1, 1, 1]), box("", [1, 1, 1]), box("c", [1, 16, 1]), box("d", [1, NaN, 1])],
    patch: [{ id: "nobody" }, { id: "a", size: [1, 0, 1] }],
    remove: ["none"],
  });
  assertEquals(itemsOf(applied), [
    "0 remove.0.id ENTITY_NOT_FOUND",
    "1 put.1.id INVALID_FIELD",
    "2 put.2.position OUT_OF_BOUNDS",
    "3 put.3.position INVALID_FIELD",
    "0 patch.0.id ENTITY_NOT_FOUND",
    "1 patch.1.size INVALID_FIELD",
  ]);
  assertEquals([applied.changed, world.entityCount], [1, 1]);
});

Deno.test("an atomic op is refused whole at a bad item, with all bad items listed", () => {
  const world = smallWorld();
  change(world, { put: [box("a", [1, 1, 1])] });
  const before = photograph(world);
  const op = { atomic: true, put: [box("b", [1, 1, 1]), box("c", [99, 1, 1])], remove: ["a", "none"] };
  const error = assertThrows(() => change(world, op), VoxcastError);
  assertEquals(error.code, "ENTITY_NOT_FOUND");
  assertEquals(error.details!.map(({ index, code }) => [index, code]), [[1, "ENTITY_NOT_FOUND"], [
    1,
    "OUT_OF_BOUNDS",
  ]]);
  assertEquals(photograph(world), before);
  change(world, { put: [box("b", [1, 1, 1])] });
  assertEquals(world.entity("b")!.handle, 2, "a refused op takes no handle");
});

Deno.test("every field of an entity is checked", () => {
  const world = smallWorld();
  const bad: [string, Partial<Record<keyof EntityFields, unknown>>][] = [
    ["id", { id: 5 }],
    ["id", { id: "x".repeat(257) }],
    ["type", { type: "x".repeat(65) }],
    ["type", { type: undefined }],
    ["position", { position: [1, 2] }],
    ["position", { position: [1, 2, "3"] }],
    ["size", { size: [1, 1, Infinity] }],
    ["size", { size: [1, 1, -1] }],
    ["color", { color: 0x00ffffff }],
    ["color", { color: 2 ** 32 }],
    ["color", { color: 0.5 }],
    ["material", { material: 256 }],
    ["material", { material: null }],
  ];
  for (const [field, fields] of bad) {
    const item = { ...box("a", [1, 1, 1]), ...fields } as EntityFields;
    assertEquals(itemsOf(change(world, { put: [item] })), [`0 put.0.${field} INVALID_FIELD`]);
  }
  assertEquals(change(world, { put: [box("x".repeat(256), [0, 0, 0], { type: "" })] }).errors, []);
});

Deno.test("an entity is a copy of the fields it was made from, and its source is who put it last", () => {
  const world = smallWorld();
  const position: [number, number, number] = [1, 1, 1];
  change(world, { put: [box("a", position)] }, "feed");
  position[0] = 5;
  assertEquals([world.entity("a")!.position, world.entity("a")!.source], [[1, 1, 1], "feed"]);
  const taken = change(world, { put: [box("a", [1, 1, 1])] }, "person");
  assertEquals([taken.changed, taken.dirty, world.entity("a")!.source], [1, [], "person"]);
});

Deno.test("two entities that swapped places through full regions swap back", () => {
  const world = smallWorld({ maxEntitiesPerRegion: 1 });
  change(world, { put: [box("a", [1.5, 1.5, 1.5]), box("b", [9.5, 1.5, 1.5])] });
  const before = [...world.entities()];
  const op: EntitiesOp = {
    kind: "entities",
    source: "other",
    atomic: true,
    patch: [
      { id: "a", position: [9.5, 9.5, 1.5] },
      { id: "b", position: [1.5, 1.5, 1.5] },
      { id: "a", position: [9.5, 1.5, 1.5] },
    ],
  };
  const { inverse } = world.apply(op, { inverse: true });
  for (const op of inverse!) world.apply(op);
  assertEquals([...world.entities()], before);
});

Deno.test("a removed entity comes back below the one that covered it", () => {
  const world = smallWorld();
  change(world, { put: [box("low", [1.5, 1.5, 1.5]), box("high", [1.5, 1.5, 1.5], { color: GREEN })] });
  const { inverse } = world.apply({ kind: "entities", source: "test", remove: ["low"] }, { inverse: true });
  change(world, { put: [box("low", [9.5, 1.5, 1.5])] });
  for (const op of inverse!) world.apply(op);
  assertEquals([world.entity("low")!.handle, shownColor(world, FIRST, 7)], [1, GREEN]);
  assertEquals(world.snapshot(SECOND).samples.keys.length, 0);
});

Deno.test("a handle that never was, or that another entity has, is not restored", () => {
  const world = smallWorld();
  change(world, { put: [box("a", [1, 1, 1]), box("b", [9, 1, 1])] });
  const a = world.entity("a")!;
  const before = photograph(world);
  for (const handle of [2, 3, 0, -1, 1.5]) {
    const error = assertThrows(() => change(world, { restore: [{ ...a, handle }] }), VoxcastError);
    assertEquals([error.code, error.details![0]!.path], ["INVALID_FIELD", "restore.0.handle"]);
  }
  const twice = [a, { ...world.entity("b")!, handle: 1 }];
  assertThrows(() => change(world, { restore: twice }), VoxcastError, "Handle 1 cannot be restored");
  assertEquals(photograph(world), before);
});
