import { assert, assertEquals, assertThrows } from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { isWorldId, type World, type WorldLimits, Worlds } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { paint, RED } from "./small_world.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";

function createWorlds(limits: Partial<WorldLimits> = {}): Worlds {
  return new Worlds({
    defaults: WORLD_DEFAULTS,
    limits: { ...DEFAULT_WORLD_LIMITS, ...limits },
    clock: new ManualClock(),
    random: seededRandom(1),
  });
}

function codeOf(work: () => unknown): string {
  return assertThrows(work, VoxcastError).code;
}

Deno.test("a world has the default cube unless its creator says otherwise, and an epoch of its own", () => {
  const worlds = createWorlds();
  const main = worlds.create("main");
  assertEquals([main.id, main.grid.bounds.max, main.grid.level, main.grid.depth], [
    "main",
    [1024, 1024, 1024],
    4,
    6,
  ]);
  const small = worlds.create("small", { bounds: { min: [-1, -1, -1], max: [1, 1, 1] }, level: 2, depth: 3 });
  assertEquals([small.grid.bounds.min, small.grid.level, small.grid.depth], [[-1, -1, -1], 2, 3]);
  assert(main.epoch !== small.epoch);
  assertEquals([worlds.get("main"), worlds.get("none")], [main, undefined]);
  assertEquals([worlds.list(), worlds.count], [[main, small], 2]);
});

Deno.test("the defaults of the options hold for every world", () => {
  const { limits, clock } = { limits: DEFAULT_WORLD_LIMITS, clock: new ManualClock() };
  const worlds = new Worlds({
    limits,
    clock,
    random: seededRandom(1),
    defaults: { ...WORLD_DEFAULTS, level: 2, depth: 4 },
  });
  const { grid } = worlds.create("main");
  assertEquals([grid.level, grid.depth, grid.bounds.max], [2, 4, [1024, 1024, 1024]]);
});

Deno.test("the epoch is never 0, whatever the random source says", () => {
  for (const random of [0, 1 - 2 ** -53]) {
    const worlds = new Worlds({
      defaults: WORLD_DEFAULTS,
      limits: DEFAULT_WORLD_LIMITS,
      clock: new ManualClock(),
      random: () => random,
    });
    const { epoch } = worlds.create("main");
    assert(epoch >= 1 && epoch <= 0xffffffff, `${epoch}`);
  }
});

Deno.test("only lower-case letters, digits, dot, dash and underscore name a world", () => {
  for (const id of ["a", "0", "a.b-c_d", "x".repeat(64)]) assert(isWorldId(id), id);
  for (const id of ["", "A", ".a", "-a", "_a", "a b", "a/b", "ä", "a\n", "x".repeat(65)]) {
    assert(!isWorldId(id), id);
  }
  assertEquals(codeOf(() => createWorlds().create("../etc")), "INVALID_FIELD");
});

Deno.test("a second world of the same id, a grid out of its rules, and one world too many are refused", () => {
  const worlds = createWorlds({ maxWorlds: 2 });
  worlds.create("a");
  assertEquals(codeOf(() => worlds.create("a")), "WORLD_EXISTS");
  assertEquals(codeOf(() => worlds.create("b", { level: 8 })), "INVALID_FIELD");
  assertEquals(
    codeOf(() => worlds.create("b", { bounds: { min: [0, 0, 0], max: [1, 1, 2] } })),
    "INVALID_FIELD",
  );
  worlds.create("b");
  assertEquals(codeOf(() => worlds.create("c")), "WORLD_LIMIT");
  worlds.delete("a");
  worlds.create("c");
});

Deno.test("hooks hear of each world that comes and goes, the latter while it can still be read", () => {
  const worlds = createWorlds();
  const heard: string[] = [];
  const stops = [
    worlds.onCreate((world) => heard.push(`+${world.id}`)),
    worlds.onDelete((world: World) => heard.push(`-${world.id} ${world.voxelCount} ${worlds.get(world.id)}`)),
  ];
  const world = worlds.create("main");
  world.apply(paint(RED, [1, 1, 1]));
  assertEquals([worlds.delete("main"), worlds.delete("main")], [true, false]);
  assertEquals(heard, ["+main", "-main 1 undefined"]);
  assertEquals(codeOf(() => world.apply(paint(RED, [1, 1, 1]))), "WORLD_NOT_FOUND");
  for (const stop of stops) stop();
  worlds.create("main");
  assertEquals(heard.length, 2);
});

Deno.test("voxelBytes is the sum over the worlds and 0 when all are gone", () => {
  const worlds = createWorlds();
  const [a, b] = [worlds.create("a"), worlds.create("b")];
  a.apply(paint(RED, [1, 1, 1]));
  b.apply(paint(RED, [1, 1, 1], [999, 1, 1]));
  assertEquals(worlds.voxelBytes, a.voxelBytes + b.voxelBytes);
  worlds.dispose();
  assertEquals([worlds.voxelBytes, worlds.count], [0, 0]);
});

Deno.test("a world deleted while a delete hook throws is gone all the same", () => {
  const worlds = createWorlds();
  worlds.create("main").apply(paint(RED, [1, 1, 1]));
  worlds.onDelete(() => {
    throw new Error("broken");
  });
  assertThrows(() => worlds.delete("main"), Error, "broken");
  assertEquals([worlds.get("main"), worlds.voxelBytes], [undefined, 0]);
});
