/**
 * The store of a world: a patch of a million cells, single edits, moving entities, and memory. The base line of each is
 * a plain `Map` that is told the same, without versions, hashes, order, limits or atomicity.
 *
 * Memory is what heap and buffers hold after collection minus what they held before, beside what the world accounts for.
 * Run with `deno bench --allow-read bench/store_bench.ts`; the lines in between give ratios and rates.
 */
// deno-lint-ignore no-external-import
import v8 from "node:v8";
// deno-lint-ignore no-external-import
import vm from "node:vm";
import { createGrid, type Vec3 } from "../src/space/mod.ts";
import { type EntityFields, type VoxelCells, World } from "../src/world/mod.ts";
import { parseModel } from "../src/sources/mod.ts";
import { seededRandom } from "../src/observe/mod.ts";
import { needs } from "../tests/support/needs.ts";
import { TREE_VOX } from "../tests/support/real_models.ts";
import { benchWith } from "./support/need.ts";
import { compareRatio, formatRatio, type Ratio, type RatioOptions } from "./support/ratio.ts";
import { DEFAULT_IMPORT_LIMITS, DEFAULT_WORLD_LIMITS } from "../tests/support/limits.ts";

const CELLS = 1_000_000;
const EDITS = 5_000;
const ENTITIES = 1_000;
const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
const MAX_PATCH_MS = 500;
const MAX_VOXEL_BYTES = 24;

/** Registers a benchmark that prints its ratio, and what `report` makes of it, before the runner times the product. */
function storeBench(options: RatioOptions, report: (ratio: Ratio) => void): void {
  let compared = false;
  Deno.bench({
    name: options.name,
    n: 3,
    warmup: 0,
    fn: async (bench) => {
      if (!compared) {
        compared = true;
        const ratio = await compareRatio(options);
        print(formatRatio(ratio, options.atMost));
        report(ratio);
      }
      await options.prepare?.();
      bench.start();
      options.product();
      bench.end();
    },
  });
}

function patchBench(name: string, cells: VoxelCells): void {
  storeBench({
    name: `store: ${name}, to a Map keyed by cell`,
    base: () => writeToMap(new Map(), cells),
    product: () => createWorld().apply({ kind: "patch", cells }),
    rounds: 7,
  }, ({ productMs }) => {
    print(
      `store: ${name}: ${productMs.toFixed(0)} ms (under ${MAX_PATCH_MS}: ${
        verdict(productMs, MAX_PATCH_MS)
      })`,
    );
    reportMemory(name, cells);
  });
}

function reportMemory(name: string, cells: VoxelCells): void {
  const world = createWorld();
  const map = new Map<number, number>();
  const held = bytesHeldBy(() => world.apply({ kind: "patch", cells }));
  const base = bytesHeldBy(() => writeToMap(map, cells));
  const perVoxel = held.bytes / world.voxelCount;
  print(
    `store: ${name}: ${perVoxel.toFixed(1)} bytes a voxel resident (${held.how}; under ${MAX_VOXEL_BYTES}: ` +
      `${verdict(perVoxel, MAX_VOXEL_BYTES)}), ${(world.bytes / world.voxelCount).toFixed(1)} accounted, ` +
      `${world.voxelCount} voxels; a Map holds ${(base.bytes / map.size).toFixed(1)}, ` +
      `ratio ${(held.bytes / base.bytes).toFixed(2)}`,
  );
}

function editBench(): void {
  const random = seededRandom(2);
  const edge = 2 ** GRID.depth;
  function somewhere(): number {
    return Math.floor(random() * edge);
  }
  const dense: VoxelCells = {
    positions: new Uint32Array(3 * 400_000).map(somewhere),
    colors: new Uint32Array(400_000).fill(0xff336699),
  };
  const edits = Array.from({ length: EDITS }, (_, i): VoxelCells => ({
    positions: new Uint32Array([somewhere(), somewhere(), somewhere()]),
    colors: new Uint32Array([i % 2 === 0 ? 0 : 0xff000000 + i]),
  }));
  let flip = 0;
  const world = createWorld();
  world.apply({ kind: "patch", cells: dense });
  const map = new Map<number, number>();
  writeToMap(map, dense);
  storeBench({
    name: `store: ${EDITS} single edits of a region of ${world.voxelCount} voxels, to a Map`,
    // Half of the writes remove and half insert, by turns, so that each round moves what lies behind them.
    prepare: () => {
      flip++;
      edits.forEach(({ colors }, i) => colors[0] = (i + flip) % 4 < 2 ? 0 : 0xff000000 + i);
    },
    base: () => edits.forEach((cells) => writeToMap(map, cells)),
    product: () => edits.forEach((cells) => world.apply({ kind: "patch", cells })),
    rounds: 9,
  }, ({ productMs }) => printRate("single edits", EDITS, productMs));
}

