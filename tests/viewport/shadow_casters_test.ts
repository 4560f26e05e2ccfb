import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { dot, encodeMorton, type Vec3 } from "../../src/space/mod.ts";
import { RegionPyramid, shadowCasters } from "../../src/viewport/mod.ts";
import { runs } from "../support/runs.ts";

const LEVEL = 3;
const SIZE = 2 ** LEVEL;

function pyramidOf(mortons: Iterable<number>): RegionPyramid {
  const pyramid = new RegionPyramid(LEVEL);
  for (const morton of mortons) pyramid.add(morton);
  return pyramid;
}

const everything = () => pyramidOf(Array.from({ length: SIZE ** 3 }, (_, morton) => morton));

Deno.test("along an axis just the regions above throw shadows, none beside them and none below", () => {
  const light = { direction: [0, 5, 0] as Vec3, radius: 0 };
  const casters = shadowCasters([{ morton: encodeMorton(2, 3, 4), lod: 1 }], everything(), light);
  const above = [4, 5, 6, 7].map((y) => encodeMorton(2, y, 4));
  assertEquals(
    [...casters].sort(([a], [b]) => a - b),
    above.sort((a, b) => a - b).map((morton) => [morton, 1]),
  );
  const down = { direction: [0, -0.1, 0] as Vec3, radius: 0 };
  assertEquals(shadowCasters([{ morton: encodeMorton(2, 3, 4), lod: 1 }], everything(), down).size, 3);
});

Deno.test("what is lit is no caster, empty regions are none, and the finest detail of those below counts", () => {
  const lit = [{ morton: encodeMorton(0, 0, 0), lod: 2 }, { morton: encodeMorton(0, 2, 0), lod: 0 }];
  const pyramid = pyramidOf([
    ...lit.map(({ morton }) => morton),
    encodeMorton(0, 1, 0),
    encodeMorton(0, 5, 0),
  ]);
  const casters = shadowCasters(lit, pyramid, { direction: [0, 1, 0], radius: 0 });
  assertEquals([...casters], [[encodeMorton(0, 1, 0), 2], [encodeMorton(0, 5, 0), 0]]);
  const turned = shadowCasters(lit.toReversed(), pyramid, { direction: [0, 1, 0], radius: 0 });
  assertEquals([turned.get(encodeMorton(0, 1, 0)), turned.get(encodeMorton(0, 5, 0))], [2, 0]);
  const finerBelow = lit.map(({ morton, lod }) => ({ morton, lod: 2 - lod }));
  assertEquals([...shadowCasters(finerBelow, pyramid, { direction: [0, 1, 0], radius: 0 }).values()], [0, 0]);
  assertEquals(shadowCasters([], pyramid, { direction: [0, 1, 0], radius: 0 }).size, 0);
});

Deno.test("a wide light is darkened from ever farther aside", () => {
  const casters = shadowCasters([{ morton: encodeMorton(4, 0, 4), lod: 0 }], everything(), {
    direction: [0, 1, 0],
    radius: 0.25,
  });
  const rows = [1, 2, 4].map((y) => [1, 2, 3, 4, 5, 6].map((x) => casters.has(encodeMorton(x, y, 4))));
  assertEquals(rows, [
    [false, false, true, true, true, false],
    [false, true, true, true, true, true],
    [false, true, true, true, true, true],
  ]);
});

Deno.test("the light is a square: its corners shine farther aside than its sides", () => {
  // From the corner of the lit region to the light's corner: a slope of (1 + h) / (1 - h), where h is 0.03 times sqrt(2).
  const [lit, high] = [encodeMorton(0, 0, 4), encodeMorton(57, 62, 4)];
  const pyramid = new RegionPyramid(6);
  for (const morton of [lit, high]) pyramid.add(morton);
  const light = { direction: [1, 1, 0] as Vec3, radius: 0.03 };
  assertEquals([...shadowCasters([{ morton: lit, lod: 3 }], pyramid, light)], [[high, 3]]);
});

Deno.test("the search ends with the first caster beyond those that there may be", () => {
  const lit = [{ morton: encodeMorton(2, 0, 4), lod: 1 }];
  const light = { direction: [0, 1, 0] as Vec3, radius: 0 };
  assertEquals(shadowCasters(lit, everything(), light, 7).size, 7);
  assertEquals(shadowCasters(lit, everything(), light, 3).size, 4);
  const one = new RegionPyramid(0);
  one.add(0);
  assertEquals(shadowCasters([{ morton: 0, lod: 1 }], one, light).size, 0);
});

Deno.test("property: the same casters are found in a world of few regions as among all", () => {
  const cell = fc.integer({ min: 0, max: SIZE ** 3 - 1 });
  const component = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.uniqueArray(cell, { minLength: 1, maxLength: 20 }),
      fc.array(cell, { maxLength: 40 }),
      fc.tuple(component, component, component).filter((d) => Math.hypot(...d) > 0.01),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      (litCells, others, direction, radius) => {
        const lit = litCells.map((morton, i) => ({ morton, lod: i % 4 }));
        const few = pyramidOf([...litCells, ...others]);
        const all = shadowCasters(lit, everything(), { direction, radius });
        const found = shadowCasters(lit, few, { direction, radius });
        assertEquals(found, new Map([...all].filter(([morton]) => few.has(morton))));
      },
    ),
    { numRuns: runs(200) },
  );
});

Deno.test("property: every region that a ray from the lit one to the light meets is among the casters", () => {
  const part = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  const component = fc.double({ min: -1, max: 1, noNaN: true });
  const cell = fc.integer({ min: 0, max: SIZE - 1 });
  fc.assert(
    fc.property(
      fc.tuple(cell, cell, cell),
      fc.tuple(part, part, part),
      fc.tuple(component, component, component).filter((d) => Math.hypot(...d) > 0.01),
      fc.tuple(component, component, component),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      (at, offset, direction, aside, radius) => {
        const morton = encodeMorton(...at);
        const casters = shadowCasters([{ morton, lod: 0 }], everything(), { direction, radius });
        // A ray to a point of the light: square to its direction, as far off its middle as a corner.
        const length = Math.hypot(...direction);
        const along = dot(aside, direction) / length ** 2;
        const off = aside.map((value, axis) => value - along * direction[axis]!);
        const share = 0.999 * Math.SQRT2 * radius / Math.max(Math.hypot(...off), 1e-9);
        const ray = direction.map((value, axis) => value / length + share * off[axis]!);
        for (let t = 0; t < 2 * SIZE; t += 0.01) {
          const point = at.map((low, axis) => Math.floor(low + offset[axis]! + t * ray[axis]!));
          if (point.some((value) => value < 0 || value >= SIZE)) break;
          const code = encodeMorton(point[0]!, point[1]!, point[2]!);
          assert(code === morton || casters.has(code), `${point} of the ray from ${at}`);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});
