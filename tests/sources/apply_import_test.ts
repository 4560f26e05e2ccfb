import { assert, assertEquals, assertRejects } from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { applyImport, importModel, type ImportResult } from "../../src/sources/mod.ts";
import { createGrid } from "../../src/space/mod.ts";
import { World, type WorldLimits } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { model, voxFile } from "./vox_writer.ts";
import { DEFAULT_IMPORT_LIMITS, DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const GRID = createGrid({ min: [0, 0, 0], max: [64, 64, 64] }, 2, 4);

function world(limits: Partial<WorldLimits> = {}): World {
  return new World({ id: "main", grid: GRID, epoch: 1, limits: { ...DEFAULT_WORLD_LIMITS, ...limits } });
}

/** A bar of 40 voxels in patches of 4, none of which crosses into another region. */
async function bar(): Promise<ImportResult> {
  const voxels = Array.from({ length: 40 }, (_, x) => [x, 0, 0, 1 + x] as const);
  return await importModel({
    bytes: voxFile(150, model([40, 1, 1], voxels)),
    bounds: GRID.bounds,
    level: GRID.level,
    depth: GRID.depth,
    limits: DEFAULT_IMPORT_LIMITS,
    at: [0, 0, 31],
    maxCellsPerPatch: 4,
  });
}

/** What can be seen of a world's voxels. */
function content(subject: World): unknown {
  return [...subject.regions.keys()].sort((a, b) => a - b)
    .map((key) => [key, subject.snapshot(key).samples])
    .filter(([, samples]) => (samples as { keys: Uint32Array }).keys.length > 0);
}

function markAllBuilt(subject: World): void {
  for (const key of [...subject.dirty]) subject.markBuilt(key, subject.region(key)!.version);
}

/** Lets the import go on for so many turns of the loop. */
async function turns(clock: ManualClock, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await settle();
    clock.advance(0);
  }
  await settle();
}

async function settle(): Promise<void> {
  for (let awaits = 0; awaits < 10; awaits++) await Promise.resolve();
}

Deno.test("patches are applied one a turn, and progress is told", async () => {
  const clock = new ManualClock();
  const subject = world();
  const told: number[] = [];
  const running = applyImport(subject, await bar(), {
    clock,
    onProgress: (done, total) => told.push(done / total),
  });
  assertEquals(subject.voxelCount, 4);
  await turns(clock, 1);
  assertEquals(subject.voxelCount, 8);
  await turns(clock, 12);
  assertEquals(await running, { patches: 10, changed: 40, waits: 0 });
  assertEquals(subject.voxelCount, 40);
  assertEquals(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((done) => done / 10));
  assertEquals(clock.pending, 0);
});

Deno.test("a pause between patches is kept", async () => {
  const clock = new ManualClock();
  const subject = world();
  const running = applyImport(subject, await bar(), { clock, pauseMs: 20 });
  await clock.advanceAsync(19);
  assertEquals(subject.voxelCount, 4);
  await clock.advanceAsync(1);
  assertEquals(subject.voxelCount, 8);
  await clock.advanceAsync(1000);
  await running;
});

Deno.test("BUSY waits as long as the world says and goes on where it was", async () => {
  const clock = new ManualClock();
  const subject = world({ maxDirtyRegions: 1 });
  const running = applyImport(subject, await bar(), { clock });
  await turns(clock, 20);
  const before = subject.voxelCount;
  assert(before > 0 && before < 40, "the world never was busy");
  await clock.advanceAsync(249);
  assertEquals(subject.voxelCount, before);
  for (let i = 0; i < 20; i++) {
    markAllBuilt(subject);
    await clock.advanceAsync(250);
  }
  const { waits, changed } = await running;
  assert(waits > 0);
  assertEquals([changed, subject.voxelCount], [40, 40]);
});

