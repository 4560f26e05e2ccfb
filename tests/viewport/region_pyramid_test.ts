import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createGrid } from "../../src/space/mod.ts";
import { computeVisible, RegionPyramid, VisibleSet } from "../../src/viewport/mod.ts";
import { PLAIN_CAMERA } from "./cameras.ts";

type Step = readonly ["add" | "remove", number] | readonly ["clear"];

/** Regions come from a small range, so that most steps meet one that was there before. */
function stepsFor(level: number): fc.Arbitrary<readonly Step[]> {
  const morton = fc.oneof(
    fc.integer({ min: 0, max: 8 ** level - 1 }),
    fc.integer({ min: 0, max: 8 ** Math.min(level, 1) - 1 }),
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 20, arbitrary: fc.tuple(fc.constantFrom("add" as const, "remove" as const), morton) },
    { weight: 1, arbitrary: fc.constant(["clear"] as const) },
  );
  return fc.array(step, { maxLength: 120 });
}

const anyHistory = fc.integer({ min: 0, max: 5 }).chain((level) =>
  fc.tuple(fc.constant(level), stepsFor(level))
);

/** The child masks that a set of regions has, worked out from the set. */
function masksOf(level: number, regions: ReadonlySet<number>): Uint8Array {
  const masks = new Uint8Array((8 ** level - 1) / 7);
  for (const region of regions) {
    for (let l = level - 1; l >= 0; l--) {
      const child = Math.floor(region / 8 ** (level - 1 - l));
      masks[(8 ** l - 1) / 7 + Math.floor(child / 8)]! |= 1 << (child % 8);
    }
  }
  return masks;
}

Deno.test("a pyramid answers like a set of regions, and its masks are those of the set, after any history", () => {
  fc.assert(fc.property(anyHistory, ([level, steps]) => {
    const pyramid = new RegionPyramid(level);
    const model = new Set<number>();
    for (const step of steps) {
      if (step[0] === "clear") {
        pyramid.clear();
        model.clear();
      } else if (step[0] === "add") {
        assertEquals(pyramid.add(step[1]), !model.has(step[1]));
        model.add(step[1]);
      } else {
        assertEquals(pyramid.remove(step[1]), model.delete(step[1]));
      }
      assertEquals(pyramid.count, model.size);
    }
    for (let morton = 0; morton < Math.min(8 ** level, 600); morton++) {
      assertEquals(pyramid.has(morton), model.has(morton));
    }
    assertEquals(pyramid.masks, masksOf(level, model));
    const inOrder: number[] = [];
    for (let at = pyramid.firstFrom(0); at >= 0; at = pyramid.firstFrom(at + 1)) inOrder.push(at);
    assertEquals(inOrder, [...model].sort((a, b) => a - b));
  }));
});

Deno.test("a pyramid of level 7 takes at most 300 KB and one of level 0 holds one region", () => {
  assert(new RegionPyramid(7).masks.byteLength <= 300 * 1024);
  const one = new RegionPyramid(0);
  assertEquals([one.has(0), one.add(0), one.add(0), one.has(0), one.count], [false, true, false, true, 1]);
  assertEquals([one.remove(0), one.remove(0), one.count], [true, false, 0]);
});

Deno.test("the last region of level 7 goes in and out", () => {
  const pyramid = new RegionPyramid(7);
  const last = 8 ** 7 - 1;
  assert(pyramid.add(last) && pyramid.has(last) && !pyramid.has(last - 1));
  assert(pyramid.remove(last));
  assert(pyramid.masks.every((mask) => mask === 0));
});

Deno.test("a region that does not exist is refused, and is not in", () => {
  const pyramid = new RegionPyramid(2);
  for (const morton of [-1, 64, 1.5, NaN, 2 ** 32]) {
    assertThrows(() => pyramid.add(morton), RangeError, `There is no region 2/${morton}`);
    assertThrows(() => pyramid.remove(morton), RangeError, `There is no region 2/${morton}`);
    assertEquals(pyramid.has(morton), false);
  }
  for (const level of [-1, 8, 0.5, NaN]) {
    assertThrows(() => new RegionPyramid(level), RangeError, "Region level");
  }
});

Deno.test("a region that was taken out is no longer seen", () => {
  const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
  const pyramid = new RegionPyramid(4);
  const rule = { thresholds: [100], maxLod: 1, hysteresis: 0 };
  const out = new VisibleSet();
  pyramid.add(0o3333);
  assertEquals(computeVisible(PLAIN_CAMERA, grid, pyramid, rule, out).count, 1);
  pyramid.remove(0o3333);
  assertEquals(computeVisible(PLAIN_CAMERA, grid, pyramid, rule, out).count, 0);
});
