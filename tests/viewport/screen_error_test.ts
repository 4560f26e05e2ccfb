import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Grid } from "../../src/space/mod.ts";
import { lodForDistance, lodRuleFor, type Viewport } from "../../src/viewport/mod.ts";
import { PLAIN_CAMERA } from "./cameras.ts";

const GRID: Grid = { bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] }, level: 4, depth: 6 };
const RULE = { thresholds: [100, 300, 700], maxLod: 3, hysteresis: 0.1 };

/** Pixels that an edge of a node covers that stands upright in the middle of the picture, by projecting both its ends. */
function edgePx(lod: number, distance: number, { fovY, heightPx = 1080 }: Viewport, grid: Grid): number {
  const { min, max } = grid.bounds;
  const edge = (max[0] - min[0]) / 2 ** (grid.level + grid.depth) * 2 ** lod;
  const toPicture = (height: number) => height / (distance * Math.tan(fovY / 2)) * heightPx / 2;
  return toPicture(edge / 2) - toPicture(-edge / 2);
}

Deno.test("by screen error the LOD is the coarsest whose nodes are small enough in the picture", () => {
  const camera = fc.record({
    fovY: fc.double({ min: 0.1, max: 2.8, noNaN: true }),
    heightPx: fc.option(fc.integer({ min: 1, max: 16_384 }), { nil: undefined }),
  });
  const around = fc.double({ min: -3, max: 14, noNaN: true });
  fc.assert(
    fc.property(camera, around, fc.double({ min: 0.25, max: 100, noNaN: true }), (lens, log2, maxErrorPx) => {
      const { heightPx, fovY } = lens;
      const view: Viewport = { ...PLAIN_CAMERA, fovY, ...(heightPx === undefined ? {} : { heightPx }) };
      const distance = 2 ** log2;
      const lod = lodForDistance(distance, lodRuleFor({ ...RULE, maxErrorPx }, view, GRID), -1);
      const isFine = (at: number, slack: number) => edgePx(at, distance, view, GRID) <= maxErrorPx * slack;
      assert(lod === 0 || isFine(lod, 1 + 1e-9), `LOD ${lod} is too coarse`);
      assert(lod === RULE.maxLod || !isFine(lod + 1, 1 - 1e-9), `LOD ${lod} is finer than need be`);
    }),
  );
});

Deno.test("a client that does not tell the height of its picture is taken to have 1080 lines", () => {
  const rule = { ...RULE, maxErrorPx: 2 };
  const told = lodRuleFor(rule, { ...PLAIN_CAMERA, heightPx: 1080 }, GRID);
  assertEquals(lodRuleFor(rule, PLAIN_CAMERA, GRID), told);
  const half = lodRuleFor(rule, { ...PLAIN_CAMERA, heightPx: 540 }, GRID);
  told.thresholds.forEach((threshold, i) => assertAlmostEquals(half.thresholds[i]!, threshold / 2));
  // 2 cells of 1 unit, 540 lines to tan(30 degrees), 2 pixels.
  assertAlmostEquals(told.thresholds[0]!, 2 * 540 / Math.tan(Math.PI / 6) / 2, 1e-9);
});

Deno.test("the coarsest LOD and the hysteresis are those of the rule, and without an error distances decide", () => {
  assertEquals(lodRuleFor(RULE, PLAIN_CAMERA, GRID), RULE);
  const { thresholds, maxLod, hysteresis } = lodRuleFor(
    { ...RULE, maxLod: 5, maxErrorPx: 2 },
    PLAIN_CAMERA,
    GRID,
  );
  assertEquals([thresholds.length, maxLod, hysteresis], [5, 5, 0.1]);
  assert(thresholds.every((threshold, i) => i === 0 || threshold === 2 * thresholds[i - 1]!));
  assertEquals(lodRuleFor({ ...RULE, maxLod: 0, maxErrorPx: 2 }, PLAIN_CAMERA, GRID).thresholds, []);
});
