/**
 * Rays through worlds of tetrees against the same rays through octrees of the same voxels: all hits are found, in one run and
 * on one thread. Regions of a world are held at different depths.
 *
 * Run with `deno bench -A bench/trace_tets_bench.ts`; a line a world tells how many of the rays hit.
 */
import { seededRandom } from "../src/observe/mod.ts";
import {
  createScene,
  Hit,
  packTree,
  type Ray,
  type Scene,
  TREE_KINDS,
  type TreeKind,
} from "../src/tree/mod.ts";
import { traceEsvo } from "../src/tree/trace/trace_esvo.ts";
import { traceEsvt } from "../src/tree/trace/trace_esvt.ts";
import { needs } from "../tests/support/needs.ts";
import { testRays } from "../tests/tree/trace/test_rays.ts";
import { modelWorld, type TestWorld, testWorlds } from "../tests/tree/trace/test_worlds.ts";
import { ratioBench } from "./support/ratio.ts";

const RAYS = 20_000;
const ESVT_AT_MOST = 2.5;
/** Worlds of the tests that are large enough, and the model of 256^3 voxels in 64 regions. */
const WORLDS = /^(scattered|sheets|eight regions|a ball)/;

const need = await needs({ read: "." });
const hit = new Hit();
const worlds = need.ignore ? [] : await allWorlds();
const rays = (["random, from outside", "random, from inside"] as const).flatMap((family) => {
  return testRays(family, RAYS / 2, seededRandom(family.length), [{ corner: [0, 0, 0], size: 1 }]);
});

for (const { esvo, esvt } of worlds) {
  const [octrees, tetrees] = [sceneOf("esvo", esvo), sceneOf("esvt", esvt)];
  const trace = (scene: Scene, traceKind: (scene: Scene, ray: Ray, hit: Hit) => boolean): number => {
    let hits = 0;
    for (const ray of rays) if (traceKind(scene, ray, hit)) hits++;
    return hits;
  };
  // deno-lint-ignore no-console
  console.log(
    `${esvo.name}: ${trace(octrees, traceEsvo)} rays of ${RAYS} hit as octrees, ` +
      `${trace(tetrees, traceEsvt)} as tetrees`,
  );
  ratioBench({
    name: `rays through tetrees against octrees, ${esvo.name}`,
    base: () => trace(octrees, traceEsvo),
    product: () => trace(tetrees, traceEsvt),
    atMost: ESVT_AT_MOST,
    rounds: 31,
  });
}

async function allWorlds(): Promise<Record<TreeKind, TestWorld>[]> {
  const [esvo, esvt] = await Promise.all(
    TREE_KINDS.map(async (kind) => [await modelWorld(kind, 6), ...testWorlds(kind)]),
  );
  return esvo!.map((world, i) => ({ esvo: world, esvt: esvt![i]! })).filter(({ esvo }, i) => {
    return i === 0 || WORLDS.test(esvo.name);
  });
}

function sceneOf(kind: TreeKind, { level, regions }: TestWorld): Scene {
  return createScene(kind, level, regions.map(({ morton, tree }) => ({ morton, tree: packTree(tree) })));
}
