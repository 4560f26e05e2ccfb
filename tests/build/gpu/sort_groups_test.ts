import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { recordBitmaps } from "../../../src/build/gpu/record_bitmaps.ts";
import { RegionGroup } from "../../../src/build/gpu/region_group.ts";
import {
  mostSortedRegions,
  mostSortedSamples,
  sortedRoom,
} from "../../../src/build/gpu/sorted_capacities.ts";
import { isScattered, occupiedBricks, sortedGroups } from "../../../src/build/gpu/sorted_groups.ts";
import { BUILD_STAGES } from "../../../src/build/gpu/stages.ts";
import { Recorder, type Recording, recordingProblem } from "../../../src/gpu/mod.ts";
import { TREE_KINDS } from "../../../src/tree/mod.ts";
import { runs } from "../../support/runs.ts";
import { paint } from "../samples.ts";
import { HARD_SHAPES, jobs, scattered } from "./batch_samples.ts";
import { expectedTree } from "./expected_tree.ts";
import { LEAST_LIMITS, type Plan, planBuild } from "./twin_builder.ts";

const MAX_BYTES = LEAST_LIMITS.maxStorageBufferBindingSize;

function planSorted(jobs: readonly BatchJob[]): Plan {
  return planBuild(jobs, { isSorted: true });
}

function jobOf(depth: number, keys: readonly number[]): BatchJob {
  return { kind: "esvo", depth, samples: paint(keys) };
}

Deno.test("Occupied bricks are those of 8^3 cells that hold a sample", () => {
  assertEquals(occupiedBricks(jobOf(3, [0, 511, 5])), 1);
  assertEquals(occupiedBricks(jobOf(8, [0, 511, 512, 513, 8 ** 8 - 1])), 3);
  assertEquals(occupiedBricks(jobOf(8, Array.from({ length: 32_768 }, (_, i) => 512 * i))), 32_768);
});

Deno.test("A region is scattered below six voxels an occupied brick", () => {
  const twoBricks = Array.from({ length: 12 }, (_, i) => 100 * i);
  assertEquals(isScattered(jobOf(4, twoBricks.slice(0, 11)), MAX_BYTES), true);
  assertEquals(occupiedBricks(jobOf(4, twoBricks.slice(0, 12))), 3);
  assertEquals(isScattered(jobOf(4, [0, 1, 2, 3, 4, 5]), MAX_BYTES), false);
  assertEquals(isScattered(jobOf(4, [0, 1, 2, 3, 4]), MAX_BYTES), true);
});

Deno.test("A region of more samples than a device can sort at once is not sorted", () => {
  const job = { ...jobOf(8, [1]), samples: scattered(3000, 8) };
  assertEquals(isScattered(job, 64 * 3000), true);
  assertEquals(isScattered(job, 64 * 2999), false);
  assertEquals(isScattered({ ...job, kind: "esvt" }, 64 * 3000), false);
});

Deno.test("Groups keep the order and have no more regions than fit a word beside the deepest key", () => {
  const shallow = jobOf(6, [1]);
  const deep = jobOf(8, [1]);
  const group = (list: readonly BatchJob[]) => sortedGroups("esvo", list, [...list.keys()], MAX_BYTES);
  assertEquals(mostSortedRegions(8), 256);
  assertEquals(mostSortedRegions(6), 16_384);
  assertEquals(group(new Array(256).fill(deep)).length, 1);
  assertEquals(group(new Array(257).fill(deep)).map(({ length }) => length), [256, 1]);
  assertEquals(group(new Array(16_385).fill(shallow)).map(({ length }) => length), [16_384, 1]);
  const mixed = [...new Array(300).fill(shallow), deep, shallow];
  assertEquals(group(mixed).map(({ length }) => length), [300, 2]);
  assertEquals(group(mixed).flat(), [...mixed.keys()]);
});

Deno.test("Groups have no more samples than the device can bind", () => {
  const job = { ...jobOf(8, [1]), samples: scattered(1000, 8) };
  const maxBytes = 64 * 2500;
  assertEquals(mostSortedSamples("esvo", maxBytes), 2500);
  assertEquals(sortedGroups("esvo", new Array(5).fill(job), [0, 2, 3, 1, 4], maxBytes), [[0, 2], [3, 1], [
    4,
  ]]);
});

Deno.test("A plan of a sort keeps the limits of a device, at the largest group that it can take too", () => {
  const limits = { ...LEAST_LIMITS, maxStorageBufferBindingSize: 2 ** 22 };
  for (const kind of TREE_KINDS) {
    const samples = scattered(mostSortedSamples(kind, limits.maxStorageBufferBindingSize), 8);
    const { recorder } = planSorted([{ kind, depth: 8, samples }]);
    assertEquals(recordingProblem(recorder, limits), undefined);
    const many = Array.from({ length: 256 }, (_, i) => ({ kind, depth: 8, samples: paint([i, 2 * i]) }));
    assertEquals(recordingProblem(planSorted(many).recorder, limits), undefined);
  }
});

Deno.test("Sorting voxels that have a brick each takes two thirds of the memory that bitmaps take, or less", () => {
  const job: BatchJob = { kind: "esvo", depth: 8, samples: scattered(20_000, 8) };
  const bytesOf = ({ buffers }: Recording) =>
    [...buffers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const { room, recorder } = planSorted([job]);
  const voxels = { ...room.voxels, bricks: 20_000, uppers: 4681 };
  const bitmaps = new Recorder();
  recordBitmaps(bitmaps, BUILD_STAGES, new RegionGroup("esvo", [job]), { voxels, tets: undefined }, true);
  assertLessOrEqual(3 * bytesOf(recorder), 2 * bytesOf(bitmaps));
});

Deno.test("The sort has a pass for every four bits that its codes need, and no more", () => {
  const passes = (batch: readonly BatchJob[]) => {
    return planSorted(batch).recorder.dispatches.filter(({ stage }) => stage.name === "sort_scatter").length;
  };
  assertEquals(passes([jobOf(3, [1])]), 3);
  assertEquals(passes([jobOf(6, [1])]), 5);
  assertEquals(passes(new Array(4).fill(jobOf(6, [1]))), 5);
  assertEquals(passes(new Array(5).fill(jobOf(6, [1]))), 6);
  assertEquals(passes(new Array(256).fill(jobOf(8, [1]))), 8);
  assertEquals(passes([{ ...jobOf(6, [1]), kind: "esvt" }]), 10);
});

Deno.test("Room for an octree is never too small", () => {
  const check = (job: BatchJob) => {
    const { voxels } = sortedRoom("esvo", [{ depth: job.depth, samples: job.samples.keys.length }]);
    const tree = expectedTree(job);
    assertGreaterOrEqual(voxels.leaves, tree.counts[job.depth]!);
    assertGreaterOrEqual(voxels.masks, tree.masks.length);
    assertGreaterOrEqual(voxels.nodes, tree.colors.length);
  };
  for (const make of Object.values(HARD_SHAPES)) {
    for (const depth of [3, 6, 8]) check({ kind: "esvo", depth, samples: make(depth) });
  }
  fc.assert(fc.property(jobs(200, ["esvo"]), check), { numRuns: runs(50) });
});

Deno.test("Room for tetrahedra is never more than six a voxel", () => {
  const { tets } = sortedRoom("esvt", [{ depth: 6, samples: 10 }]);
  assertEquals(tets!.leaves, 60);
  assert(sortedRoom("esvt", [{ depth: 6, samples: 10_000 }]).tets!.leaves < 35_000);
});
