import type { TreeKind } from "../../tree/mod.ts";
import type { BatchJob } from "./batch_job.ts";
import { mostSortedRegions, mostSortedSamples } from "./sorted_capacities.ts";

/** Fewest voxels an occupied brick for which a bitmap of 64 bytes costs less than sorting. */
const FEWEST_PER_BRICK = 6;
/** Lowest bit of a brick's number in a key. */
const BRICK_SHIFT = 9;

/** Bricks of 8^3 cells that hold a sample. Keys must be those of the job's depth. */
export function occupiedBricks({ depth, samples: { keys } }: BatchJob): number {
  const isOccupied = new Uint8Array(8 ** (depth - 3));
  let bricks = 0;
  for (let i = 0; i < keys.length; i++) {
    const brick = keys[i]! >>> BRICK_SHIFT;
    bricks += 1 - isOccupied[brick]!;
    isOccupied[brick] = 1;
  }
  return bricks;
}

/** Whether a region is sorted where bitmaps did not fit: its voxels are scattered, and a group can take it. */
export function isScattered(job: BatchJob, maxBindingBytes: number): boolean {
  const { length } = job.samples.keys;
  return length <= mostSortedSamples(job.kind, maxBindingBytes) &&
    length < FEWEST_PER_BRICK * occupiedBricks(job);
}

/**
 * Cuts jobs of one kind, in their order, into groups that can be sorted at once: region and key together fit a word,
 * and the samples fit the device.
 *
 * @param places where to find them among `jobs`
 */
export function sortedGroups(
  kind: TreeKind,
  jobs: readonly BatchJob[],
  places: readonly number[],
  maxBindingBytes: number,
): number[][] {
  const maxSamples = mostSortedSamples(kind, maxBindingBytes);
  const groups: number[][] = [];
  let deepest = 0;
  let samples = 0;
  for (const place of places) {
    const job = jobs[place]!;
    const group = groups.at(-1);
    deepest = Math.max(deepest, job.depth);
    samples += job.samples.keys.length;
    if (group !== undefined && group.length < mostSortedRegions(deepest) && samples <= maxSamples) {
      group.push(place);
      continue;
    }
    groups.push([place]);
    deepest = job.depth;
    samples = job.samples.keys.length;
  }
  return groups;
}
