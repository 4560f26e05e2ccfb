// deno-lint-ignore-file no-console -- a script that prints a table
/**
 * Makes the whole table of GPU builds in one run: device time by timestamps and whole time with upload and readback, for
 * octrees and tetrees, shapes alone and with colours and materials on all levels, beside what memory traffic alone allows.
 * The surface is the Stanford dragon's at 1000 cells along its longest side, in regions of 64^3, as often as fills a batch.
 * Scattered points go the way of a server's batch: bitmaps are tried first, found too costly, and the regions are sorted.
 * Then the rays: pictures of the dragon in a world of 1024^3, as many pixels as a screen has on hardware.
 *
 *     deno run -A bench/gpu.ts                  # any adapter; 8 million voxels on hardware, 0.3 million in software
 *     deno run -A bench/gpu.ts --voxels 16e6    # another size
 *     deno run -A bench/gpu.ts --stages         # the time of each stage as well
 *     deno run -A bench/gpu.ts --rays           # the rays alone
 *     deno run -A bench/gpu.ts --size 640x360   # pixels of the pictures: 1920x1080 on hardware, 160x90 in software
 */
import { parseArgs } from "node:util";
import { Batch } from "../src/build/gpu/batch.ts";
import type { BatchJob } from "../src/build/gpu/batch_job.ts";
import { GRID_FIELDS } from "../src/build/gpu/grid_words.ts";
import { takeReads } from "../src/build/gpu/group_reads.ts";
import { type GroupRoom, grownRoom, guessedRoom, treeRoom } from "../src/build/gpu/group_room.ts";
import { readTrees } from "../src/build/gpu/read_trees.ts";
import { type BuildStages, recordBitmaps } from "../src/build/gpu/record_bitmaps.ts";
import { RegionGroup } from "../src/build/gpu/region_group.ts";
import { SORTED_STAGES } from "../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../src/build/gpu/stages.ts";
import { buildEsvo } from "../src/build/cpu/esvo.ts";
import {
  BufferPool,
  chooseAdapter,
  compileStages,
  describeAdapter,
  openDevice,
  Readback,
  Recorder,
  type RecordingRunner,
  runRecording,
  ShaderSource,
  type Stage,
} from "../src/gpu/mod.ts";
import { seededRandom } from "../src/observe/mod.ts";
import { PICTURE_STAGES } from "../src/trace/picture_stages.ts";
import { type Samples, TREE_KINDS, type TreeKind } from "../src/tree/mod.ts";
import { dragonSurface } from "./build_surface.ts";
import { measureRays } from "./gpu_rays.ts";
import { median } from "./support/ratio.ts";

const DEPTH = 6;
const MIB = 2 ** 20;
/** Scattered points of a region: about two in each brick that holds one. */
const POINTS = 1000;

const { values: flags } = parseArgs({
  options: {
    voxels: { type: "string" },
    rounds: { type: "string" },
    stages: { type: "boolean" },
    rays: { type: "boolean" },
    size: { type: "string" },
  },
});
const { device, adapter } = await openAny();
const { isSoftware } = adapter;
const copyStage = stageOf(
  "copy",
  `@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> copy: array<vec4<u32>>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>,
  @builtin(local_invocation_index) local: u32) {
  let i = (id.x + id.y * n.x) * 256u + local;
  if (i < arrayLength(&source)) { copy[i] = source[i]; }
}
`,
);
const runner: RecordingRunner = {
  device,
  pool: new BufferPool(device, 8192 * MIB),
  pipelines: await compileStages(device, [
    ...Object.values({ ...BUILD_STAGES, ...SORTED_STAGES }),
    ...Object.values(SHAPE_STAGES).filter(({ name }) => name.endsWith("_shape")),
    copyStage,
    ...Object.values(PICTURE_STAGES),
  ]),
  readback: new Readback(),
};
const rounds = Number(flags.rounds ?? (isSoftware ? 3 : 15));
const [widthPx = NaN, heightPx = NaN] = (flags.size ?? (isSoftware ? "160x90" : "1920x1080")).split("x").map(
  Number,
);
const wanted = Number(flags.voxels ?? (isSoftware ? 0.3e6 : 8e6));
console.log(`Adapter: ${describeAdapter(adapter)}`);
if (isSoftware) console.log("A software adapter is for correctness only: its times say nothing about a GPU.");
if (flags.rays) await endAfterRays();
const jobs = await surfaceOf(wanted);
const voxels = voxelsOf(jobs);
const points = scatteredRegions(wanted / 4);
console.log(`Batch: ${voxels} surface voxels in ${jobs.length} regions of 64^3, medians of ${rounds}`);
console.log(`Scattered: ${voxelsOf(points)} voxels in ${points.length} regions of 64^3\n`);
const ceiling = await copyBandwidth();
console.log(`Copying memory: ${(ceiling / 1e9).toFixed(0)} GB/s (read and write added)\n`);
console.log(
  "| build | device ms | G voxels/s | bytes a voxel, at least | share of copying | whole ms | G voxels/s whole |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const kind of TREE_KINDS) {
  for (const hasAttributes of [false, true]) await measure(kind, hasAttributes);
}
for (const kind of TREE_KINDS) await measureScattered(kind);
for (const [name, regions] of [["octree, all", jobs], ["octree, scattered", points]] as const) {
  const cpuMs = timeOf(() => regions.forEach((samples) => buildEsvo(samples, DEPTH)));
  console.log(
    `| ${name}, one CPU thread | - | - | - | - | ${cpuMs.toFixed(1)} | ${rate(cpuMs, voxelsOf(regions))} |`,
  );
}
await endAfterRays();

