import {
  GpuError,
  type PreparedRecording,
  prepareRecording,
  Recorder,
  type RecordingResult,
  type RecordingRunner,
} from "../../gpu/mod.ts";
import { emptyTree, type Tree, TREE_KINDS, type TreeKind } from "../../tree/mod.ts";
import { keyProblem } from "../job_problem.ts";
import type { BatchJob, BatchStats } from "./batch_job.ts";
import type { RegionSize } from "./capacities.ts";
import { FAULTS, GRID_FIELDS } from "./grid_words.ts";
import { takeReads } from "./group_reads.ts";
import {
  type GroupGrids,
  type GroupRoom,
  grownRoom,
  guessedRoom,
  largestBuffer,
  scaledRoom,
  treeRoom,
} from "./group_room.ts";
import { jobProblem, mergedSamples } from "./mend_samples.ts";
import { readTrees } from "./read_trees.ts";
import { recordBitmaps } from "./record_bitmaps.ts";
import { recordSorted } from "./record_sorted.ts";
import { RegionGroup, regionSize } from "./region_group.ts";
import { sampleFaults } from "./sample_faults.ts";
import { sortedRoom } from "./sorted_capacities.ts";
import { isScattered, occupiedBricks, sortedGroups } from "./sorted_groups.ts";
import { BUILD_STAGES } from "./stages.ts";

/** What came of a batch: a tree a job, or why it cannot be built. */
export interface BatchResult {
  readonly outcomes: readonly (Tree | Error)[];
  readonly stats: BatchStats;
}

/** A group on its way, and the places of its regions among the jobs. */
interface Attempt {
  readonly group: RegionGroup;
  readonly places: readonly number[];
  readonly room: GroupRoom;
  /** Whether it is built by sorting instead of by bitmaps. */
  readonly isSorted: boolean;
}

/**
 * Submits of one batch. Each fault tells exactly how much room was lacking: first of bricks, then of leaves and upper nodes,
 * for tetrees of the tetrahedra's bricks, their leaves and upper nodes, and at last of nodes. Mended samples begin anew.
 */
const MAX_SUBMITS = 16;

/** What is told while a batch is waited for. */
export interface BatchHooks {
  /** The device is done with what was submitted, and nothing was taken from it yet: the time to give it more work. */
  readonly onDeviceFree?: () => void;
  /** Something did not fit and is tried again. */
  readonly onRetry?: () => void;
}

