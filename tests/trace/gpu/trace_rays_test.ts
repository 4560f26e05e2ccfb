import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { makeShaderDataDefinitions } from "webgpu-utils";
import { seededRandom } from "../../../src/observe/mod.ts";
import { RAY_STAGES } from "./ray_stages.ts";
import {
  createScene,
  CUBE_TYPE,
  Hit,
  INSIDE_FACE,
  MANTISSA_BITS,
  NO_REGION,
  packTree,
  Ray,
  REGION_FIELD,
  REGION_WORDS,
  type Scene,
  TOP_HEADER_WORDS,
  traceScene,
  TREE_KINDS,
  type TreeKind,
  WORLD_UNITS,
} from "../../../src/tree/mod.ts";
import { LEAST_COMPONENT, MAX_LENGTH, MIN_LENGTH } from "../../../src/tree/trace/ray.ts";
import { testOnDevice } from "../../build/gpu/test_device.ts";
import { suiteOrProof } from "../../support/runs.ts";
import { coneCells, judge } from "../../tree/trace/cube_oracle.ts";
import { exactCells, sceneCells } from "../../tree/trace/scene_cells.ts";
import { slantedRays, SLANTS } from "../../tree/trace/slanted_rays.ts";
import { LATTICE_FAMILIES, RAY_FAMILIES, type RayFamily, testRays } from "../../tree/trace/test_rays.ts";
import { modelWorld, slantedSheet, type TestWorld, testWorlds } from "../../tree/trace/test_worlds.ts";
import { HIT_FIELDS, HIT_WORDS, RAY_FIELDS, RAY_WORDS, roundRay, traceOnDevice } from "./run_rays.ts";

/**
 * The epsilon set of the traversal in f32: a ray may take one cell for another if it passes one of them at no more than
 * this distance, 1 = the world. Positions have 24 bits, origins here are up to 3.5, and a plane's crossing is a product.
 */
const EPSILON = 2 ** -20;

const FAMILIES = Object.keys(RAY_FAMILIES) as RayFamily[];
const RAYS = suiteOrProof(100, 1700);
const own = new Hit();

