import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  runRecording,
  ShaderSource,
  type Stage,
} from "../../../src/gpu/mod.ts";
import { seededRandom } from "../../../src/observe/mod.ts";
import { RAY_STAGES } from "./ray_stages.ts";
import {
  createScene,
  FACE_NORMALS,
  Hit,
  INSIDE_FACE,
  NO_REGION,
  packTree,
  Ray,
  type Scene,
  traceScene,
  TREE_KINDS,
  type TreeKind,
} from "../../../src/tree/mod.ts";
import { traceParts } from "../../../src/trace/picture_stages.ts";
import { LEAST_DIFFERENCE } from "../../../src/tree/trace/ray_planes.ts";
import {
  ENTRIES,
  EXITS,
  INDEX_OF_ORDER,
  NO_FAMILY,
  REGION_CELL,
  TOP_CELL,
  TURNS,
  TYPE_OF_ORDER,
} from "../../../src/tree/trace/tet_sides.ts";
import { testOnDevice } from "../../build/gpu/test_device.ts";
import { suiteOrProof } from "../../support/runs.ts";
import { LATTICE_FAMILIES, RAY_FAMILIES, type RayFamily, testRays } from "../../tree/trace/test_rays.ts";
import { hollow, raysOut } from "../../tree/trace/hollow.ts";
import { modelWorld, type TestWorld, testWorlds } from "../../tree/trace/test_worlds.ts";
import { tetCells } from "../../tree/trace/tet_cells.ts";
import { coneTets, exactTets, isTetBent, judgeTets } from "../../tree/trace/tet_oracle.ts";
import { roundRay, traceOnDevice } from "./run_rays.ts";

/**
 * The epsilon set of the traversal in f32: a ray may take one cell for another if it passes one of them at no more than
 * this distance, 1 = the world. Positions have 24 bits, origins here are up to 3.5, a plane's crossing is a product, and the
 * ray of a difference below 2^-20 is bent by that part of a way of up to four worlds.
 */
const EPSILON = 2 ** -20;
const BENT_EPSILON = 2 ** -17;

const FAMILIES = Object.keys(RAY_FAMILIES) as RayFamily[];
const RAYS = suiteOrProof(60, 1700);
const own = new Hit();

testWorlds("esvt").forEach((world, i) => {
  testOnDevice(`Tetree rays on the device meet what they meet on the CPU: ${world.name}`, async () => {
    await compare(world, 300 + i, RAYS);
  });
});

testOnDevice("Tetree rays on the device meet what they meet on the CPU: tree.vox", async () => {
  await compare(await modelWorld("esvt", suiteOrProof(3, 4)), 400, suiteOrProof(15, 100));
});

/** Traces the same rays on the device and on the CPU; answers are the same, but for rays with several right ones. */
async function compare(world: TestWorld, seed: number, rays: number): Promise<void> {
  const scene = sceneOf(world);
  const roots = tetCells(world.level, world.regions);
  const exact = exactTets(roots);
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
        const epsilon = isTetBent(ray) ? BENT_EPSILON : EPSILON;
        const cells = hasCone ? coneTets(roots, ray, epsilon) : exact;
        const { problem, isClear } = judgeTets(cells, ray, isHit ? hit : undefined, epsilon);
        const where = `${world.name}, ${family}: ${JSON.stringify(ray)}`;
        assert(problem === undefined, `${problem}; ${where}`);
        if (!isClear) return;
        clear++;
        assertEquals(traceScene(scene, ray, own), isHit, where);
        if (isHit) assertSameHit(hit, own, ray, where);
      });
      if (!LATTICE_FAMILIES.has(family)) {
        assertGreater(clear, 0.9 * rays, `${world.name}, ${family}: rays with one right answer`);
      }
    }
  }
}

/** But for `t`, which is exact square to the face, and the face where the ray comes in by an edge: `judgeTets` saw that. */
function assertSameHit(hit: Hit, expected: Hit, { dx, dy, dz }: Ray, where: string): void {
  const { t, face, ...same } = hit;
  const { t: exactT, face: exactFace, ...exactSame } = expected;
  assertEquals(same, exactSame, where);
  if (face !== exactFace) return;
  const [x, y, z] = face === INSIDE_FACE ? [0, 0, 0] : FACE_NORMALS.subarray(3 * face, 3 * face + 3);
  const speed = Math.abs(dx * x! + dy * y! + dz * z!);
  assertLessOrEqual(Math.abs(t - exactT) * speed, EPSILON, where);
}

testOnDevice("No ray gets out of a hollow through edges and corners of its shell on the device", async () => {
  for (const kind of TREE_KINDS) {
    for (let seed = 0; seed < suiteOrProof(4, 20); seed++) {
      const random = seededRandom(seed);
      const world = hollow(kind, 4, 300, seed % 3, random);
      const rays = raysOut(world, 2000, random).map(roundRay);
      const hits = await traceOnDevice(sceneOf(world, kind), rays);
      const out = rays.find((_, i) => hits[i]!.region === NO_REGION);
      assertEquals(out, undefined, `${kind}, seed ${seed}`);
    }
  }
});

