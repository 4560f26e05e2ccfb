import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { type Capacities, grownCapacities, guessCapacities } from "../../../src/build/gpu/capacities.ts";
import { readTrees } from "../../../src/build/gpu/read_trees.ts";
import { type GroupRoom, recordGroup } from "../../../src/build/gpu/record_group.ts";
import { RegionGroup } from "../../../src/build/gpu/region_group.ts";
import { sortedRoom } from "../../../src/build/gpu/sorted_capacities.ts";
import { recordSorted } from "../../../src/build/gpu/sorted_record.ts";
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

/** The room that a group is first tried with. */
export function guessedRoom({ kind, sizes }: RegionGroup): GroupRoom {
  return {
    voxels: guessCapacities("esvo", sizes),
    tets: kind === "esvt" ? guessCapacities("esvt", sizes) : undefined,
  };
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
  const room = options.room ?? (isSorted ? sortedRoom(group.kind, group.sizes) : guessedRoom(group));
  const recorder = new Recorder();
  if (isSorted) recordSorted(recorder, group, room);
  else recordGroup(recorder, hasAttributes ? BUILD_STAGES : SHAPE_STAGES, group, room, hasAttributes);
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
    const reads = runTwins(plan.recorder, options).map((bytes) => new Uint32Array(bytes));
    const grown = grownCapacities(plan.room.voxels, reads[0]!);
    const grownTets = plan.room.tets && grownCapacities(plan.room.tets, reads[2]!);
    if (grown === undefined && grownTets === undefined) {
      const treeRoom: Capacities = plan.room.tets ?? plan.room.voxels;
      const trees = readTrees(plan.group, treeRoom, reads.at(-2)!, reads.at(-1)!);
      return { trees, room: plan.room, retries };
    }
    room = { voxels: grown ?? plan.room.voxels, tets: grownTets ?? plan.room.tets };
  }
  throw new RangeError("The build did not fit after 10 attempts");
}
