import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../src/observe/mod.ts";
import { encodeMorton } from "../../../src/space/mod.ts";
import {
  createScene,
  Hit,
  packTree,
  Ray,
  type Scene,
  traceScene,
  type Tree,
  TREE_KINDS,
  type TreeKind,
} from "../../../src/tree/mod.ts";
import { runs, suiteOrProof } from "../../support/runs.ts";
import { keyTree, tetsOfVoxels } from "../key_tree.ts";
import { hollow, raysOut } from "./hollow.ts";
import { RAY_FAMILIES, type RayFamily, testRays } from "./test_rays.ts";
import { type TestWorld, testWorlds } from "./test_worlds.ts";
import { tetCells } from "./tet_cells.ts";
import { exactTets, isTetBent, stayIn } from "./tet_oracle.ts";

const FAMILIES = Object.keys(RAY_FAMILIES) as RayFamily[];
const hit = new Hit();

for (const kind of TREE_KINDS) {
  for (const coarser of [0, 2]) {
    const lods = coarser === 0 ? "one LOD" : "different LODs";
    Deno.test(`No ray gets out of a hollow through edges and corners of its shell: ${kind}, regions of ${lods}`, () => {
      for (let seed = 0; seed < suiteOrProof(4, 40); seed++) {
        const random = seededRandom(seed);
        const world = hollow(kind, 4, 200 * (1 + seed % 4), coarser, random);
        const scene = sceneOf(kind, world);
        for (const ray of raysOut(world, 3000, random)) {
          assert(traceScene(scene, ray, hit), `seed ${seed}: ${JSON.stringify(ray)}`);
        }
      }
    });
  }

  Deno.test(`A closed ball stops every ray from inside: ${kind}`, () => {
    const world = testWorlds(kind).find(({ name }) => name.startsWith("a ball"))!;
    const scene = sceneOf(kind, world);
    const random = seededRandom(8);
    for (let i = 0; i < runs(3000); i++) {
      const near = () => 1.5 + 0.3 * (random() - 0.5);
      const side = () => 2 * random() - 1;
      const ray = rayOf([near(), near(), near()], [side(), side(), side()]);
      assert(traceScene(scene, ray, hit), JSON.stringify(ray));
    }
  });

  Deno.test(`Rays from inside of a ball along the faces, edges and corners of regions meet it: ${kind}`, () => {
    const world = testWorlds(kind).find(({ name }) => name.startsWith("a ball"))!;
    const scene = sceneOf(kind, world);
    const random = seededRandom(9);
    // The world has four regions an axis, of four depths, and the ball is hollow around the middle.
    const border = () => 1 + Math.floor(5 * random()) / 4;
    for (let i = 0; i < runs(3000); i++) {
      const origin = [0, 1, 2].map(() => 1.5 + 0.3 * (random() - 0.5));
      const target = [0, 1, 2].map(() => 1 + random());
      const axes = [0, 1, 2].sort(() => random() - 0.5);
      // In a face of regions, along an edge of regions, through one, or through a corner.
      const way = i % 4;
      for (const axis of axes.slice(0, [1, 2, 2, 3][way])) {
        target[axis] = way < 2 ? 1.5 : border();
        if (way < 2) origin[axis] = 1.5;
      }
      const ray = rayOf(origin, target.map((at, axis) => at - origin[axis]!));
      if (ray.dx === 0 && ray.dy === 0 && ray.dz === 0) continue;
      assert(traceScene(scene, ray, hit), JSON.stringify(ray));
    }
  });

  Deno.test(`Rays down on the seams of regions meet the floor, at the same height for every depth: ${kind}`, () => {
    const random = seededRandom(10);
    const scenes = [[2, 2], [4, 4], [2, 4], [3, 2]].map((depths) => floor(kind, depths));
    for (let i = 0; i < runs(2000); i++) {
      // Above a seam, a place where four regions meet, or the lower border of the world; straight down or in the seam.
      const place = (seam: boolean) => seam ? 1 + Math.floor(2 * random()) / 2 : 1 + random();
      const [ox, oz] = [place(i % 2 === 0), place(i % 4 < 2)];
      const lean = (at: number) => at > 1 && at < 2 && random() < 0.5 ? 0.2 * (1.5 - at) : 0;
      const ray = rayOf([ox, 1.9, oz], [lean(ox), -1, lean(oz)]);
      const times = scenes.map((scene) => {
        assert(traceScene(scene, ray, hit), JSON.stringify(ray));
        assertEquals([hit.face, hit.y + hit.size], [3, 2 ** 21], JSON.stringify(ray));
        return hit.t;
      });
      assertEquals(new Set(times).size, 1, "every depth has the floor at the same t, to the last bit");
    }
  });

  Deno.test(`A node and all of its children are entered at the same t, to the last bit: ${kind}`, () => {
    const random = seededRandom(11);
    for (let i = 0; i < 20; i++) {
      const parents = Array.from({ length: 12 }, () => Math.floor(random() * (kind === "esvo" ? 512 : 384)));
      const coarse = sceneOf(kind, oneRegion(keyTree(kind, 3, parents)));
      const children = parents.flatMap((key) => Array.from({ length: 8 }, (_, child) => 8 * key + child));
      const fine = sceneOf(kind, oneRegion(keyTree(kind, 4, children)));
      const whole = new Hit();
      for (const family of FAMILIES.filter((name) => name.startsWith("random"))) {
        for (const ray of testRays(family, runs(50), random, [{ corner: [0, 0, 0], size: 2 ** 20 }])) {
          const isHit = traceScene(coarse, ray, whole);
          assertEquals(traceScene(fine, ray, hit), isHit);
          if (isHit) assertEquals([hit.t, hit.face], [whole.t, whole.face]);
        }
      }
    }
  });
}

