import { assert, assertEquals, assertGreater } from "@std/assert";
import { seededRandom } from "../../../src/observe/mod.ts";
import {
  createScene,
  Hit,
  NO_REGION,
  packTree,
  Ray,
  REGION_FIELD,
  REGION_WORDS,
  type Scene,
} from "../../../src/tree/mod.ts";
import { traceEsvo } from "../../../src/tree/trace/trace_esvo.ts";
import { modelNeeds } from "../../support/real_models.ts";
import { testWith } from "../../support/needs.ts";
import { suiteOrProof } from "../../support/runs.ts";
import { coneCells, judge } from "./cube_oracle.ts";
import { exactCells, type SceneCell, sceneCells } from "./scene_cells.ts";
import { slantedRays, SLANTS } from "./slanted_rays.ts";
import { isBent, LATTICE_FAMILIES, RAY_FAMILIES, type RayFamily, testRays } from "./test_rays.ts";
import { modelWorld, slantedSheet, type TestWorld, testWorlds } from "./test_worlds.ts";

/**
 * The epsilon set of the traversal in f64: a ray may take one cell for another if it passes one of them at no more than
 * this distance, 1 = the world. A component of the direction below 2^-23 of the largest is replaced, which bends the ray by
 * that part of its way, and no way here is longer than four worlds.
 */
const EPSILON = 2 ** -44;
const BENT_EPSILON = 2 ** -21;

const FAMILIES = Object.keys(RAY_FAMILIES) as RayFamily[];
/** A family and world; 20,000 rays and more when proving. */
const RAYS = suiteOrProof(100, 1700);
const hit = new Hit();