function sceneOf({ level, regions }: TestWorld): Scene {
  return createScene("esvo", level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}

/** Traces the same rays on the device and on the CPU; answers are the same, but for rays with several right ones. */
async function compare(world: TestWorld, seed: number, rays: number): Promise<void> {
  const scene = sceneOf(world);
  const roots = sceneCells(world.level, world.regions);
  const exact = exactCells(world.level, roots);
  const random = seededRandom(seed);
  for (const family of FAMILIES) {
    for (const hasCone of [false, true]) {
      const made = testRays(family, rays, random, exact.cells).map(roundRay);
      if (hasCone) made.forEach((ray) => giveCone(ray, random, world.level));
      const hits = await traceOnDevice(scene, made);
      let clear = 0;
      made.forEach((ray, i) => {
        const hit = hits[i]!;
        const isHit = hit.region !== NO_REGION;
        const cells = hasCone ? coneCells(roots, ray, EPSILON) : exact;
        const { problem, isClear } = judge(cells, ray, isHit ? hit : undefined, EPSILON);
        const where = `${world.name}, ${family}: ${JSON.stringify(ray)}`;
        assert(problem === undefined, `${problem}; ${where}`);
        if (!isClear) return;
        clear++;
        assertEquals(traceScene(scene, ray, own), isHit, where);
        if (isHit) assertSameHit(hit, own, ray, where);
      });
      if (!LATTICE_FAMILIES.has(family)) {
        assertGreater(clear, 0.97 * rays, `${world.name}, ${family}: rays with one right answer`);
      }
    }
  }
}

/** But for `t`, which is exact along the face's axis, and the face where the ray comes in by an edge: `judge` saw that one. */
function assertSameHit(hit: Hit, expected: Hit, { dx, dy, dz }: Ray, where: string): void {
  const { t, face, ...same } = hit;
  const { t: exactT, face: exactFace, ...exactSame } = expected;
  assertEquals(same, exactSame, where);
  const speed = Math.abs([dx, dy, dz][face >> 1] ?? 0);
  if (face === exactFace) assertLessOrEqual(Math.abs(t - exactT) * speed, EPSILON, where);
}

function giveCone(ray: Ray, random: () => number, level: number): void {
  ray.coneSize = Math.fround(2 ** (-6 * random()) / 2 ** level / 2);
  ray.coneSpread = Math.fround(random() < 0.5 ? 0 : 0.2 * random() * Math.hypot(ray.dx, ray.dy, ray.dz));
}

testWorlds("esvo").forEach((world, i) => {
  testOnDevice(`Octree rays on the device meet what they meet on the CPU: ${world.name}`, async () => {
    await compare(world, 300 + i, RAYS);
  });
});

testOnDevice("Octree rays on the device meet what they meet on the CPU: tree.vox", async () => {
  await compare(await modelWorld("esvo", 4), 400, suiteOrProof(20, 400));
});

testOnDevice("No octree ray slips through a slanted sheet on the device", async () => {
  for (const axes of SLANTS) {
    for (const sum of [5, 6, 7, 8, 9]) {
      const rays = slantedRays(axes, 8, sum);
      const hits = await traceOnDevice(sceneOf(slantedSheet("esvo", 2, axes, sum)), rays);
      const missed = rays.find((_, i) => hits[i]!.region === NO_REGION);
      assertEquals(missed, undefined, `axes ${axes}, sum ${sum}`);
    }
  }
});

testOnDevice("Rays without a direction and worlds without a region are misses on the device", async () => {
  const scene = sceneOf(testWorlds("esvo")[1]!);
  const inside = Object.assign(new Ray(), { ox: 1.25, oy: 1.5, oz: 1.25, dx: 1, tMax: 4 });
  const wrong = [{ dx: 0 }, { dx: 2 ** -61 }, { dx: 2 ** 61 }, { tMin: 5 }].map((change) =>
    Object.assign(new Ray(), inside, change)
  );
  const hits = await traceOnDevice(scene, [inside, ...wrong]);
  assertEquals(hits.map(({ region }) => region !== NO_REGION), [true, false, false, false, false]);
  for (let level = 0; level < 3; level++) {
    const [hit] = await traceOnDevice(createScene("esvo", level, []), [inside]);
    assertEquals(hit!.region, NO_REGION);
  }
});

const CONSTANTS = {
  NO_REGION: NO_REGION >>> 0,
  CUBE_TYPE,
  INSIDE_FACE,
  TOP_HEADER_WORDS,
  MANTISSA_BITS,
  WORLD_UNITS,
  LEAST_COMPONENT,
  MIN_LENGTH,
  MAX_LENGTH,
  ONE_BITS: new Uint32Array(Float32Array.of(1).buffer)[0],
};

/** The value of a constant, whole, hexadecimal or a power of two such as 0x1p-23f. */
function constant(kind: TreeKind, name: string): number {
  const [, value] = new RegExp(`^const ${name} = (\\S+?);$`, "m").exec(RAY_STAGES[kind].source.code)!;
  const power = /^0x1p([+-]\d+)f$/.exec(value!);
  return power === null ? Number(value!.replace(/u$/, "")) : 2 ** Number(power[1]);
}

Deno.test("Rays, hits and regions lie where the host writes and reads them", () => {
  for (const kind of TREE_KINDS) {
    const { structs, storages } = makeShaderDataDefinitions(
      RAY_STAGES[kind].source.code.replace(/^(@compute.*\n)?fn [^]*?^}\n/gm, ""),
    );
    const layout = (name: string) => {
      const { fields, size } = structs[name]!;
      return [
        size / 4,
        Object.fromEntries(Object.entries(fields).map(([field, { offset }]) => [field, offset / 4])),
      ];
    };
    assertEquals(layout("Ray"), [RAY_WORDS, RAY_FIELDS]);
    assertEquals(layout("Hit"), [HIT_WORDS, HIT_FIELDS]);
    assertEquals(layout("Region"), [REGION_WORDS, REGION_FIELD]);
    for (const [name, value] of Object.entries(CONSTANTS)) assertEquals(constant(kind, name), value, name);
    assertEquals(
      Object.entries(storages).map(([name, { binding }]) => [name, binding]).sort(),
      RAY_STAGES[kind].source.bindings.map(({ name, index }) => [name, index]).sort(),
    );
  }
});
