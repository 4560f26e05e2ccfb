import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { takeReads } from "../../../src/build/gpu/group_reads.ts";
import { type GroupRoom, grownRoom, treeRoom } from "../../../src/build/gpu/group_room.ts";
import { readTrees } from "../../../src/build/gpu/read_trees.ts";
import { type SampleFaults, sampleFaults } from "../../../src/build/gpu/sample_faults.ts";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { compileStages, type RecordingRunner, runRecording } from "../../../src/gpu/mod.ts";
import type { Tree } from "../../../src/tree/mod.ts";
import { sharedRunner } from "./test_device.ts";
import { planBuild } from "./twin_builder.ts";

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

/** Builds jobs of one kind, none of them empty, by sorting, whether they are scattered or not. */
export async function buildSorted(jobs: readonly BatchJob[], own?: GroupRoom): Promise<SortedBuild> {
  let room = own;
  for (let retries = 0; retries < 5; retries++) {
    const plan = planBuild(jobs, { room, isSorted: true });
    const { reads } = await runRecording(await sortRunner(), plan.recorder)();
    const words = takeReads(reads.values(), plan.room);
    room = grownRoom(plan.room, words);
    if (room === undefined) {
      const trees = readTrees(plan.group, treeRoom(plan.room), words.headers, words.output);
      return { trees, faults: sampleFaults(words.counters), retries };
    }
  }
  throw new RangeError("The build did not fit after 5 attempts");
}