async function endAfterRays(): Promise<never> {
  await measureRays(runner, { widthPx, heightPx, rounds });
  device.destroy();
  Deno.exit(0);
}

/** Opens the adapter that a server would be given for `gpu`; ends the process where there is none. */
async function openAny(): ReturnType<typeof openDevice> {
  const found = await chooseAdapter(navigator.gpu, "gpu").catch(({ message }: Error) => {
    console.log(`${message}: nothing was measured (on Debian, mesa-vulkan-drivers has a software one)`);
    Deno.exit(1);
  });
  return await openDevice(found, {
    onError: (error) => {
      throw error;
    },
  });
}

async function measure(kind: TreeKind, hasAttributes: boolean): Promise<void> {
  const stages: BuildStages = hasAttributes ? BUILD_STAGES : SHAPE_STAGES;
  const group = new RegionGroup(kind, jobsOf(kind, jobs));
  const { room, bytes } = await fittingRoom(group, stages, hasAttributes);
  const deviceMs: number[] = [];
  const wholeMs: number[] = [];
  let profile: [string, number][] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    const recorder = new Recorder();
    recordBitmaps(recorder, stages, new RegionGroup(kind, jobsOf(kind, jobs)), room, hasAttributes);
    const gpuMs = await runRecording(runner, recorder)(({ reads, gpuMs }) => {
      const { headers, output } = takeReads(reads.values(), room);
      const trees = readTrees(group, treeRoom(room), headers, output);
      if (trees.length !== jobs.length) throw new Error("Trees are missing");
      return gpuMs;
    });
    if (round < 0) continue;
    wholeMs.push(performance.now() - start);
    if (gpuMs !== undefined) deviceMs.push(gpuMs);
  }
  if (flags.stages) {
    const recorder = new Recorder();
    recordBitmaps(recorder, stages, group, room, hasAttributes);
    const { dispatchMs } = await runRecording(runner, recorder, { isProfiled: true })();
    profile = recorder.dispatches.map(({ stage }, i) => [stage.name, dispatchMs[i]!]);
  }
  const name = `${nameOf(kind)}, ${hasAttributes ? "colour and LOD" : "geometry"}`;
  const whole = median(wholeMs);
  const onDevice = deviceMs.length === 0 ? undefined : median(deviceMs);
  const share = onDevice === undefined ? "-" : `${(100 * bytes / (onDevice / 1000) / ceiling).toFixed(0)} %`;
  console.log(
    `| ${name} | ${onDevice?.toFixed(2) ?? "-"} | ${onDevice === undefined ? "-" : rate(onDevice)} | ` +
      `${(bytes / voxels).toFixed(0)} | ${share} | ${whole.toFixed(1)} | ${rate(whole)} |`,
  );
  for (const [stage, ms] of profile) console.log(`    ${stage.padEnd(20)} ${ms.toFixed(3)} ms`);
}

/** Builds scattered points as a server's batch does, with all submits that it takes. */
async function measureScattered(kind: TreeKind): Promise<void> {
  const deviceMs: number[] = [];
  const wholeMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    const batch = new Batch(runner, jobsOf(kind, points));
    batch.submit();
    const { stats } = await batch.collect();
    if (stats.sortedRegions !== points.length) throw new Error("Scattered regions were not sorted");
    if (round < 0) continue;
    wholeMs.push(performance.now() - start);
    if (stats.gpuMs !== undefined) deviceMs.push(stats.gpuMs);
  }
  const count = voxelsOf(points);
  const whole = median(wholeMs);
  const onDevice = deviceMs.length === 0 ? undefined : median(deviceMs);
  console.log(
    `| ${nameOf(kind)}, scattered, colour and LOD | ${onDevice?.toFixed(2) ?? "-"} | ` +
      `${onDevice === undefined ? "-" : rate(onDevice, count)} | - | - | ${whole.toFixed(1)} | ${
        rate(whole, count)
      } |`,
  );
}

function nameOf(kind: TreeKind): string {
  return kind === "esvo" ? "octree" : "tetree";
}

function jobsOf(kind: TreeKind, regions: readonly Samples[]): BatchJob[] {
  return regions.map((samples) => ({ kind, depth: DEPTH, samples }));
}

