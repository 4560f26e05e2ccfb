/**
 * Rays through an octree against the usual walk through a dense grid of 64^3 cells: the same rays with the same hits, in one
 * run and on one thread. `bench/trace_tets_bench.ts` has those through tetrees.
 *
 * Run with `deno bench -A bench/trace_bench.ts`; a line a scene tells how many of the rays hit.
 */
import { buildEsvo } from "../src/build/cpu/esvo.ts";
import { type Random, seededRandom } from "../src/observe/mod.ts";
import { encodeMorton } from "../src/space/mod.ts";
import { createScene, Hit, packTree, Ray, type Scene } from "../src/tree/mod.ts";
import { traceEsvo } from "../src/tree/trace/trace_esvo.ts";
import { treeModelVoxels } from "../tests/build/model_regions.ts";
import { needs } from "../tests/support/needs.ts";
import { DenseGrid, NO_CELL } from "./dense_grid.ts";
import { ratioBench } from "./support/ratio.ts";

const BITS = 6;
const EDGE = 2 ** BITS;
const RAYS = 20_000;
const ESVO_AT_MOST = 3;

type Voxel = readonly [x: number, y: number, z: number];

interface Measured {
  readonly name: string;
  readonly grid: DenseGrid;
  readonly octree: Scene;
  readonly rays: readonly Ray[];
}

const need = await needs({ read: "." });
const hit = new Hit();

function* ground(): Generator<Voxel> {
  for (let x = 0; x < EDGE; x++) {
    for (let z = 0; z < EDGE; z++) {
      const height = Math.floor(EDGE * (0.4 + 0.15 * Math.sin(x / 9) * Math.cos(z / 7)));
      for (let y = height - 2; y <= height; y++) yield [x, y, z];
    }
  }
}

function* ball(): Generator<Voxel> {
  for (let i = 0; i < EDGE ** 3; i++) {
    const voxel = [i % EDGE, (i >> BITS) % EDGE, i >> (2 * BITS)] as const;
    const [x, y, z] = voxel.map((cell) => cell + 0.5 - EDGE / 2);
    if (Math.abs(Math.hypot(x!, y!, z!) - 0.4 * EDGE) < 0.9) yield voxel;
  }
}

function* scattered(): Generator<Voxel> {
  const random = seededRandom(3);
  const cell = () => Math.floor(EDGE * random());
  for (let i = 0; i < 2000; i++) yield [cell(), cell(), cell()];
}

/** The model of 256^3 voxels, four to one. */
async function* model(): AsyncGenerator<Voxel> {
  const voxels = await treeModelVoxels();
  for (let i = 0; i < voxels.length; i += 4) {
    yield [voxels[i]! >> 2, voxels[i + 1]! >> 2, voxels[i + 2]! >> 2];
  }
}

async function measured(name: string, voxels: Iterable<Voxel> | AsyncIterable<Voxel>): Promise<Measured> {
  const cells = await Array.fromAsync(voxels);
  const samples = {
    keys: Uint32Array.from(cells, ([x, y, z]) => encodeMorton(x, y, z)),
    colors: new Uint32Array(cells.length).fill(0xff808080),
    materials: new Uint8Array(cells.length),
  };
  const octree = createScene("esvo", 0, [{ morton: 0, tree: packTree(buildEsvo(samples, BITS)) }]);
  const random = seededRandom(name.length);
  const rays = Array.from({ length: RAYS }, (_, i) => i % 2 === 0 ? fromOutside(random) : fromInside(random));
  return { name, grid: new DenseGrid(BITS, cells), octree, rays };
}

/** As a camera has them: from one side, through the world. */
function fromOutside(random: Random): Ray {
  const [ox, oy, oz] = [1.5 + 1.2 * (random() - 0.5), 2.5, 3];
  const target = () => 1 + random();
  return Object.assign(new Ray(), { ox, oy, oz, dx: target() - ox, dy: target() - oy, dz: target() - oz });
}

/** As shadows have them: from anywhere, to anywhere. */
function fromInside(random: Random): Ray {
  const place = () => 1 + random();
  const side = () => random() - 0.5;
  return Object.assign(new Ray(), {
    ox: place(),
    oy: place(),
    oz: place(),
    dx: side(),
    dy: side(),
    dz: side(),
  });
}

function walkGrid({ grid, rays }: Measured): number {
  let hits = 0;
  for (const ray of rays) if (grid.trace(ray) !== NO_CELL) hits++;
  return hits;
}

function walkOctree({ octree, rays }: Measured): number {
  let hits = 0;
  for (const ray of rays) if (traceEsvo(octree, ray, hit)) hits++;
  return hits;
}

/** Throws unless both find the same cells; rays are random, so none goes through an edge. */
function checkHits({ name, grid, octree, rays }: Measured): void {
  let hits = 0;
  for (const ray of rays) {
    const cell = grid.trace(ray);
    const isHit = traceEsvo(octree, ray, hit);
    const found = isHit ? grid.cellAt(hit.x / hit.size, hit.y / hit.size, hit.z / hit.size) : NO_CELL;
    if (cell !== found) throw new Error(`${name}: the grid finds cell ${cell}, the octree ${found}`);
    if (isHit) hits++;
  }
  // deno-lint-ignore no-console
  console.log(`${name}: ${hits} of ${rays.length} rays hit`);
}

const scenes = need.ignore ? [] : [
  await measured("tree.vox", model()),
  await measured("rolling ground", ground()),
  await measured("a hollow ball", ball()),
  await measured("2,000 scattered voxels", scattered()),
];

for (const scene of scenes) {
  checkHits(scene);
  ratioBench({
    name: `octree rays against a dense grid, ${scene.name}`,
    base: () => walkGrid(scene),
    product: () => walkOctree(scene),
    atMost: ESVO_AT_MOST,
    rounds: 31,
  });
}
