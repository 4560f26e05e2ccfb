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
  tetOfKey,
} from "../../../src/tree/mod.ts";
import { traceEsvt } from "../../../src/tree/trace/trace_esvt.ts";
import { modelNeeds } from "../../support/real_models.ts";
import { testWith } from "../../support/needs.ts";
import { suiteOrProof } from "../../support/runs.ts";
import { keyTree } from "../key_tree.ts";
import { LATTICE_FAMILIES, RAY_FAMILIES, type RayFamily, testRays } from "./test_rays.ts";
import { modelWorld, type TestWorld, testWorlds } from "./test_worlds.ts";
import { type TetCell, tetCells } from "./tet_cells.ts";
import { coneTets, exactTets, isTetBent, judgeTets } from "./tet_oracle.ts";

/**
 * The epsilon set of the traversal in f64: a ray may take one cell for another if it passes one of them at no more than
 * this distance, 1 = the world. A component of the direction below 2^-23 of the largest, or a difference of two below
 * 2^-20, is replaced, which bends the ray by that part of its way; no way here is longer than four worlds.
 */
const EPSILON = 2 ** -44;
const BENT_EPSILON = 2 ** -18;

const FAMILIES = Object.keys(RAY_FAMILIES) as RayFamily[];
/** A family and world; 20,000 rays and more when proving. */
const RAYS = suiteOrProof(60, 1700);
const hit = new Hit();

testWorlds("esvt").forEach((world, i) => {
  Deno.test(`Tetree rays meet what brute force meets: ${world.name}`, () => compare(world, i, RAYS));
});

testWith(
  modelNeeds,
  "Tetree rays meet what brute force meets: tree.vox in regions of two depths",
  async () => {
    compare(await modelWorld("esvt", suiteOrProof(3, 4)), 100, suiteOrProof(15, 400));
  },
);

/** Traces rays of all families and holds each answer against brute force. */
function compare(world: TestWorld, seed: number, rays: number): void {
  const scene = sceneOf(world);
  const exact = exactTets(tetCells(world.level, world.regions));
  const random = seededRandom(seed);
  let hits = 0;
  for (const family of FAMILIES) {
    let clear = 0;
    for (const ray of testRays(family, rays, random, exact.cells)) {
      const isHit = traceEsvt(scene, ray, hit);
      const { problem, isClear } = judgeTets(exact, ray, isHit ? hit : undefined, epsilonOf(ray));
      assert(problem === undefined, `${world.name}, ${family}: ${problem}; ${JSON.stringify(ray)}`);
      assertEquals(hit.region !== NO_REGION, isHit);
      hits += isHit ? 1 : 0;
      clear += isClear ? 1 : 0;
    }
    // The epsilon set is next to nothing, but for rays that were made to lie in it.
    if (!LATTICE_FAMILIES.has(family)) {
      assertGreater(clear, 0.97 * rays, `${world.name}, ${family}: rays with one right answer`);
    }
  }
  assertGreater(hits, 0.1 * rays * FAMILIES.length, "hits");
}

testWorlds("esvt").forEach((world, i) => {
  Deno.test(`Tetree rays with a cone stop at the nodes that are small enough: ${world.name}`, () => {
    const scene = sceneOf(world);
    const roots = tetCells(world.level, world.regions);
    const { cells } = exactTets(roots);
    const random = seededRandom(200 + i);
    let coarse = 0;
    for (const family of FAMILIES) {
      for (const ray of testRays(family, RAYS, random, cells)) {
        ray.coneSize = 2 ** (-6 * random()) / 2 ** world.level / 2;
        ray.coneSpread = random() < 0.5 ? 0 : 0.2 * random() * Math.hypot(ray.dx, ray.dy, ray.dz);
        const isHit = traceEsvt(scene, ray, hit);
        const epsilon = epsilonOf(ray);
        const { problem } = judgeTets(coneTets(roots, ray, epsilon), ray, isHit ? hit : undefined, epsilon);
        assert(problem === undefined, `${world.name}, ${family}: ${problem}; ${JSON.stringify(ray)}`);
        if (isHit && hit.level < scene.regions[REGION_WORDS * hit.region + REGION_FIELD.depth]!) coarse++;
      }
    }
    assertGreater(coarse, 0, "some node is hit as a whole");
  });
});