testOnDevice("Rays without a direction and worlds without a tetree are misses on the device", async () => {
  const scene = sceneOf(testWorlds("esvt")[1]!);
  const inside = Object.assign(new Ray(), { ox: 1.25, oy: 1.5, oz: 1.25, dx: 1, tMax: 4 });
  const wrong = [{ dx: 0 }, { dx: 2 ** -61 }, { dx: 2 ** 61 }, { tMin: 5 }].map((change) =>
    Object.assign(new Ray(), inside, change)
  );
  const hits = await traceOnDevice(scene, [inside, ...wrong]);
  assertEquals(hits.map(({ region }) => region !== NO_REGION), [true, false, false, false, false]);
  for (let level = 0; level < 3; level++) {
    const [hit] = await traceOnDevice(createScene("esvt", level, []), [inside]);
    assertEquals(hit!.region, NO_REGION);
  }
});

/** Writes down the child for every code, family and sides. */
const ENTRY_STAGE: Stage = {
  name: "entry_children",
  source: new ShaderSource({
    path: "entry_children.wgsl",
    text: `// Needs: ray, scene, traverse
@group(0) @binding(0) var<storage, read> top_nodes: array<u32>;
@group(0) @binding(1) var<storage, read> regions: array<Region>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read_write> children: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // All bindings are used, so that the layout has them.
  let nothing = min(top_nodes[0] + regions[0].nodes + nodes[0], 0u);
  let child = entry_child(id.x >> 9u, (id.x >> 6u) & 7u, (id.x & 63u) + nothing);
  var index = tet_index(child.code, child.octant);
  if (id.x >> 9u == REGION_CELL) {
    index = nibble(TYPE_OF_ORDER, child.code);
  } else if (id.x >> 9u == TOP_CELL) {
    index = child.octant;
  }
  children[id.x] = child.code | (index << 3u) | (child.octant << 6u);
}
`,
  }, traceParts("esvt")),
};

testOnDevice("The shader finds the same child for every cell, face and sides as the CPU", async (device) => {
  const recorder = new Recorder();
  recorder.upload("none", new Uint32Array(4));
  recorder.zeroed("children", ENTRIES.length);
  recorder.dispatch(
    ENTRY_STAGE,
    { top_nodes: "none", regions: "none", nodes: "none", children: "children" },
    ENTRIES.length / 64,
  );
  recorder.read("children", ENTRIES.length);
  const { reads } = await runRecording({
    device,
    pool: new BufferPool(device, 1024 * 1024),
    pipelines: await compileStages(device, [ENTRY_STAGE]),
    readback: new Readback(),
  }, recorder)();
  const known = (_: number, i: number) => ((i >> 6) & 7) <= NO_FAMILY;
  assertEquals([...reads[0]!].filter(known), [...ENTRIES].filter(known));
});

const { code } = RAY_STAGES.esvt.source;

/** The words of a constant of the shader. */
function words(name: string): number[] {
  const [, text] = new RegExp(`^const ${name} = (?:vec2<u32>\\()?([^;)]*)\\)?;$`, "m").exec(code)!;
  return text!.split(",").map((word) => Number(word.trim().replace(/u$/, "")));
}

/** Four bits an entry, the first in the lowest bits. */
function nibbles(name: string): number[] {
  return Array.from({ length: 8 }, (_, i) => (words(name)[0]! >>> (4 * i)) & 15);
}

Deno.test("The shader's tables of tetrahedra and their neighbours are those of the CPU", () => {
  assertEquals(nibbles("TURNS").slice(0, 6), [...TURNS]);
  assertEquals(nibbles("TYPE_OF_ORDER"), Array.from(TYPE_OF_ORDER, (type) => Math.max(type, 0)));
  assertEquals(nibbles("CODES"), Array.from({ length: 8 }, (_, i) => i));
  assertEquals(words("REGION_CELL"), [REGION_CELL]);
  assertEquals(words("TOP_CELL"), [TOP_CELL]);
  assertEquals(words("NO_FAMILY"), [NO_FAMILY]);
  assertEquals(code.includes(`const LEAST_DIFFERENCE = 0x1p${Math.log2(LEAST_DIFFERENCE)}f;`), true);
  const [first, last, outer] = [
    nibbles("FIRST_OF_ORDER"),
    nibbles("LAST_OF_ORDER"),
    nibbles("OUTER_OF_ORDER"),
  ];
  for (let order = 0; order < 8; order++) {
    for (let descents = 0; descents < 64; descents++) {
      const axes = (~descents & first[order]!) | (descents & last[order]!);
      const pairs = ~((descents >> 3) ^ order) & ~outer[order]! & 7;
      assertEquals(axes | (pairs << 3), EXITS[64 * order + descents]);
    }
    const bits = order < 4 ? words("INDEX_OF_LOW_ORDER") : words("INDEX_OF_HIGH_ORDER");
    for (let octant = 0; octant < 8; octant++) {
      if (TYPE_OF_ORDER[order]! < 0) continue;
      const [one, two] = bits.map((word) => (word >>> ((8 * order + octant) & 31)) & 1);
      assertEquals(one! | (two! << 1), INDEX_OF_ORDER[8 * order + octant]! & 3);
    }
  }
});

function giveCone(ray: Ray, random: () => number, level: number): void {
  ray.coneSize = Math.fround(2 ** (-6 * random()) / 2 ** level / 2);
  ray.coneSpread = Math.fround(random() < 0.5 ? 0 : 0.2 * random() * Math.hypot(ray.dx, ray.dy, ray.dz));
}

function sceneOf({ level, regions }: TestWorld, kind: TreeKind = "esvt"): Scene {
  return createScene(kind, level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}
