import { assertEquals } from "@std/assert";
import type { BatchResult } from "../../../src/build/gpu/batch.ts";
import { BatchBuilder } from "../../../src/build/gpu/batch_builder.ts";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { emptyTree, type Tree, treeProblem } from "../../../src/tree/mod.ts";
import { expectedTree } from "./expected_tree.ts";
import { sharedDevice } from "./test_device.ts";

let builder: Promise<BatchBuilder> | undefined;

/** The builder of a test file, on its shared device. */
export function sharedBuilder(): Promise<BatchBuilder> {
  return builder ??= sharedDevice().then((device) =>
    BatchBuilder.create(device, {
      maxBatchVoxels: 1 << 22,
      maxBatchRegions: 4096,
      maxPooledBytes: 256 * 1024 * 1024,
    })
  );
}

/** Builds a batch in one submit or, where it does not fit, several, and compares each tree with the CPU's to the byte. */
export async function assertBuilt(jobs: readonly BatchJob[]): Promise<BatchResult["stats"]> {
  const { outcomes, stats } = await (await sharedBuilder()).submit(jobs).collect();
  assertEquals(outcomes.length, jobs.length);
  assertEquals(stats.regions, jobs.length);
  jobs.forEach((job, i) => assertSameTree(outcomes[i]!, job, `job ${i}`));
  return stats;
}

/** Compares bytes first: a picture of how large arrays differ takes long to draw. */
export function assertSameTree(outcome: Tree | Error, job: BatchJob, what: string): void {
  if (outcome instanceof Error) throw new Error(`${what}: ${outcome.message}`, { cause: outcome });
  const expected = job.samples.keys.length === 0 ? emptyTree(job.kind, job.depth) : expectedTree(job);
  const where = `${what}, ${job.kind} of depth ${job.depth}`;
  assertEquals(outcome.kind, expected.kind, where);
  assertEquals(outcome.depth, expected.depth, where);
  assertEquals(outcome.counts, expected.counts, where);
  for (const plane of ["masks", "colors", "materials"] as const) {
    const [own, right] = [outcome[plane], expected[plane]];
    const at = own.findIndex((word, i) => word !== right[i]);
    assertEquals([own.length, at, own[at]], [right.length, -1, undefined], `${where}, ${plane}`);
  }
  assertEquals(treeProblem(outcome), undefined, where);
}

/** A copy with arrays of its own. */
export function copyJob({ kind, depth, samples: { keys, colors, materials } }: BatchJob): BatchJob {
  return {
    kind,
    depth,
    samples: { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() },
  };
}