Deno.test("A tetree ray with no direction, and one that is no number, meets nothing", () => {
  const scene = sceneOf(testWorlds("esvt")[1]!);
  const inside = Object.assign(new Ray(), { ox: 1.3, oy: 1.6, oz: 1.2, dx: 1 });
  assert(traceEsvt(scene, inside, hit));
  const wrong = [
    { dx: 0 },
    { dx: NaN },
    { dy: Infinity },
    { dx: 1e-30 },
    { ox: NaN },
    { oy: Infinity },
    { tMin: NaN },
    { tMax: NaN },
    { tMin: 5 },
    { tMax: -1 },
  ];
  for (const change of wrong) {
    assert(!traceEsvt(scene, Object.assign(new Ray(), inside, change), hit), JSON.stringify(change));
    assertEquals(hit.region, NO_REGION);
  }
});

Deno.test("A ray that starts inside of a tetrahedron meets it at once, and one that ends before meets nothing", () => {
  const world = testWorlds("esvt")[0]!;
  const scene = sceneOf(world);
  const { cells: [cell] } = exactTets(tetCells(world.level, world.regions));
  const ray = Object.assign(new Ray(), startIn(cell!), { dx: 0.3, dy: -1, dz: 0.2, tMin: 2 ** -12 });
  assert(traceEsvt(scene, ray, hit));
  assertEquals([hit.t, hit.face, hit.type, hit.node], [2 ** -12, 255, cell!.type, cell!.node]);
  Object.assign(ray, { ox: ray.ox - 3 * ray.dx, oy: ray.oy - 3 * ray.dy, oz: ray.oz - 3 * ray.dz, tMin: 0 });
  assert(traceEsvt(scene, ray, hit));
  const { t } = hit;
  assert(t > 2 && t < 3 && hit.face < 12);
  ray.tMax = t;
  assert(traceEsvt(scene, ray, hit), "its end is on the face");
  ray.tMax = t * (1 - 2 ** -50);
  assert(!traceEsvt(scene, ray, hit), "it ends before the face");
});

Deno.test("Cells are closed: a ray that starts on a face and goes away meets the tetrahedron behind", () => {
  const normals = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 1, -1], [1, 0, -1]] as const;
  const origins = [[1.5, 1.3, 1.2], [1.3, 1.5, 1.2], [1.3, 1.2, 1.5], [1.3, 1.3, 1.2], [1.2, 1.3, 1.3], [
    1.3,
    1.2,
    1.3,
  ]];
  normals.forEach((normal, family) => {
    for (const away of [1, -1]) {
      const along = (place: readonly number[]) =>
        normal.reduce<number>((sum, n, axis) => sum + n * place[axis]!, 0);
      const [ox, oy, oz] = origins[family] as [number, number, number];
      const keys = Array.from({ length: 6 * 64 }, (_, key) => key).filter((key) => {
        const { type, x, y, z } = tetOfKey(key, 2);
        const { ox: cx, oy: cy, oz: cz } = startIn({ corner: [x, y, z], size: 1, type });
        const centroid = [cx, cy, cz].map((c) => 1 + (c - 1) * 2 ** 21);
        return away * (along(centroid) - along([ox, oy, oz])) < 0;
      });
      const world = { name: "a half", level: 0, regions: [{ morton: 0, tree: keyTree("esvt", 3, keys) }] };
      const [dx, dy, dz] = normal.map((n, axis) => away * n + [0.02, 0.01, 0.03][axis]!);
      const ray = Object.assign(new Ray(), { ox, oy, oz, dx, dy, dz });
      assert(traceEsvt(sceneOf(world), ray, hit), `family ${family}, away ${away}`);
      assertEquals(hit.t, 0);
      ray.tMin = 2 ** -40;
      assert(!traceEsvt(sceneOf(world), ray, hit), "it has left the cell");
    }
  });
});

Deno.test("A world without a tetree, and tetrees without a leaf, stop no ray", () => {
  const ray = Object.assign(new Ray(), { ox: 1.5, oy: 1.5, oz: 0, dz: 1 });
  for (let level = 0; level <= 3; level++) assert(!traceEsvt(createScene("esvt", level, []), ray, hit));
});

/** The centroid of a tetrahedron: its coordinates are 3/4, 1/2 and 1/4 of the way. */
function startIn(
  { corner, size, type }: Pick<TetCell, "corner" | "size" | "type">,
): { ox: number; oy: number; oz: number } {
  const first = type >> 1;
  const middle = (first + (type % 2 === 0 ? 2 : 1)) % 3;
  const part = (axis: number) => axis === first ? 0.75 : axis === middle ? 0.5 : 0.25;
  const [ox, oy, oz] = corner.map((c, axis) => 1 + (c + part(axis) * size) * 2 ** -23);
  return { ox: ox!, oy: oy!, oz: oz! };
}

function sceneOf({ level, regions }: TestWorld): Scene {
  return createScene("esvt", level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}

/** How near a ray comes to cells that it may be said to meet. */
function epsilonOf(ray: Ray): number {
  return isTetBent(ray) ? BENT_EPSILON : EPSILON;
}
