/**
 * Import of tree.vox from the bytes of the file to built regions, phase by phase, as a server does it: read and place in
 * the import Worker, apply to a world, build every region in the pool of Workers. Base line in the same run: three's
 * VOXLoader on the same bytes, which ends with one mesh a shown model.
 */
import { VOXLoader } from "three/addons/loaders/VOXLoader.js";
import { type Builder, createCpuBuilder } from "../src/build/mod.ts";
import { silentLogger, systemClock } from "../src/observe/mod.ts";
import { applyImport, importFile, parseModel, placePoints, planPlacement } from "../src/sources/mod.ts";
import { createGrid } from "../src/space/mod.ts";
import { World } from "../src/world/mod.ts";
import { needs } from "../tests/support/needs.ts";
import { TREE_VOX } from "../tests/support/real_models.ts";
import { benchWith } from "./support/need.ts";
import { median } from "./support/ratio.ts";
import { DEFAULT_IMPORT_LIMITS, DEFAULT_WORLD_LIMITS } from "../tests/support/limits.ts";

const NAME = "tree.vox to built regions";
const ROUNDS = 5;
const AT_MOST_MS = 3000;
const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
const BUILD_LODS = [0];

/** The runner calls a benchmark several times, whatever it is told; the lines are for once. */
let isMeasured = false;

const need = await needs({ read: "." });

/** Times of one import, in milliseconds. */
interface Phases {
  readonly import: number;
  readonly apply: number;
  readonly build: number;
}

benchWith(need, { name: NAME, n: 1, warmup: 0 }, async (bench) => {
  const bytes = await Deno.readFile(TREE_VOX);
  const pool = { poolSize: navigator.hardwareConcurrency, buildTimeoutMs: 60_000 };
  await using builder = createCpuBuilder({ ...pool, logger: silentLogger, clock: systemClock });
  if (!isMeasured) {
    isMeasured = true;
    await compare(bytes, builder);
  }
  bench.start();
  await importOnce(bytes, builder);
  bench.end();
});

async function compare(bytes: Uint8Array<ArrayBuffer>, builder: Builder): Promise<void> {
  const { voxels, regions } = await importOnce(bytes, builder);
  const whole: Phases[] = [];
  const parts: { readonly parse: number; readonly place: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    whole.push(await importOnce(bytes, builder));
    parts.push(await inThread(bytes));
  }
  const threeStart = performance.now();
  new VOXLoader().parse(bytes.slice().buffer);
  const threeMs = performance.now() - threeStart;

  const phase = (name: keyof Phases): number => median(whole.map((phases) => phases[name]));
  const totalMs = median(whole.map((phases) => phases.import + phases.apply + phases.build));
  const parseMs = median(parts.map(({ parse }) => parse));
  const placeMs = median(parts.map(({ place }) => place));
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  print(
    `${NAME}: median ${ms(totalMs)} (at most ${AT_MOST_MS} ms: ${
      totalMs <= AT_MOST_MS ? "met" : "NOT MET"
    }), ` +
      `${voxels} voxels in ${regions} regions, ${ROUNDS} rounds`,
  );
  print(
    `  import Worker ${ms(phase("import"))} (its parts on this thread: parse ${ms(parseMs)}, place ${
      ms(placeMs)
    }), ` +
      `apply ${ms(phase("apply"))}, build and encode ${ms(phase("build"))}`,
  );
  print(
    `  base line: three's VOXLoader ${ms(threeMs)}, once; ratio of our parse and place to it ` +
      `${((parseMs + placeMs) / threeMs).toFixed(3)}, of the whole ${(totalMs / threeMs).toFixed(3)}`,
  );
}

async function importOnce(
  bytes: Uint8Array<ArrayBuffer>,
  builder: Builder,
): Promise<Phases & { readonly voxels: number; readonly regions: number }> {
  const world = new World({ id: "bench", grid: GRID, epoch: 1, limits: DEFAULT_WORLD_LIMITS });
  const start = performance.now();
  const result = await importFile(bytes.slice(), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS });
  const imported = performance.now();
  await applyImport(world, result, { clock: systemClock });
  const applied = performance.now();
  await Promise.all([...world.dirty].map(async (key) => {
    const { samples, version } = world.snapshot(key);
    await builder.build({ kind: "esvo", depth: GRID.depth, samples, payloadIds: BUILD_LODS });
    world.markBuilt(key, version);
  }));
  return {
    import: imported - start,
    apply: applied - imported,
    build: performance.now() - applied,
    voxels: world.voxelCount,
    regions: world.regions.size,
  };
}

/** The Worker's work without the Worker. */
async function inThread(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly parse: number; readonly place: number }> {
  const start = performance.now();
  const { points } = await parseModel(bytes, { limits: DEFAULT_IMPORT_LIMITS });
  const parsed = performance.now();
  placePoints(points, planPlacement(points, GRID), GRID, { limits: DEFAULT_IMPORT_LIMITS });
  return { parse: parsed - start, place: performance.now() - parsed };
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
