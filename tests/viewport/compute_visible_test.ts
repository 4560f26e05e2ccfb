import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ALL_PLANES,
  classifyBox,
  createGrid,
  dot,
  encodeMorton,
  type Grid,
  length,
  mortonX,
  normalize,
  perspectiveFrustum,
  regionBounds,
  regionKey,
  subtract,
  type Vec3,
} from "../../src/space/mod.ts";
import {
  computeVisible,
  lodForDistance,
  type LodRule,
  RegionPyramid,
  type Viewport,
  VisibleSet,
} from "../../src/viewport/mod.ts";
import { anyCamera, groundPyramid, PLAIN_CAMERA, regionsOf, squareCamera } from "./cameras.ts";
import { runs } from "../support/runs.ts";

const RULE: LodRule = { thresholds: [100, 300, 700], maxLod: 3, hysteresis: 0.1 };
const GRIDS = [0, 1, 2, 3, 4, 5].map((level) =>
  createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, level, 6)
);
const anyScene = fc.record({
  level: fc.integer({ min: 0, max: 5 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  chance: fc.constantFrom(0, 0.01, 0.3, 1),
});

function seen(view: Viewport, grid: Grid, pyramid: RegionPyramid): number[] {
  const out = computeVisible(view, grid, pyramid, RULE, new VisibleSet());
  return [...out.keys.subarray(0, out.count)].sort((a, b) => a - b);
}

/** The test of every occupied region alone against all six planes. */
function seenOneByOne(view: Viewport, grid: Grid, pyramid: RegionPyramid): number[] {
  const frustum = perspectiveFrustum(view);
  return regionsOf(pyramid).filter((morton) => {
    const { min, max } = regionBounds(grid, regionKey(grid.level, morton));
    return classifyBox(frustum, min[0], min[1], min[2], max[0] - min[0], ALL_PLANES) >= 0;
  });
}

/** How far a region's best corner is inside the plane that it is worst at: above 0 is seen. */
function margin(view: Viewport, grid: Grid, morton: number): number {
  const { planes } = perspectiveFrustum(view);
  const { min, max } = regionBounds(grid, regionKey(grid.level, morton));
  let least = Infinity;
  for (let i = 0; i < 24; i += 4) {
    let best = -Infinity;
    for (let corner = 0; corner < 8; corner++) {
      const x = corner & 1 ? max[0] : min[0];
      const y = corner & 2 ? max[1] : min[1];
      const z = corner & 4 ? max[2] : min[2];
      best = Math.max(best, planes[i]! * x + planes[i + 1]! * y + planes[i + 2]! * z + planes[i + 3]!);
    }
    least = Math.min(least, best);
  }
  return least;
}

function centerOf(grid: Grid, morton: number): Vec3 {
  const { min, max } = regionBounds(grid, regionKey(grid.level, morton));
  return [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2];
}

Deno.test("the walk down the octree finds exactly the regions that testing each one alone finds", () => {
  const anyCase = anyScene.chain((scene) => fc.tuple(fc.constant(scene), anyCamera(GRIDS[scene.level]!)));
  fc.assert(
    fc.property(anyCase, ([{ level, seed, chance }, view]) => {
      const grid = GRIDS[level]!;
      const pyramid = groundPyramid(level, seed, chance);
      assertEquals(seen(view, grid, pyramid), seenOneByOne(view, grid, pyramid));
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("it also does when region faces lie exactly on the planes of the frustum", () => {
  fc.assert(
    fc.property(anyScene, squareCamera, ({ level, seed, chance }, view) => {
      const grid = GRIDS[level]!;
      const pyramid = groundPyramid(level, seed, chance);
      assertEquals(seen(view, grid, pyramid), seenOneByOne(view, grid, pyramid));
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("in a world of any place and size a region is seen exactly if no plane has it wholly outside", () => {
  const grid = createGrid({ min: [-7.3, 100.1, 0.05], max: [25.4, 132.8, 32.75] }, 3, 5);
  fc.assert(
    fc.property(anyCamera(grid), fc.integer({ min: 0, max: 99 }), (view, seed) => {
      const pyramid = groundPyramid(3, seed, 0.3);
      const found = new Set(seen(view, grid, pyramid));
      for (const morton of regionsOf(pyramid)) {
        const m = margin(view, grid, morton);
        // Within rounding of a plane either answer is right.
        if (Math.abs(m) > 1e-9) assertEquals(found.has(morton), m > 0, `region ${morton}, margin ${m}`);
        found.delete(morton);
      }
      assertEquals(found.size, 0, "regions are seen that are not occupied");
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("no region with a point in view is missed", () => {
  const unit = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  const grid = GRIDS[4]!;
  const pyramid = groundPyramid(4, 1, 1);
  fc.assert(
    fc.property(anyCamera(grid), unit, unit, unit, (view, a, b, c) => {
      const point: Vec3 = [1024 * a, 1024 * b, 1024 * c];
      const { planes } = perspectiveFrustum(view);
      for (let i = 0; i < 24; i += 4) {
        const n: Vec3 = [planes[i]!, planes[i + 1]!, planes[i + 2]!];
        fc.pre(dot(n, point) + planes[i + 3]! > 1e-6);
      }
      const region = encodeMorton(...(point.map((p) => Math.floor(p / 64)) as [number, number, number]));
      assert(seen(view, grid, pyramid).includes(region));
    }),
    { numRuns: runs(100), maxSkipsPerRun: 1000 },
  );
});

Deno.test("an empty world shows nothing, a camera that looks away sees nothing, one that sees all sees all", () => {
  const grid = GRIDS[4]!;
  const full = groundPyramid(4, 1, 1);
  assertEquals(seen(PLAIN_CAMERA, grid, new RegionPyramid(4)), []);
  assertEquals(seen({ ...PLAIN_CAMERA, lookAt: [512, 700, 3000] }, grid, full), []);
  assertEquals(seen({ ...PLAIN_CAMERA, eye: [512, 512, 4000] }, grid, full).length, 4096);
  assertEquals(seen({ ...PLAIN_CAMERA, farPlane: 500 }, grid, full), []);
});

Deno.test("each region's LOD follows from the distance between the eye and its centre", () => {
  const grid = createGrid({ min: [-100, 40, 8], max: [700, 840, 808] }, 4, 6);
  const pyramid = groundPyramid(4, 3, 0.05);
  fc.assert(
    fc.property(anyCamera(grid), fc.boolean(), (view, known) => {
      const previous = (morton: number): number => (morton % 5) - 1;
      const out = computeVisible(view, grid, pyramid, RULE, new VisibleSet(), known ? previous : undefined);
      for (let i = 0; i < out.count; i++) {
        const distance = length(subtract(centerOf(grid, out.keys[i]!), view.eye));
        const near = (d: number): number => lodForDistance(d, RULE, known ? previous(out.keys[i]!) : -1);
        // One of the two, if the distance is within rounding of a threshold.
        assert([near(distance * (1 - 1e-12)), near(distance * (1 + 1e-12))].includes(out.lods[i]!));
      }
    }),
    { numRuns: runs(50) },
  );
});

Deno.test("a camera that moves to and fro over a threshold does not make the LODs of a world flap", () => {
  const grid = GRIDS[4]!;
  const pyramid = groundPyramid(4, 7, 0);
  const held = new Int8Array(4096).fill(-1);
  const out = new VisibleSet();
  const changesOf = (hysteresis: number): number => {
    let changes = 0;
    held.fill(-1);
    for (let step = 0; step < 40; step++) {
      const eye: Vec3 = [512, 600, 1100 + (step % 2 === 0 ? 4 : -4)];
      const rule = { ...RULE, hysteresis };
      computeVisible({ ...PLAIN_CAMERA, eye }, grid, pyramid, rule, out, (morton) => held[morton]!);
      for (let i = 0; i < out.count; i++) {
        if (step > 1 && held[out.keys[i]!] !== out.lods[i]) changes++;
        held[out.keys[i]!] = out.lods[i]!;
      }
    }
    return changes;
  };
  assert(changesOf(0) > 100, "the sway must cross thresholds");
  assertEquals(changesOf(0.1), 0);
});

Deno.test("regions come by distance * (2 - cos), to within one of 1,023 steps", () => {
  const grid = GRIDS[4]!;
  const pyramid = groundPyramid(4, 5, 0.1);
  fc.assert(
    fc.property(anyCamera(grid), (view) => {
      const out = computeVisible(view, grid, pyramid, RULE, new VisibleSet());
      const forward = normalize(subtract(view.lookAt, view.eye));
      const ranks = [...out.keys.subarray(0, out.count)].map((morton) => {
        const to = subtract(centerOf(grid, morton), view.eye);
        return 2 * length(to) - dot(to, forward);
      });
      // Ranks that differ by less than rounding have no order.
      const rounding = 1e-9 * Math.max(...ranks.map(Math.abs));
      const step = (Math.max(...ranks) - Math.min(...ranks)) / 1023 + rounding;
      for (let i = 1; i < ranks.length; i++) {
        assert(ranks[i]! >= ranks[i - 1]! - step * 1.001, `${i}: ${ranks}`);
      }
    }),
    { numRuns: runs(60) },
  );
});

Deno.test("of two regions equally far the one nearer the centre of the view comes first, of two in line the nearer", () => {
  const grid = GRIDS[5]!;
  const view: Viewport = { ...PLAIN_CAMERA, eye: [512, 512, 1200], fovY: 2 };
  const out = computeVisible(view, grid, groundPyramid(5, 2, 1), RULE, new VisibleSet());
  const forward = normalize(subtract(view.lookAt, view.eye));
  const toCenter = [...out.keys.subarray(0, out.count)].map((morton) =>
    subtract(centerOf(grid, morton), view.eye)
  );
  const far = toCenter.map(length);
  const off = toCenter.map((to, i) => Math.acos(dot(to, forward) / far[i]!));
  let abreast = 0;
  let inLine = 0;
  for (let i = 0; i < out.count; i += 7) {
    for (let j = i + 1; j < out.count; j += 97) {
      if (Math.abs(far[i]! / far[j]! - 1) < 0.01 && Math.abs(off[i]! - off[j]!) > 0.3) {
        abreast++;
        assert(off[i]! < off[j]!, `number ${i} is ${off[i]} off the centre, number ${j} ${off[j]}`);
      }
      if (Math.abs(off[i]! - off[j]!) < 0.01 && Math.abs(far[i]! / far[j]! - 1) > 0.1) {
        inLine++;
        assert(far[i]! < far[j]!, `number ${i} is ${far[i]} away, number ${j} ${far[j]}`);
      }
    }
  }
  assert(abreast > 1000 && inLine > 1000, `only ${abreast} and ${inLine} pairs were compared`);
  const front = out.keys.indexOf(encodeMorton(16, 16, 31));
  assert(front >= 0 && front < 8, `the region before the eye comes as number ${front}`);
});

Deno.test("the same camera gives the same answer in the same order", () => {
  const pyramid = groundPyramid(4, 9, 0.2);
  const first = computeVisible(PLAIN_CAMERA, GRIDS[4]!, pyramid, RULE, new VisibleSet());
  const other = computeVisible(
    { ...PLAIN_CAMERA, eye: [0, 0, 0] },
    GRIDS[4]!,
    pyramid,
    RULE,
    new VisibleSet(),
  );
  const again = computeVisible(PLAIN_CAMERA, GRIDS[4]!, pyramid, RULE, other);
  assertEquals(again.count, first.count);
  assertEquals(again.keys.subarray(0, again.count), first.keys.subarray(0, first.count));
  assertEquals(again.lods.subarray(0, again.count), first.lods.subarray(0, first.count));
});

Deno.test("every region is seen once, in a world of every level", () => {
  for (let level = 0; level <= 7; level++) {
    const grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, level, 3);
    const pyramid = groundPyramid(level, level, 0);
    const far = computeVisible(
      { ...PLAIN_CAMERA, eye: [512, 512, 4000] },
      grid,
      pyramid,
      RULE,
      new VisibleSet(),
    );
    assertEquals(far.count, pyramid.count, `level ${level}`);
    assertEquals(new Set(far.keys.subarray(0, far.count)).size, pyramid.count);
    assert(
      far.keys.subarray(0, far.count).every((morton) => pyramid.has(morton) && mortonX(morton) < 2 ** level),
    );
  }
});

Deno.test("a pyramid of another level than the grid, or a degenerate camera, is refused", () => {
  const out = new VisibleSet();
  assertThrows(
    () => computeVisible(PLAIN_CAMERA, GRIDS[4]!, new RegionPyramid(3), RULE, out),
    RangeError,
    "of level 3, the grid of level 4",
  );
  const pyramid = groundPyramid(4, 1, 0);
  const blind = { ...PLAIN_CAMERA, lookAt: PLAIN_CAMERA.eye };
  assertThrows(() => computeVisible(blind, GRIDS[4]!, pyramid, RULE, out), RangeError, "degenerate");
  assertEquals(computeVisible(PLAIN_CAMERA, GRIDS[4]!, pyramid, RULE, out).count > 0, true);
});

Deno.test("a visible set is used again without new memory once it is large enough", () => {
  const grid = GRIDS[4]!;
  const pyramid = groundPyramid(4, 1, 1);
  const out = new VisibleSet();
  assertStrictEquals(
    computeVisible({ ...PLAIN_CAMERA, eye: [512, 512, 4000] }, grid, pyramid, RULE, out),
    out,
  );
  const { keys, lods } = out;
  const held = (morton: number): number => (morton & 3) - 1;
  const turn = (rounds: number): void => {
    for (let i = 0; i < rounds; i++) computeVisible(VIEWS[i % VIEWS.length]!, grid, pyramid, RULE, out, held);
  };
  turn(1000);
  const heap: number[] = [];
  const external: number[] = [];
  for (let window = 0; window < 9; window++) {
    const before = Deno.memoryUsage();
    turn(50);
    const after = Deno.memoryUsage();
    heap.push(after.heapUsed - before.heapUsed);
    external.push(after.external - before.external);
  }
  assert(out.keys === keys && out.lods === lods);
  // One number boxed for each region seen would take 2 MB a window, new arrays for the result 1 MB.
  assert(median(heap) < 50_000, `${heap} bytes were allocated on the heap`);
  assert(median(external) < 50_000, `${external} bytes were allocated in arrays`);
});

const VIEWS: readonly Viewport[] = Array.from({ length: 16 }, (_, i) => ({
  ...PLAIN_CAMERA,
  eye: [512 + 900 * Math.cos(i), 500 + 20 * i, 512 + 900 * Math.sin(i)],
}));

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

Deno.test("of more regions than there is to be room for the first in order are given, and the others counted", () => {
  const grid = createGrid({ min: [0, 0, 0], max: [16, 16, 16] }, 4, 3);
  const pyramid = new RegionPyramid(4);
  for (let morton = 0; morton < 4096; morton += 3) pyramid.add(morton);
  const rule = { thresholds: [20], maxLod: 1, hysteresis: 0 };
  const all = computeVisible(PLAIN_CAMERA, grid, pyramid, rule, new VisibleSet());
  assert(all.count > 100);
  for (const room of [1, 64, all.count - 1, all.count, all.count + 1]) {
    const some = computeVisible(PLAIN_CAMERA, grid, pyramid, rule, new VisibleSet(), undefined, room);
    const count = Math.min(room, all.count);
    assertEquals([some.count, some.leftOut], [count, all.count - count]);
    assertEquals(some.keys.slice(0, count), all.keys.slice(0, count));
    assertEquals(some.lods.slice(0, count), all.lods.slice(0, count));
  }
});
