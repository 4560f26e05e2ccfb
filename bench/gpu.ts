// deno-lint-ignore-file no-console -- a script that prints a table
/**
 * Makes the whole table of GPU builds in one run: device time by timestamps and whole time with upload and readback, for
 * octrees and tetrees, shapes alone and with colours and materials on all levels, beside what memory traffic alone allows.
 * The surface is the Stanford dragon's at 1000 cells along its longest side, in regions of 64^3, as often as fills a batch.
 *
 *     deno run -A bench/gpu.ts                  # any adapter; 8 million voxels on hardware, 0.3 million in software
 *     deno run -A bench/gpu.ts --voxels 16e6    # another size
 *     deno run -A bench/gpu.ts --stages         # the time of each stage as well
 */
import { parseArgs } from "node:util";
import { grownCapacities, guessCapacities } from "../src/build/gpu/capacities.ts";
import { GRID_FIELDS } from "../src/build/gpu/grid_words.ts";
import { readTrees } from "../src/build/gpu/read_trees.ts";
import { type BuildStages, type GroupRoom, recordGroup } from "../src/build/gpu/record_group.ts";
import { RegionGroup } from "../src/build/gpu/region_group.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../src/build/gpu/stages.ts";
import { buildEsvo } from "../src/build/cpu/esvo.ts";
import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  type RecordingRunner,
  runRecording,
  ShaderSource,
  type Stage,
} from "../src/gpu/mod.ts";
import type { Samples, TreeKind } from "../src/tree/mod.ts";
import { dragonSurface } from "./build_surface.ts";
import { median } from "./support/ratio.ts";

const DEPTH = 6;
const MIB = 2 ** 20;

const { values: flags } = parseArgs({
  options: { voxels: { type: "string" }, rounds: { type: "string" }, stages: { type: "boolean" } },
});
const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
if (adapter === null) {
  console.log("No GPU adapter: nothing was measured (on Debian, mesa-vulkan-drivers has a software one)");
  Deno.exit(1);
}
const isSoftware = adapter.info.isFallbackAdapter;
const device = await adapter.requestDevice({
  requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
  requiredLimits: {
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
  },
});
device.addEventListener("uncapturederror", (event) => {
  throw (event as GPUUncapturedErrorEvent).error;
});
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
    ...Object.values(BUILD_STAGES),
    ...Object.values(SHAPE_STAGES).filter(({ name }) => name.endsWith("_shape")),
    copyStage,
  ]),
  readback: new Readback(),
};
const rounds = Number(flags.rounds ?? (isSoftware ? 3 : 15));
const wanted = Number(flags.voxels ?? (isSoftware ? 0.3e6 : 8e6));
const jobs = await surfaceOf(wanted);
const voxels = jobs.reduce((sum, { keys }) => sum + keys.length, 0);

console.log(`Adapter: ${adapter.info.description || adapter.info.vendor}${isSoftware ? " (software)" : ""}`);
if (isSoftware) console.log("A software adapter is for correctness only: its times say nothing about a GPU.");
console.log(`Batch: ${voxels} surface voxels in ${jobs.length} regions of 64^3, medians of ${rounds}\n`);
const ceiling = await copyBandwidth();
console.log(`Copying memory: ${(ceiling / 1e9).toFixed(0)} GB/s (read and write added)\n`);
console.log(
  "| build | device ms | G voxels/s | bytes a voxel, at least | share of copying | whole ms | G voxels/s whole |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const kind of ["esvo", "esvt"] as const) {
  for (const hasAttributes of [false, true]) await measure(kind, hasAttributes);
}
const cpuMs = timeOf(() => jobs.forEach((samples) => buildEsvo(samples, DEPTH)));
console.log(`| octree, all, one CPU thread | - | - | - | - | ${cpuMs.toFixed(1)} | ${rate(cpuMs)} |`);
device.destroy();
Deno.exit(0);

async function measure(kind: TreeKind, hasAttributes: boolean): Promise<void> {
  const stages: BuildStages = hasAttributes ? BUILD_STAGES : SHAPE_STAGES;
  const group = new RegionGroup(kind, jobsOf(kind));
  const { room, bytes } = await fittingRoom(group, stages, hasAttributes);
  const deviceMs: number[] = [];
  const wholeMs: number[] = [];
  let profile: [string, number][] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    const recorder = new Recorder();
    recordGroup(recorder, stages, new RegionGroup(kind, jobsOf(kind)), room, hasAttributes);
    const gpuMs = await runRecording(runner, recorder)(({ reads, gpuMs }) => {
      const trees = readTrees(group, room.tets ?? room.voxels, reads.at(-2)!, reads.at(-1)!);
      if (trees.length !== jobs.length) throw new Error("Trees are missing");
      return gpuMs;
    });
    if (round < 0) continue;
    wholeMs.push(performance.now() - start);
    if (gpuMs !== undefined) deviceMs.push(gpuMs);
  }
  if (flags.stages) {
    const recorder = new Recorder();
    recordGroup(recorder, stages, group, room, hasAttributes);
    const { dispatchMs } = await runRecording(runner, recorder, { isProfiled: true })();
    profile = recorder.dispatches.map(({ stage }, i) => [stage.name, dispatchMs[i]!]);
  }
  const name = `${kind === "esvo" ? "octree" : "tetree"}, ${hasAttributes ? "colour and LOD" : "geometry"}`;
  const whole = median(wholeMs);
  const onDevice = deviceMs.length === 0 ? undefined : median(deviceMs);
  const share = onDevice === undefined ? "-" : `${(100 * bytes / (onDevice / 1000) / ceiling).toFixed(0)} %`;
  console.log(
    `| ${name} | ${onDevice?.toFixed(2) ?? "-"} | ${onDevice === undefined ? "-" : rate(onDevice)} | ` +
      `${(bytes / voxels).toFixed(0)} | ${share} | ${whole.toFixed(1)} | ${rate(whole)} |`,
  );
  for (const [stage, ms] of profile) console.log(`    ${stage.padEnd(20)} ${ms.toFixed(3)} ms`);
}

function jobsOf(kind: TreeKind): { kind: TreeKind; depth: number; samples: Samples }[] {
  return jobs.map((samples) => ({ kind, depth: DEPTH, samples }));
}

/** Room in which the batch fits, as a server has it after its first batches, and the bytes that must be moved at least. */
async function fittingRoom(
  group: RegionGroup,
  stages: BuildStages,
  hasAttributes: boolean,
): Promise<{ room: GroupRoom; bytes: number }> {
  let room: GroupRoom = {
    voxels: guessCapacities("esvo", group.sizes),
    tets: group.kind === "esvt" ? guessCapacities("esvt", group.sizes) : undefined,
  };
  while (true) {
    const recorder = new Recorder();
    recordGroup(recorder, stages, group, room, hasAttributes);
    const { reads } = await runRecording(runner, recorder)();
    const voxelGrid = reads[0]!;
    const tetGrid = room.tets === undefined ? undefined : reads[2]!;
    const more = grownCapacities(room.voxels, voxelGrid);
    const moreTets = room.tets && tetGrid && grownCapacities(room.tets, tetGrid);
    if (more === undefined && moreTets === undefined) {
      const bytes = leastTraffic(group, voxelGrid, hasAttributes && tetGrid === undefined, hasAttributes) +
        (tetGrid === undefined ? 0 : tetTraffic(tetGrid, voxelGrid, hasAttributes));
      return { room, bytes };
    }
    room = { voxels: more ?? room.voxels, tets: moreTets ?? room.tets };
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

function rate(ms: number): string {
  return (voxels / ms / 1e6).toFixed(3);
}