Deno.test("A ray's stays in the cells of a full tetree follow each other, and add up to its stay in the region", () => {
  const random = seededRandom(12);
  let all = Array.from({ length: 6 * 64 }, (_, key) => key);
  const { cells } = exactTets(tetCells(0, oneRegion(keyTree("esvt", 3, all)).regions));
  const region = tetCells(0, oneRegion(keyTree("esvt", 3, all)).regions)[0]!;
  for (const family of FAMILIES.filter((name) => name.startsWith("random"))) {
    for (const ray of testRays(family, runs(20), random, cells)) {
      if (isTetBent(ray)) continue;
      all = Array.from({ length: 6 * 64 }, (_, key) => key);
      const world = stayIn(region, ray, 0);
      let at = -Infinity;
      let left: number | undefined;
      // Each cell is taken out once it was met, so that the ray gets on to the next one.
      for (;;) {
        const scene = sceneOf("esvt", oneRegion(keyTree("esvt", 3, all)));
        if (all.length === 0 || !traceScene(scene, ray, hit)) break;
        const met = cells.find((cell) => {
          return cell.type === hit.type && `${cell.corner}` === `${[hit.x, hit.y, hit.z]}`;
        })!;
        assert(hit.t >= at, "one after another");
        const speed = Math.hypot(ray.dx, ray.dy, ray.dz);
        assert(Math.abs(hit.t - (left ?? world.from)) * speed < 1e-9, "where the one before was left");
        at = hit.t;
        left = stayIn(met, ray, 0).to;
        all = all.filter((_, i) => i !== cellIndex(scene, hit));
      }
      if (world.from === Infinity) assertEquals(left, undefined);
      else assert(Math.abs(left! - world.to) * Math.hypot(ray.dx, ray.dy, ray.dz) < 1e-9, "to the end");
    }
  }
});

/** Which of the leaves, in the order of their keys, was hit in a scene of one region. */
function cellIndex({ regions }: Scene, { node }: Hit): number {
  return node - regions[2]!;
}

/** Eight regions, the lower half of the lower ones full. Depths take turns. */
function floor(kind: TreeKind, depths: readonly number[]): Scene {
  const regions = [0, 1, 4, 5].map((morton, i) => {
    const depth = depths[i % 2]!;
    const edge = 2 ** depth;
    const voxels: number[] = [];
    for (let x = 0; x < edge; x++) {
      for (let y = 0; y < edge / 2; y++) for (let z = 0; z < edge; z++) voxels.push(encodeMorton(x, y, z));
    }
    const keys = kind === "esvo" ? voxels : tetsOfVoxels(Uint32Array.from(voxels), depth);
    return { morton, tree: keyTree(kind, depth, keys) };
  });
  return sceneOf(kind, { name: "a floor", level: 1, regions });
}

function oneRegion(tree: Tree): TestWorld {
  return { name: "one region", level: 0, regions: [{ morton: 0, tree }] };
}

function sceneOf(kind: TreeKind, { level, regions }: TestWorld): Scene {
  return createScene(kind, level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}

function rayOf([ox, oy, oz]: readonly number[], [dx, dy, dz]: readonly number[]): Ray {
  return Object.assign(new Ray(), { ox, oy, oz, dx, dy, dz });
}