Deno.test("a patch that is refused undoes the ones before it", async () => {
  const clock = new ManualClock();
  const subject = world({ maxVoxelsPerWorld: 30 });
  const painted = {
    positions: Uint32Array.of(12, 0, 31, 1, 1, 1),
    colors: Uint32Array.of(0xff112233, 0xff445566),
  };
  subject.apply({ kind: "patch", cells: painted });
  const before = content(subject);
  const running = applyImport(subject, await bar(), { clock });
  const failure = assertRejects(() => running, VoxcastError, "limit is 30");
  await turns(clock, 3);
  assert(subject.voxelCount > 2);
  await turns(clock, 30);
  assertEquals((await failure).code, "VOXEL_LIMIT");
  assertEquals(subject.voxelCount, 2);
  assertEquals(content(subject), before);
});

Deno.test("undoing goes backwards: a cell that two patches wrote is again what it was", async () => {
  const clock = new ManualClock();
  const subject = world();
  const cell = (color: number) => ({ positions: Uint32Array.of(1, 1, 1), colors: Uint32Array.of(color) });
  subject.apply({ kind: "patch", cells: cell(0xff000001) });
  const before = content(subject);
  const { summary } = await bar();
  const beyond = { positions: Uint32Array.of(1, 1, 99), colors: Uint32Array.of(0xff000004) };
  const patches = [cell(0xff000002), cell(0xff000003), beyond];
  const failure = assertRejects(() => applyImport(subject, { patches, summary }, { clock }), VoxcastError);
  await turns(clock, 10);
  assertEquals((await failure).code, "OUT_OF_BOUNDS");
  assertEquals(content(subject), before);
});

Deno.test("the wait is as long as the refusal says", async () => {
  const clock = new ManualClock();
  const subject = world();
  const apply = subject.apply.bind(subject);
  let busy = 1;
  subject.apply = (op, options) => {
    if (busy-- > 0) throw new VoxcastError("BUSY", "Busy", { retryAfterMs: 700 });
    return apply(op, options);
  };
  const running = applyImport(subject, await bar(), { clock });
  await clock.advanceAsync(699);
  assertEquals(subject.voxelCount, 0);
  await clock.advanceAsync(1);
  assert(subject.voxelCount > 0);
  await running;
});

Deno.test("aborting undoes what was applied, also while the world is busy", async () => {
  for (const maxDirtyRegions of [DEFAULT_WORLD_LIMITS.maxDirtyRegions, 1]) {
    const clock = new ManualClock();
    const subject = world({ maxDirtyRegions });
    const controller = new AbortController();
    const running = applyImport(subject, await bar(), { clock, signal: controller.signal });
    const failure = assertRejects(() => running, Error, "no longer wanted");
    await turns(clock, 2);
    assert(subject.voxelCount > 0);
    controller.abort(new Error("no longer wanted"));
    for (let i = 0; i < 20; i++) {
      markAllBuilt(subject);
      await clock.advanceAsync(250);
    }
    await failure;
    assertEquals([subject.voxelCount, content(subject)], [0, []]);
  }
});

Deno.test("a world that stays busy is given up after the timeout", async () => {
  const clock = new ManualClock();
  const subject = world({ maxDirtyRegions: 1 });
  const running = applyImport(subject, await bar(), { clock, busyTimeoutMs: 1000 });
  const failure = assertRejects(() => running, VoxcastError, "wait for a build");
  await clock.advanceAsync(3000);
  await failure;
  assertEquals(subject.voxelCount, 0);
});

Deno.test("undoing that is refused as well is told with both reasons", async () => {
  const clock = new ManualClock();
  const subject = world();
  const controller = new AbortController();
  const running = applyImport(subject, await bar(), { clock, signal: controller.signal });
  const failure = assertRejects(() => running, AggregateError, "the world holds part of it");
  await turns(clock, 1);
  controller.abort(new Error("stop"));
  subject.apply = () => {
    throw new Error("world is gone");
  };
  await turns(clock, 5);
  const { errors } = await failure as AggregateError;
  assertEquals(errors.map((error: Error) => error.message), ["stop", "world is gone"]);
});