function entityBench(): void {
  const random = seededRandom(3);
  const world = createWorld();
  world.apply({ kind: "patch", cells: scatteredCells() });
  const flock = Array.from({ length: ENTITIES }, () => [0, 1, 2].map(() => 256 + random() * 512));
  function step(): EntityFields[] {
    return flock.map((at, i) => {
      for (let axis = 0; axis < 3; axis++) at[axis] = at[axis]! + random() * 2 - 1;
      const position = [...at] as unknown as Vec3;
      return { id: `bird ${i}`, type: "bird", position, size: [3, 3, 3], color: 0xff00ffff };
    });
  }
  const map = new Map<string, EntityFields>();
  let put: EntityFields[] = [];
  storeBench({
    name: `store: ${ENTITIES} entities moving among voxels, to a Map by id`,
    prepare: () => put = step(),
    base: () => put.forEach((fields) => map.set(fields.id, fields)),
    product: () => world.apply({ kind: "entities", source: "flock", put }),
    rounds: 41,
  }, ({ productMs }) => printRate("entity moves", ENTITIES, productMs));
}

function createWorld(): World {
  return new World({ id: "bench", grid: GRID, epoch: 1, limits: DEFAULT_WORLD_LIMITS });
}

function scatteredCells(): VoxelCells {
  const random = seededRandom(1);
  return {
    positions: new Uint32Array(3 * CELLS).map(() => Math.floor(random() * 1024)),
    colors: new Uint32Array(CELLS).map(() => 0xff000000 | Math.floor(random() * 0x1000000)),
  };
}

/** A wood: the real model again and again, side by side, until there are a million cells. */
async function treeCells(file: Uint8Array<ArrayBuffer>): Promise<VoxelCells> {
  const { points } = await parseModel(file, { limits: DEFAULT_IMPORT_LIMITS });
  const min = [Infinity, Infinity, Infinity];
  for (let i = 0; i < 3 * points.count; i++) min[i % 3] = Math.min(min[i % 3]!, points.positions[i]!);
  const model = Int32Array.from(points.positions, (value, i) => value - min[i % 3]!);
  const stride = 1 + model.reduce((most, value) => Math.max(most, value), 0);
  const treesPerAxis = Math.floor(1024 / stride);
  const positions = new Uint32Array(3 * CELLS);
  const colors = new Uint32Array(CELLS);
  for (let i = 0; i < CELLS; i++) {
    const tree = Math.floor(i / points.count);
    const voxel = i % points.count;
    const corner = [tree % treesPerAxis, 0, Math.floor(tree / treesPerAxis)];
    for (let axis = 0; axis < 3; axis++) {
      positions[3 * i + axis] = model[3 * voxel + axis]! + corner[axis]! * stride;
    }
    colors[i] = points.colors[voxel]!;
  }
  return { positions, colors };
}

function writeToMap(map: Map<number, number>, { positions, colors }: VoxelCells): void {
  for (let i = 0; i < colors.length; i++) {
    const cell = positions[3 * i]! | (positions[3 * i + 1]! << 10) | (positions[3 * i + 2]! << 20);
    if (colors[i]! >>> 24 === 0) map.delete(cell);
    else map.set(cell, colors[i]!);
  }
}

/** What stays in memory of some work: of the process as a whole too little shows, as it keeps what was freed before. */
function bytesHeldBy(work: () => unknown): { bytes: number; how: string } {
  const collect = collector();
  const before = bytesHeld(collect);
  work();
  const bytes = bytesHeld(collect) - before;
  return { bytes, how: `heap and buffers, ${collect === undefined ? "not " : ""}collected` };
}

function bytesHeld(collect: (() => void) | undefined): number {
  collect?.();
  collect?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** The engine's collector, which a flag set while running makes available. */
function collector(): (() => void) | undefined {
  try {
    v8.setFlagsFromString("--expose-gc");
    const collect: unknown = vm.runInNewContext("gc");
    return typeof collect === "function" ? () => void collect() : undefined;
  } catch {
    return undefined;
  }
}

function printRate(what: string, count: number, ms: number): void {
  print(`store: ${count} ${what} in ${ms.toFixed(1)} ms, ${Math.round(count / ms * 1000)} a second`);
}

function verdict(value: number, limit: number): string {
  return value < limit ? "met" : "NOT MET";
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}

const TREE_NAME = "a million cells of a real model";
const readable = await needs({ read: TREE_VOX });

patchBench("a million scattered cells", scatteredCells());
if (readable.ignore) benchWith(readable, { name: `store: ${TREE_NAME}` }, () => {});
else patchBench(TREE_NAME, await treeCells(await Deno.readFile(TREE_VOX)));
editBench();
entityBench();