/** One batch from its upload to its trees: uploaded when made, and again with more room where something did not fit. */
export class Batch {
  readonly #runner: RecordingRunner;
  readonly #jobs: BatchJob[];
  readonly #outcomes: (Tree | Error | undefined)[];
  readonly #stats = {
    retries: 0,
    sortedRegions: 0,
    gpuMs: 0 as number | undefined,
  };
  #attempts: readonly Attempt[];
  /** Groups made so far, for their names. */
  #groups = 0;
  #run: PreparedRecording | undefined;

  constructor(runner: RecordingRunner, jobs: readonly BatchJob[]) {
    this.#runner = runner;
    this.#jobs = [...jobs];
    this.#outcomes = jobs.map((job) => {
      const problem = jobProblem(job);
      if (problem !== undefined) return problem;
      return job.samples.keys.length === 0 ? emptyTree(job.kind, job.depth) : undefined;
    });
    this.#attempts = this.#group(jobs.map((_, i) => i));
    this.#prepare();
  }

  /** Hands what was uploaded to the device. */
  submit(): void {
    this.#run?.submit();
  }

  /** Gives up what was uploaded and not yet submitted. */
  abandon(): void {
    this.#run?.abandon();
    this.#run = undefined;
  }

  /** Waits for the device, which blocks the thread, and submits again what did not fit. */
  async collect(hooks: BatchHooks = {}): Promise<BatchResult> {
    for (let submits = 1; this.#run !== undefined; submits++) {
      const run = this.#run;
      this.#run = undefined;
      this.#attempts = await run.collect((result) => {
        if (submits === 1) hooks.onDeviceFree?.();
        return this.#take(result);
      });
      if (this.#attempts.length === 0) break;
      if (submits === MAX_SUBMITS) {
        throw new GpuError("internal", `A batch did not fit after ${MAX_SUBMITS} submits`);
      }
      this.#stats.retries++;
      hooks.onRetry?.();
      this.#prepare();
      this.submit();
    }
    const outcomes = this.#outcomes.map((outcome) =>
      outcome ?? new GpuError("internal", "A region got no tree")
    );
    return { outcomes, stats: { regions: this.#jobs.length, ...this.#stats } };
  }

  /** Groups the jobs at these places that have no outcome yet by kind. */
  #group(places: readonly number[]): Attempt[] {
    const open = places.filter((place) => this.#outcomes[place] === undefined);
    const attempts: Attempt[] = [];
    for (const kind of TREE_KINDS) {
      const own = open.filter((place) => this.#jobs[place]!.kind === kind);
      if (own.length === 0) continue;
      attempts.push(...this.#fitting(kind, own));
    }
    return attempts;
  }

  /** One group, or as many as it takes for each to keep the device's limits. A region that alone does not is refused. */
  #fitting(kind: TreeKind, places: readonly number[], room?: GroupRoom): Attempt[] {
    const sizes = this.#sizesAt(places);
    room ??= guessedRoom(kind, sizes);
    const bytes = largestBuffer(sizes, room);
    const most = this.#maxBindingBytes;
    if (bytes <= most) return [{ group: this.#groupOf(kind, places), places, room, isSorted: false }];
    if (places.length === 1) {
      this.#outcomes[places[0]!] = new GpuError(
        "out-of-memory",
        `Cannot build a region of ${sizes[0]!.samples} samples on this device: ` +
          `it needs ${bytes} bytes in one buffer, the device binds ${most}`,
      );
      return [];
    }
    const middle = places.length >> 1;
    return [places.slice(0, middle), places.slice(middle)].flatMap((half) => {
      return this.#fitting(kind, half, scaledRoom(room, sizes, this.#sizesAt(half)));
    });
  }

  /** Groups that are built by sorting, of jobs of one kind that have no outcome yet. */
  #sorted(kind: TreeKind, places: readonly number[]): Attempt[] {
    const open = places.filter((place) => this.#outcomes[place] === undefined);
    return sortedGroups(kind, this.#jobs, open, this.#maxBindingBytes).map((own) => {
      const group = this.#groupOf(kind, own);
      return { group, places: own, room: sortedRoom(kind, group.sizes), isSorted: true };
    });
  }

  /** Tries bitmaps again with the room that they lacked. If that is bricks, scattered regions are sorted instead. */
  #again(kind: TreeKind, places: readonly number[], room: GroupRoom, isShortOfBricks: boolean): Attempt[] {
    const isSorted = (place: number) => isScattered(this.#jobs[place]!, this.#maxBindingBytes);
    const scattered = new Set(isShortOfBricks ? places.filter(isSorted) : []);
    if (scattered.size === 0) return this.#fitting(kind, places, room);
    const rest = places.filter((place) => !scattered.has(place));
    const attempts = this.#sorted(kind, [...scattered]);
    if (rest.length === 0) return attempts;
    const { voxels, tets } = guessedRoom(kind, this.#sizesAt(rest));
    const bricks = rest.reduce((sum, place) => sum + occupiedBricks(this.#jobs[place]!), 0);
    return [...attempts, ...this.#fitting(kind, rest, { voxels: { ...voxels, bricks }, tets })];
  }

  get #maxBindingBytes(): number {
    return this.#runner.device.limits.maxStorageBufferBindingSize;
  }

  #sizesAt(places: readonly number[]): RegionSize[] {
    return places.map((place) => regionSize(this.#jobs[place]!));
  }

  #groupOf(kind: TreeKind, places: readonly number[]): RegionGroup {
    return new RegionGroup(kind, places.map((place) => this.#jobs[place]!), `${kind}.${this.#groups++}`);
  }

  #prepare(): void {
    if (this.#attempts.length === 0) return;
    const recorder = new Recorder();
    for (const { group, room, isSorted } of this.#attempts) {
      if (isSorted) recordSorted(recorder, group, room);
      else recordBitmaps(recorder, BUILD_STAGES, group, room, true);
    }
    this.#run = prepareRecording(this.#runner, recorder);
  }

  /** Takes the trees that are there, and returns what must be tried again. */
  #take({ reads, gpuMs }: RecordingResult): Attempt[] {
    this.#stats.gpuMs = gpuMs === undefined ? undefined : (this.#stats.gpuMs ?? 0) + gpuMs;
    const again: Attempt[] = [];
    const iterator = reads.values();
    for (const attempt of this.#attempts) {
      const { group, room, places, isSorted } = attempt;
      const own = takeReads(iterator, room);
      const faults = sampleFaults(own.counters);
      if (faults.hasBadKeys || faults.hasTransparent || faults.hasRepeats) {
        this.#mend(places);
        again.push(...(isSorted ? this.#sorted(group.kind, places) : this.#group(places)));
        continue;
      }
      const grown = grownRoom(room, own);
      if (grown !== undefined) {
        again.push(
          ...(isSorted
            ? [{ ...attempt, room: grown }]
            : this.#again(group.kind, places, grown, lacksBricks(own))),
        );
        continue;
      }
      const trees = readTrees(group, treeRoom(room), own.headers, own.output);
      trees.forEach((tree, i) => this.#outcomes[places[i]!] = tree);
      if (isSorted) this.#stats.sortedRegions += trees.length;
    }
    return again;
  }

  /** Refuses jobs with keys that no region has, and merges the samples of the others. */
  #mend(places: readonly number[]): void {
    for (const place of places) {
      const job = this.#jobs[place]!;
      const problem = keyProblem(job.samples.keys, job.depth);
      if (problem !== undefined) {
        this.#outcomes[place] = problem;
        continue;
      }
      const samples = mergedSamples(job);
      this.#jobs[place] = { ...job, samples };
      if (samples.keys.length === 0) this.#outcomes[place] = emptyTree(job.kind, job.depth);
    }
  }
}

function lacksBricks({ voxelGrid, tetGrid }: GroupGrids): boolean {
  return [voxelGrid, tetGrid].some((grid) => ((grid?.[GRID_FIELDS.faults] ?? 0) & FAULTS.bricks) !== 0);
}
