import {
  type CollectRecording,
  GpuError,
  Recorder,
  type RecordingResult,
  type RecordingRunner,
  runRecording,
} from "../../gpu/mod.ts";
import { emptyTree, type Tree, type TreeKind } from "../../tree/mod.ts";
import type { BatchJob, BatchStats } from "./batch_job.ts";
import {
  grownCapacities,
  guessCapacities,
  type RegionSize,
  sampleFaults,
  scaledCapacities,
} from "./capacities.ts";
import { BRICK_WORDS, FAULTS, GRID_FIELDS } from "./grid_words.ts";
import { jobProblem, keyProblem, mergedSamples } from "./mend_samples.ts";
import { readTrees } from "./read_trees.ts";
import { type BuildStages, type GroupRoom, recordGroup } from "./record_group.ts";
import { directoryWords, outputPlanes, RegionGroup, regionSize } from "./region_group.ts";
import { sortedRoom } from "./sorted_capacities.ts";
import { isScattered, occupiedBricks, sortedGroups } from "./sorted_groups.ts";
import { recordSorted } from "./sorted_record.ts";

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

/** Submits of one batch: each fault tells exactly how much room it lacked, and there are five places to lack it. */
const MAX_SUBMITS = 10;

/** One batch from its upload to its trees: submitted when made, and again with more room where something did not fit. */
export class Batch {
  readonly #runner: RecordingRunner;
  readonly #stages: BuildStages;
  readonly #jobs: BatchJob[];
  readonly #outcomes: (Tree | Error | undefined)[];
  readonly #stats = {
    voxels: 0,
    uploadBytes: 0,
    readbackBytes: 0,
    retries: 0,
    sortedRegions: 0,
    gpuMs: 0 as number | undefined,
  };
  #attempts: readonly Attempt[];
  /** Groups made so far, for their names. */
  #groups = 0;
  #wait: CollectRecording | undefined;

  constructor(runner: RecordingRunner, stages: BuildStages, jobs: readonly BatchJob[]) {
    this.#runner = runner;
    this.#stages = stages;
    this.#jobs = [...jobs];
    this.#outcomes = jobs.map((job) => {
      const problem = jobProblem(job);
      if (problem !== undefined) return problem;
      return job.samples.keys.length === 0 ? emptyTree(job.kind, job.depth) : undefined;
    });
    for (const { samples } of jobs) this.#stats.voxels += samples.keys.length;
    this.#attempts = this.#group(jobs.map((_, i) => i));
    this.#submit();
  }

  async collect(): Promise<BatchResult> {
    for (let submits = 1; this.#wait !== undefined; submits++) {
      const wait = this.#wait;
      this.#wait = undefined;
      this.#attempts = await wait((result) => {
        this.#account(result);
        return this.#take(result);
      });
      if (this.#attempts.length > 0 && submits === MAX_SUBMITS) {
        throw new GpuError("internal", `A batch did not fit after ${MAX_SUBMITS} submits`);
      }
      if (this.#attempts.length > 0) this.#stats.retries++;
      this.#submit();
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
    for (const kind of ["esvo", "esvt"] as const) {
      const own = open.filter((place) => this.#jobs[place]!.kind === kind);
      if (own.length === 0) continue;
      attempts.push(...this.#fitting(kind, own));
    }
    return attempts;
  }

  /** One group, or as many as it takes for each to keep the device's limits. A region that alone does not is refused. */
  #fitting(kind: TreeKind, places: readonly number[], room = this.#guess(kind, places)): Attempt[] {
    const sizes = places.map((place) => regionSize(this.#jobs[place]!));
    const bytes = largestBuffer(sizes, room);
    const most = this.#maxBindingBytes;
    if (bytes <= most) {
      const name = `${kind}.${this.#groups++}`;
      return [{
        group: new RegionGroup(kind, places.map((place) => this.#jobs[place]!), name),
        places,
        room,
        isSorted: false,
      }];
    }
    if (places.length === 1) {
      this.#outcomes[places[0]!] = new GpuError(
        "out-of-memory",
        `Cannot build a region of ${
          sizes[0]!.samples
        } samples on this device: it needs ${bytes} bytes in one buffer, ` +
          `the device binds ${most}`,
      );
      return [];
    }
    const middle = places.length >> 1;
    return [places.slice(0, middle), places.slice(middle)].flatMap((half) => {
      return this.#fitting(kind, half, scaledRoom(room, samplesOf(sizes), this.#samplesAt(half)));
    });
  }

  /** Groups that are built by sorting, of jobs of one kind that have no outcome yet. */
  #sorted(kind: TreeKind, places: readonly number[]): Attempt[] {
    const open = places.filter((place) => this.#outcomes[place] === undefined);
    return sortedGroups(kind, this.#jobs, open, this.#maxBindingBytes).map((own) => {
      const group = new RegionGroup(
        kind,
        own.map((place) => this.#jobs[place]!),
        `${kind}.${this.#groups++}`,
      );
      return { group, places: own, room: sortedRoom(kind, group.sizes), isSorted: true };
    });
  }

  /**
   * Tries bitmaps again with the room that they lacked. If that is bricks, scattered regions are sorted instead.
   */
  #again(kind: TreeKind, places: readonly number[], room: GroupRoom, lacksBricks: boolean): Attempt[] {
    const isSorted = (place: number) => isScattered(this.#jobs[place]!, this.#maxBindingBytes);
    const scattered = new Set(lacksBricks ? places.filter(isSorted) : []);
    if (scattered.size === 0) return this.#fitting(kind, places, room);
    const rest = places.filter((place) => !scattered.has(place));
    const attempts = this.#sorted(kind, [...scattered]);
    if (rest.length === 0) return attempts;
    const { voxels, tets } = this.#guess(kind, rest);
    const bricks = rest.reduce((sum, place) => sum + occupiedBricks(this.#jobs[place]!), 0);
    return [...attempts, ...this.#fitting(kind, rest, { voxels: { ...voxels, bricks }, tets })];
  }

  get #maxBindingBytes(): number {
    return this.#runner.device.limits.maxStorageBufferBindingSize;
  }

  #guess(kind: TreeKind, places: readonly number[]): GroupRoom {
    const sizes = places.map((place) => regionSize(this.#jobs[place]!));
    const tets = kind === "esvt" ? guessCapacities("esvt", sizes) : undefined;
    return { voxels: guessCapacities("esvo", sizes), tets };
  }

  #samplesAt(places: readonly number[]): number {
    return samplesOf(places.map((place) => regionSize(this.#jobs[place]!)));
  }

  #submit(): void {
    if (this.#attempts.length === 0) return;
    const recorder = new Recorder();
    for (const { group, room, isSorted } of this.#attempts) {
      if (isSorted) recordSorted(recorder, group, room);
      else recordGroup(recorder, this.#stages, group, room, true);
    }
    for (const { content } of recorder.buffers.values()) {
      if (typeof content !== "string") this.#stats.uploadBytes += content.byteLength;
    }
    this.#wait = runRecording(this.#runner, recorder);
  }

  #account({ readbackBytes, gpuMs }: RecordingResult): void {
    this.#stats.readbackBytes += readbackBytes;
    this.#stats.gpuMs = gpuMs === undefined ? undefined : (this.#stats.gpuMs ?? 0) + gpuMs;
  }

  /** Takes the trees that are there, and returns what must be tried again. */
  #take({ reads }: RecordingResult): Attempt[] {
    const again: Attempt[] = [];
    let at = 0;
    const next = () => reads[at++]!;
    for (const attempt of this.#attempts) {
      const { group, room, places, isSorted } = attempt;
      const voxelGrid = next();
      const faults = sampleFaults(next());
      const tetGrid = room.tets === undefined ? undefined : next();
      if (tetGrid !== undefined) next();
      const headers = next();
      const output = next();
      if (faults.hasBadKeys || faults.hasTransparent || faults.hasRepeats) {
        this.#mend(places);
        again.push(...(isSorted ? this.#sorted(group.kind, places) : this.#group(places)));
        continue;
      }
      const grown = grownRoom(room, voxelGrid, tetGrid);
      if (grown !== undefined) {
        const lacksBricks = [voxelGrid, tetGrid].some((grid) =>
          grid !== undefined && lacks(grid, FAULTS.bricks)
        );
        again.push(
          ...(isSorted ? [{ ...attempt, room: grown }] : this.#again(group.kind, places, grown, lacksBricks)),
        );
        continue;
      }
      const trees = readTrees(group, room.tets ?? room.voxels, headers, output);
      trees.forEach((tree, i) => this.#outcomes[places[i]!] = tree);
      if (isSorted) this.#stats.sortedRegions += trees.length;
    }
    return again;
  }

  /** Refuses jobs with keys that no region has, and merges the samples of the others. */
  #mend(places: readonly number[]): void {
    for (const place of places) {
      const job = this.#jobs[place]!;
      const problem = keyProblem(job);
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

function grownRoom(
  room: GroupRoom,
  voxelGrid: Uint32Array,
  tetGrid: Uint32Array | undefined,
): GroupRoom | undefined {
  const voxels = grownCapacities(room.voxels, voxelGrid);
  const tets = room.tets && tetGrid && grownCapacities(room.tets, tetGrid);
  if (voxels === undefined && tets === undefined) return undefined;
  return { voxels: voxels ?? room.voxels, tets: tets ?? room.tets };
}

function lacks(grid: Uint32Array, fault: number): boolean {
  return (grid[GRID_FIELDS.faults]! & fault) !== 0;
}

/** Room for a part of the samples, with some to spare, as the rest may have been the simpler part. */
function scaledRoom({ voxels, tets }: GroupRoom, whole: number, part: number): GroupRoom {
  const factor = 1.25 * part / whole;
  return { voxels: scaledCapacities(voxels, factor), tets: tets && scaledCapacities(tets, factor) };
}

function samplesOf(sizes: readonly RegionSize[]): number {
  return sizes.reduce((sum, { samples }) => sum + samples, 0);
}

/** Bytes of the largest buffer that a group needs. */
function largestBuffer(sizes: readonly RegionSize[], { voxels, tets }: GroupRoom): number {
  const samples = samplesOf(sizes);
  const directory = sizes.reduce((words, { depth }) => words + directoryWords(depth), 1);
  let most = Math.max(4 * samples, 16 * directory);
  for (const room of tets === undefined ? [voxels] : [voxels, tets]) {
    most = Math.max(most, 4 * BRICK_WORDS * room.bricks, 8 * room.leaves, 4 * outputPlanes(room).end);
  }
  return most;
}