function sceneOf({ level, regions }: TestWorld): Scene {
  return createScene("esvo", level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}

function epsilonOf(ray: Ray): number {
  return isBent(ray) ? BENT_EPSILON : EPSILON;
}

/** Traces rays of all families and holds each answer against brute force. */
function compare(world: TestWorld, seed: number, rays: number): void {
  const scene = sceneOf(world);
  const exact = exactCells(world.level, sceneCells(world.level, world.regions));
  const random = seededRandom(seed);
  let hits = 0;
  for (const family of FAMILIES) {
    let clear = 0;
    for (const ray of testRays(family, rays, random, exact.cells)) {
      const isHit = traceEsvo(scene, ray, hit);
      const { problem, isClear } = judge(exact, ray, isHit ? hit : undefined, epsilonOf(ray));
      assert(problem === undefined, `${world.name}, ${family}: ${problem}; ${JSON.stringify(ray)}`);
      assertEquals(hit.region !== NO_REGION, isHit);
      hits += isHit ? 1 : 0;
      clear += isClear ? 1 : 0;
    }
    // The epsilon set is next to nothing, but for rays that were made to lie in it.
    if (!LATTICE_FAMILIES.has(family)) {
      assertGreater(clear, 0.99 * rays, `${world.name}, ${family}: rays with one right answer`);
    }
  }
  assertGreater(hits, 0.1 * rays * FAMILIES.length, "hits");
}

testWorlds("esvo").forEach((world, i) => {
  Deno.test(`Octree rays meet what brute force meets: ${world.name}`, () => compare(world, i, RAYS));
});

testWith(
  modelNeeds,
  "Octree rays meet what brute force meets: tree.vox in regions of two depths",
  async () => {
    compare(await modelWorld("esvo", suiteOrProof(3, 4)), 100, suiteOrProof(20, 400));
  },
);

testWorlds("esvo").forEach((world, i) => {
  Deno.test(`Octree rays with a cone stop at the nodes that are small enough: ${world.name}`, () => {
    const scene = sceneOf(world);
    const roots = sceneCells(world.level, world.regions);
    const exact = exactCells(world.level, roots);
    const random = seededRandom(200 + i);
    const whole = new Hit();
    let coarse = 0;
    for (const family of FAMILIES) {
      for (const ray of testRays(family, RAYS, random, exact.cells)) {
        const isExactHit = traceEsvo(scene, ray, hit);
        ray.coneSize = 2 ** (-6 * random()) / 2 ** world.level / 2;
        ray.coneSpread = random() < 0.5 ? 0 : 0.2 * random() * Math.hypot(ray.dx, ray.dy, ray.dz);
        const isHit = traceEsvo(scene, ray, whole);
        const epsilon = epsilonOf(ray);
        const { problem } = judge(coneCells(roots, ray, epsilon), ray, isHit ? whole : undefined, epsilon);
        assert(problem === undefined, `${world.name}, ${family}: ${problem}; ${JSON.stringify(ray)}`);
        if (isHit && whole.level < scene.regions[REGION_WORDS * whole.region + REGION_FIELD.depth]!) coarse++;
        if (!isExactHit) continue;
        assert(isHit, "a ray that meets a leaf meets something with a cone");
        assert(contains(whole, hit) || whole.t <= hit.t, "the node is above the leaf, or nearer");
      }
    }
    assertGreater(coarse, 0, "some node is hit as a whole");
  });
});

function contains(outer: Hit, inner: Hit): boolean {
  const within = (low: number, at: number) => at >= low && at + inner.size <= low + outer.size;
  return within(outer.x, inner.x) && within(outer.y, inner.y) && within(outer.z, inner.z);
}

Deno.test("No octree ray slips through a sheet of cells that touch in edges, by their corners and edges", () => {
  let rays = 0;
  for (const axes of SLANTS) {
    for (const sum of [5, 6, 7, 8, 9]) {
      const scene = sceneOf(slantedSheet("esvo", 2, axes, sum));
      for (const ray of slantedRays(axes, 8, sum)) {
        assert(traceEsvo(scene, ray, hit), `axes ${axes}, sum ${sum}: ${JSON.stringify(ray)}`);
        rays++;
      }
    }
  }
  assertGreater(rays, 10_000);
});

Deno.test("A ray with no direction, and one that is no number, meets nothing", () => {
  const scene = sceneOf(testWorlds("esvo")[1]!);
  const inside = Object.assign(new Ray(), { ox: 1.3, oy: 1.6, oz: 1.2, dx: 1 });
  assert(traceEsvo(scene, inside, hit));
  for (
    const wrong of [{ dx: 0 }, { dx: NaN }, { dy: Infinity }, { ox: NaN }, { tMin: NaN }, { tMax: NaN }, {
      dx: 1e-30,
    }]
  ) {
    assert(!traceEsvo(scene, Object.assign(new Ray(), inside, wrong), hit), JSON.stringify(wrong));
    assertEquals(hit.region, NO_REGION);
  }
});

Deno.test("A ray that starts inside of a cell meets it at once, and one that ends before meets nothing", () => {
  const world = testWorlds("esvo")[0]!;
  const scene = sceneOf(world);
  const [{ corner, size }] = exactCells(world.level, sceneCells(world.level, world.regions)).cells as [
    SceneCell,
  ];
  const [x, y, z] = corner.map((low) => 1 + (low + size / 2) * 2 ** -23);
  const ray = Object.assign(new Ray(), { ox: x, oy: y, oz: z, dx: 0.3, dy: -1, dz: 0.2, tMin: 0.001 });
  assert(traceEsvo(scene, ray, hit));
  assertEquals([hit.t, hit.face, hit.type], [0.001, 255, -1]);
  ray.tMin = 0.1;
  assert(!traceEsvo(scene, ray, hit), "it starts behind the cell");
  Object.assign(ray, { oy: 2, tMin: 0 });
  ray.ox -= 0.3 * (2 - y!);
  ray.oz -= 0.2 * (2 - y!);
  assert(traceEsvo(scene, ray, hit));
  assertEquals(hit.face, 3, "the face of greatest y");
  const { t } = hit;
  ray.tMax = t;
  assert(traceEsvo(scene, ray, hit), "its end is on the face");
  ray.tMax = t * (1 - 2 ** -50);
  assert(!traceEsvo(scene, ray, hit), "it ends before the face");
});

Deno.test("A world without a region, and regions without a voxel, stop no ray", () => {
  const ray = Object.assign(new Ray(), { ox: 1.5, oy: 1.5, oz: 0, dz: 1 });
  for (let level = 0; level <= 3; level++) assert(!traceEsvo(createScene("esvo", level, []), ray, hit));
});
