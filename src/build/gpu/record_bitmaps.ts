import type { Recorder, Stage } from "../../gpu/mod.ts";
import type { Capacities } from "./capacities.ts";
import { ARGS, BRICK_SUM_WORDS, BRICK_WORDS } from "./grid_words.ts";
import { recordReads } from "./group_reads.ts";
import type { GroupRoom } from "./group_room.ts";
import { type Part, PartRecorder, type Workgroups } from "./part_recorder.ts";
import type { RegionGroup } from "./region_group.ts";
import type { BUILD_STAGES } from "./stages.ts";

/** The stages by name; those for shapes alone have the same names. */
export type BuildStages = Readonly<Record<keyof typeof BUILD_STAGES, Stage>>;

/**
 * Writes down how a group of regions is built: samples to bricks of 8^3 cells, bricks to leaves, for tetrees the tetrahedra
 * that the voxels overlap, and then the nodes of all heights, straight to where they lie in the output. Bitmaps and prefix
 * sums only: no order of threads shows in the result.
 */
export function recordBitmaps(
  recorder: Recorder,
  stages: BuildStages,
  group: RegionGroup,
  room: GroupRoom,
  hasAttributes: boolean,
): void {
  const record = new BitmapRecorder(recorder, stages, group, hasAttributes);
  record.samplesToBricks(room.voxels);
  if (hasAttributes) record.leavesOfSamples(room.voxels);
  if (room.tets === undefined) record.emit("voxel", room.voxels);
  else {
    record.tetsToBricks(room.tets);
    if (hasAttributes) record.leavesOfTets();
    record.emit("tet", room.tets);
  }
  recordReads(recorder, group, room);
}

class BitmapRecorder {
  readonly #stages: BuildStages;
  readonly #parts: PartRecorder;
  readonly #hasAttributes: boolean;

  constructor(recorder: Recorder, stages: BuildStages, group: RegionGroup, hasAttributes: boolean) {
    this.#stages = stages;
    this.#hasAttributes = hasAttributes;
    this.#parts = new PartRecorder(recorder, group);
  }

