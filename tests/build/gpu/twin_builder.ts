import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { takeReads } from "../../../src/build/gpu/group_reads.ts";
import { type GroupRoom, grownRoom, guessedRoom, treeRoom } from "../../../src/build/gpu/group_room.ts";
import { readTrees } from "../../../src/build/gpu/read_trees.ts";
import { recordBitmaps } from "../../../src/build/gpu/record_bitmaps.ts";
import { recordSorted } from "../../../src/build/gpu/record_sorted.ts";
import { RegionGroup } from "../../../src/build/gpu/region_group.ts";
import { sortedRoom } from "../../../src/build/gpu/sorted_capacities.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../../../src/build/gpu/stages.ts";
import { Recorder, recordingProblem } from "../../../src/gpu/mod.ts";
import type { Tree } from "../../../src/tree/mod.ts";
import { runTwins, type TwinOptions } from "./twins/run_twins.ts";

/** What every device has. */
export const LEAST_LIMITS = {
  maxBufferSize: 256 * 1024 * 1024,
  maxStorageBufferBindingSize: 128 * 1024 * 1024,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65_535,
} as const;

export interface Plan {
  readonly group: RegionGroup;
  readonly room: GroupRoom;
  readonly recorder: Recorder;
}

/** How a plan is made. */
export interface PlanOptions {
  /** By default what the first attempt has. */
  readonly room?: GroupRoom | undefined;
  readonly hasAttributes?: boolean;
  /** By sorting instead of bitmaps. */
  readonly isSorted?: boolean;
}

/** The plan of a build of jobs of one kind. */
export function planBuild(jobs: readonly BatchJob[], options: PlanOptions = {}): Plan {
  const { hasAttributes = true, isSorted = false } = options;
  const group = new RegionGroup(jobs[0]!.kind, jobs);
  const room = options.room ?? (isSorted ? sortedRoom : guessedRoom)(group.kind, group.sizes);
  const recorder = new Recorder();
  if (isSorted) recordSorted(recorder, group, room);
  else recordBitmaps(recorder, hasAttributes ? BUILD_STAGES : SHAPE_STAGES, group, room, hasAttributes);
  const problem = recordingProblem(recorder, LEAST_LIMITS);
  if (problem !== undefined) throw new RangeError(problem);
  return { group, room, recorder };
}

export interface TwinBuild {
  readonly trees: readonly Tree[];
  readonly room: GroupRoom;
  readonly retries: number;
}

/** Builds jobs of one kind, none of them empty or faulty, through the recorded plan and the twins. */
export function buildWithTwins(
  jobs: readonly BatchJob[],
  options: TwinOptions & PlanOptions = {},
): TwinBuild {
  let room = options.room;
  for (let retries = 0; retries < 10; retries++) {
    const plan = planBuild(jobs, { ...options, room });
    const words = runTwins(plan.recorder, options).map((bytes) => new Uint32Array(bytes));
    const reads = takeReads(words.values(), plan.room);
    room = grownRoom(plan.room, reads);
    if (room === undefined) {
      const trees = readTrees(plan.group, treeRoom(plan.room), reads.headers, reads.output);
      return { trees, room: plan.room, retries };
    }
  }
  throw new RangeError("The build did not fit after 10 attempts");
}