/** Room in which the batch fits (surfaces fit what is guessed at first), and the bytes that must be moved at least. */
async function fittingRoom(
  group: RegionGroup,
  stages: BuildStages,
  hasAttributes: boolean,
): Promise<{ room: GroupRoom; bytes: number }> {
  let room = guessedRoom(group.kind, group.sizes);
  while (true) {
    const recorder = new Recorder();
    recordBitmaps(recorder, stages, group, room, hasAttributes);
    const { reads } = await runRecording(runner, recorder)();
    const grids = takeReads(reads.values(), room);
    const more = grownRoom(room, grids);
    if (more === undefined) {
      const { voxelGrid, tetGrid } = grids;
      const bytes = leastTraffic(group, voxelGrid, hasAttributes && tetGrid === undefined, hasAttributes) +
        (tetGrid === undefined ? 0 : tetTraffic(tetGrid, voxelGrid, hasAttributes));
      return { room, bytes };
    }
    room = more;
  }
}

/** Bytes that the stages read and write for voxels, each counted once a stage, as if caches did all the rest. */
function leastTraffic(group: RegionGroup, grid: Uint32Array, isEmitted: boolean, hasLeaves: boolean): number {
  const samples = group.samples.keys.length;
  const bricks = grid[GRID_FIELDS.bricks]!;
  const leaves = grid[GRID_FIELDS.leaves]!;
  const inner = grid[GRID_FIELDS.inner]!;
  const shape = samples * (8 + 8) + bricks * (64 * 4 + 16 * 6) + group.directoryWords * 16 * 6 + inner * 2;
  const merge = hasLeaves ? samples * (8 + 8 + 4) + leaves * (4 + 4 + 5 + 8) : 0;
  const emit = isEmitted ? leaves * (8 + 5) + bricks * 64 + inner * 5 : 0;
  return shape + merge + emit;
}

function tetTraffic(grid: Uint32Array, voxels: Uint32Array, hasAttributes: boolean): number {
  const bricks = grid[GRID_FIELDS.bricks]!;
  const leaves = grid[GRID_FIELDS.leaves]!;
  const shape = voxels[GRID_FIELDS.bricks]! * 80 * 2 + bricks * (64 * 4 + 16 * 6) +
    grid[GRID_FIELDS.inner]! * 2;
  return shape +
    (hasAttributes ? leaves * (8 * 2 + 8 + 8 + 5) + bricks * 64 + grid[GRID_FIELDS.inner]! * 5 : 0);
}

/** Regions of the dragon's surface, over and over until there are enough voxels; copies differ in their colours. */
async function surfaceOf(least: number): Promise<Samples[]> {
  const { regions } = await dragonSurface();
  const found: Samples[] = [];
  let count = 0;
  for (let copy = 0; count < least; copy++) {
    for (const { keys, colors, materials } of regions) {
      if (count >= least) break;
      found.push({ keys, colors: colors.map((color) => (color ^ (copy * 0x010305)) >>> 0), materials });
      count += keys.length;
    }
  }
  return found;
}

/** Regions of voxels at random places, which lie so far apart that they are sorted. */
function scatteredRegions(least: number): Samples[] {
  const random = seededRandom(20_26);
  return Array.from({ length: Math.ceil(least / POINTS) }, () => {
    const cells = new Set<number>();
    while (cells.size < POINTS) cells.add(Math.floor(random() * 8 ** DEPTH));
    const keys = Uint32Array.from(cells);
    return {
      keys,
      colors: keys.map((key) => (Math.imul(key, 0x9e3779b1) | 0xff000000) >>> 0),
      materials: Uint8Array.from(keys, (key) => key & 15),
    };
  });
}

function voxelsOf(regions: readonly Samples[]): number {
  return regions.reduce((sum, { keys }) => sum + keys.length, 0);
}

/** Bytes read and written a second by a shader that only copies. */
async function copyBandwidth(): Promise<number> {
  const bytes = isSoftware ? 16 * MIB : 128 * MIB;
  const times: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const recorder = new Recorder();
    recorder.zeroed("source", bytes / 4);
    recorder.scratch("copy", bytes / 4);
    for (let i = 0; i < 8; i++) {
      recorder.dispatch(copyStage, { source: "source", copy: "copy" }, bytes / 16 / 256);
    }
    recorder.read("copy", 4);
    const start = performance.now();
    const { gpuMs } = await runRecording(runner, recorder)();
    if (round >= 0) times.push(gpuMs ?? performance.now() - start);
  }
  return 8 * 2 * bytes / (median(times) / 1000);
}

function stageOf(name: string, text: string): Stage {
  return { name, source: new ShaderSource({ path: `bench/${name}.wgsl`, text }, new Map()) };
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function rate(ms: number, count: number = voxels): string {
  return (count / ms / 1e6).toFixed(3);
}