  samplesToBricks(room: Capacities): void {
    const spans = this.#parts.samples();
    const { samples } = this.#parts.group;
    this.#grid("voxel", room);
    this.#parts.recorder.scratch(this.#parts.name("voxel", "sample_slots"), samples.keys.length);
    this.#run(
      "mark",
      "voxel",
      ["grid", "spans", "keys", "colors", "marked:bricks_marked", "counters"],
      spans,
    );
    const scanBricks = this.#listBricks("voxel", room);
    this.#run("scatter", "voxel", ["grid", "spans", "keys", "directory", "bricks", "sample_slots"], spans);
    this.#countLeaves("voxel", scanBricks);
  }

  leavesOfSamples(room: Capacities): void {
    const { recorder, group: { samples } } = this.#parts;
    recorder.upload(this.#parts.name("voxel", "materials"), samples.materials);
    recorder.zeroed(this.#parts.name("voxel", "heads"), room.leaves);
    recorder.scratch(this.#parts.name("voxel", "links"), samples.keys.length);
    this.#run(
      "linkSamples",
      "voxel",
      ["grid", "keys", "sample_slots", "bricks", "brick_table", "heads", "links"],
      Math.ceil(samples.keys.length / 256),
    );
    this.#run(
      "mergeSamples",
      "voxel",
      ["grid", "colors", "materials", "heads", "links", "leaves", "counters"],
      this.#args("voxel", ARGS.leafThreads),
    );
  }

  tetsToBricks(room: Capacities): void {
    this.#grid("tet", room);
    const voxelBricks = this.#args("voxel", ARGS.bricks);
    this.#run("tetMark", "voxel", ["grid", "brick_table", "bricks"], voxelBricks, {
      tet_marked: this.#parts.name("tet", "marked"),
    });
    const scanBricks = this.#listBricks("tet", room);
    this.#run("tetScatter", "voxel", ["grid", "brick_table", "bricks"], voxelBricks, {
      tet_grid: this.#parts.name("tet", "grid"),
      tet_directory: this.#parts.name("tet", "directory"),
      tet_bricks: this.#parts.name("tet", "bricks"),
    });
    this.#countLeaves("tet", scanBricks);
  }

  leavesOfTets(): void {
    this.#run(
      "tetLeaves",
      "voxel",
      ["directory", "bricks", "brick_table", "leaves"],
      this.#args("tet", ARGS.bricks),
      {
        grid: this.#parts.name("tet", "grid"),
        tet_bricks: this.#parts.name("tet", "bricks"),
        tet_brick_table: this.#parts.name("tet", "brick_table"),
        tet_leaves: this.#parts.name("tet", "leaves"),
      },
    );
  }

  /** Lays the trees out and emits their nodes. */
  emit(part: Part, room: Capacities): void {
    const regions = this.#parts.group.sizes.length;
    const scanSizes = this.#parts.trees(part, room);
    this.#parts.recorder.scratch(this.#parts.name(part, "brick_sums"), BRICK_SUM_WORDS * room.bricks);
    this.#run(
      "countTrees",
      part,
      ["grid", "directory", "brick_table", "layouts", "sizes", "headers"],
      Math.ceil((regions + 1) / 64),
    );
    scanSizes();
    this.#run("placeTrees", part, ["grid", "sizes", "layouts", "headers", "args"], Math.ceil(regions / 64));
    this.#run(
      "brickNodes",
      part,
      ["grid", "bricks", "brick_table", "leaves", "layouts", "output", "brick_sums"],
      this.#args(part, ARGS.emitBricks),
    );
    this.#run(
      "upperNodes",
      part,
      ["grid", "uppers", "directory", "brick_sums", "leaves", "layouts", "output"],
      this.#args(part, ARGS.emitUppers),
    );
  }

  #grid(part: Part, room: Capacities): void {
    const { recorder, group } = this.#parts;
    const name = (buffer: string) => this.#parts.name(part, buffer);
    this.#parts.grid(part, room);
    recorder.zeroed(name("marked"), group.directoryWords);
    recorder.zeroed(name("bricks"), BRICK_WORDS * room.bricks);
    recorder.scratch(name("uppers"), 2 * room.uppers);
    // Where nothing writes them they must hold something, as the nodes' stages bind them all the same.
    if (this.#hasAttributes) recorder.scratch(name("leaves"), 2 * room.leaves);
    else recorder.zeroed(name("leaves"), 2 * room.leaves);
  }

  /** @returns what writes down the scan of the bricks' table */
  #listBricks(part: Part, room: Capacities): () => void {
    const entries = this.#parts.group.directoryWords + 1;
    const scanDirectory = this.#parts.scan(part, "directory", entries);
    const scanBricks = this.#parts.scan(part, "brick_table", room.bricks + 1);
    this.#run("countWords", part, ["grid", "marked:bricks_marked", "directory"], Math.ceil(entries / 256));
    scanDirectory();
    this.#run(
      "listNodes",
      part,
      ["grid", "directory", "brick_table", "uppers", "counters", "args"],
      Math.ceil(entries / 256),
    );
    return scanBricks;
  }

  #countLeaves(part: Part, scanBricks: () => void): void {
    this.#run("countBricks", part, ["grid", "bricks", "brick_table"], this.#args(part, ARGS.brickThreads));
    scanBricks();
    this.#run("sizeLeaves", part, ["grid", "brick_table", "counters", "args"], 1);
  }

  #args(part: Part, word: number): Workgroups {
    return { args: this.#parts.name(part, "args"), word };
  }

  #run(
    stage: keyof BuildStages,
    part: Part,
    buffers: readonly string[],
    workgroups: Workgroups,
    others: Readonly<Record<string, string>> = {},
  ): void {
    this.#parts.run(this.#stages[stage], part, buffers, workgroups, others);
  }
}
