import { assertEquals, assertThrows } from "@std/assert";
import { HeldRegions } from "../../src/trace/held_regions.ts";
import { sceneBytes, type TracedWorld, TraceError } from "../../src/trace/mod.ts";
import { ballOverFloor, worldOf } from "./scene_fixture.ts";

const WORLD = worldOf("esvo", ballOverFloor);
const BYTES = WORLD.regions.reduce((sum, { tree }) => sum + sceneBytes(tree), 0);

function pick(world: TracedWorld, ...indices: number[]): TracedWorld {
  return { ...world, regions: indices.map((i) => world.regions[i]!) };
}

function idsOf(held: HeldRegions, world: TracedWorld): { drop: number[]; add: number[]; use: number[] } {
  const { drop, add, use } = held.order(world);
  return { drop: [...drop], add: add.map(({ id }) => id), use: use.map(({ id }) => id) };
}

Deno.test("a region is sent once, and again when its version, detail, kind or world is another", () => {
  const held = new HeldRegions(10 * BYTES);
  const one = pick(WORLD, 0, 1);
  assertEquals(idsOf(held, one), { drop: [], add: [0, 1], use: [0, 1] });
  assertEquals(idsOf(held, one), { drop: [], add: [], use: [0, 1] });
  assertEquals(idsOf(held, pick(WORLD, 1, 2)), { drop: [], add: [2], use: [1, 2] });
  const [region] = one.regions;
  const others: TracedWorld[] = [
    { ...one, regions: [{ ...region!, version: 2 }] },
    { ...one, regions: [{ ...region!, lod: 1 }] },
    { ...one, id: "other", regions: [region!] },
    { ...one, kind: "esvt", regions: [region!] },
  ];
  others.forEach((world, i) => assertEquals(idsOf(held, world), { drop: [], add: [3 + i], use: [3 + i] }));
  assertEquals(idsOf(held, one), { drop: [], add: [], use: [0, 1] });
});

Deno.test("what has not been used for longest goes when there is no room, and never what is asked for", () => {
  const held = new HeldRegions(BYTES);
  held.order(WORLD);
  held.order(pick(WORLD, 0));
  assertEquals(held.bytes, BYTES);
  const next = { ...pick(WORLD, 2), id: "next" };
  // Region 1 was used first since; region 0 has been used again.
  assertEquals(idsOf(held, next).drop[0], 1);
  assertEquals(held.bytes <= BYTES, true);
  assertEquals(idsOf(held, pick(WORLD, 0)).add, []);
});

Deno.test("a world that does not fit is refused, and nothing is forgotten for it", () => {
  const held = new HeldRegions(BYTES - 1);
  const [first] = WORLD.regions;
  held.order(pick(WORLD, 0));
  const error = assertThrows(() => held.order(WORLD), TraceError, "trace.maxSceneBytes");
  assertEquals(error.kind, "too-large");
  assertEquals(held.bytes, sceneBytes(first!.tree));
  assertEquals(idsOf(held, pick(WORLD, 0)).add, []);
});
