import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { grownCapacities, type SampleFaults, sampleFaults } from "../../../src/build/gpu/capacities.ts";
import { readTrees } from "../../../src/build/gpu/read_trees.ts";
import type { GroupRoom } from "../../../src/build/gpu/record_group.ts";
import { RegionGroup } from "../../../src/build/gpu/region_group.ts";
import { sortedRoom } from "../../../src/build/gpu/sorted_capacities.ts";
import { recordSorted } from "../../../src/build/gpu/sorted_record.ts";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { compileStages, Recorder, type RecordingRunner, runRecording } from "../../../src/gpu/mod.ts";
import type { Tree } from "../../../src/tree/mod.ts";
import { sharedRunner } from "./test_device.ts";

let runner: Promise<RecordingRunner> | undefined;

/** What runs recordings of a build by sorting on the device of the test file. */
export function sortRunner(): Promise<RecordingRunner> {
  return runner ??= sharedRunner().then(async (shared) => {
    const pipelines = await compileStages(shared.device, Object.values(SORTED_STAGES));
    return { ...shared, pipelines };
  });
}

export interface SortedBuild {
  readonly trees: readonly Tree[];
  readonly faults: SampleFaults;
  readonly retries: number;
}

/** The plan of a build by sorting, of jobs of one kind. */
export function planSorted(jobs: readonly BatchJob[], own?: GroupRoom): {
  readonly group: RegionGroup;
  readonly room: GroupRoom;
  readonly recorder: Recorder;
} {
  const group = new RegionGroup(jobs[0]!.kind, jobs);
  const room = own ?? sortedRoom(group.kind, group.sizes);
  const recorder = new Recorder();
  recordSorted(recorder, group, room);
  return { group, room, recorder };
}

/** Builds jobs of one kind, none of them empty, by sorting, whether they are scattered or not. */
export async function buildSorted(jobs: readonly BatchJob[], own?: GroupRoom): Promise<SortedBuild> {
  let next = own;
  for (let retries = 0; retries < 5; retries++) {
    const { group, room, recorder } = planSorted(jobs, next);
    const { reads } = await runRecording(await sortRunner(), recorder)();
    const words = reads.map((read) => new Uint32Array(read));
    const voxels = grownCapacities(room.voxels, words[0]!);
    const tets = room.tets && grownCapacities(room.tets, words[2]!);
    if (voxels === undefined && tets === undefined) {
      const trees = readTrees(group, room.tets ?? room.voxels, words.at(-2)!, words.at(-1)!);
      return { trees, faults: sampleFaults(words[1]!), retries };
    }
    next = { voxels: voxels ?? room.voxels, tets: tets ?? room.tets };
  }
  throw new RangeError("The build did not fit after 5 attempts");
}
