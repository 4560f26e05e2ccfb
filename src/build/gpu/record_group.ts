import type { Recorder, Stage } from "../../gpu/mod.ts";
import type { Capacities } from "./capacities.ts";
import {
  ARGS,
  ARGS_WORDS,
  BRICK_SUM_WORDS,
  BRICK_WORDS,
  COUNTER_WORDS,
  GRID_WORDS,
  HEADER_WORDS,
  SPAN_WORDS,
  TREE_LAYOUT_WORDS,
} from "./grid_words.ts";
import { outputPlanes, type RegionGroup } from "./region_group.ts";
import type { BUILD_STAGES } from "./stages.ts";

/** Room for the voxels of a group, and for its tetrahedra if it is of that kind. */
export interface GroupRoom {
  readonly voxels: Capacities;
  readonly tets: Capacities | undefined;
}

/** The stages by name; those for shapes alone have the same names. */
export type BuildStages = Readonly<Record<keyof typeof BUILD_STAGES, Stage>>;

/** Entries of one block of a scan; `scan_blocks.wgsl` holds the same number. */
const SCAN_BLOCK = 1024;

/**
 * Writes down how a group of regions is built: samples to bricks of 8^3 cells, bricks to leaves, for tetrees the tetrahedra
 * that the voxels overlap, and then the nodes of all heights, straight to where they lie in the output. Bitmaps and prefix
 * sums only: no order of threads shows in the
 * result.
 *
 * Reads: the voxels' grid and counters, for tetrees also the tetrahedra's, then headers and output.
 */
export function recordGroup(
  recorder: Recorder,
  stages: BuildStages,
  group: RegionGroup,
  room: GroupRoom,
  hasAttributes: boolean,
): void {
  const record = new GroupRecorder(recorder, stages, group);
  record.samplesToBricks(room.voxels);
  if (hasAttributes) record.leavesOfSamples(room.voxels);
  if (room.tets !== undefined) {
    record.tetsToBricks(room.tets);
    if (hasAttributes) record.leavesOfTets();
  }
  const [tree, treeRoom] = room.tets === undefined
    ? ["voxel", room.voxels] as const
    : ["tet", room.tets] as const;
  record.emit(tree, treeRoom);
  for (const part of room.tets === undefined ? ["voxel"] : ["voxel", "tet"]) {
    recorder.read(record.name(part, "grid"), GRID_WORDS);
    recorder.read(record.name(part, "counters"), COUNTER_WORDS);
  }
  recorder.read(record.name(tree, "headers"), HEADER_WORDS * group.sizes.length);
  recorder.read(record.name(tree, "output"), outputPlanes(treeRoom).end);
}

/** What is built: the voxels of the regions, or the tetrahedra that they overlap. Each has the same buffers. */
type Part = "voxel" | "tet";

class GroupRecorder {
  readonly #recorder: Recorder;
  readonly #stages: BuildStages;
  readonly #group: RegionGroup;

  constructor(recorder: Recorder, stages: BuildStages, group: RegionGroup) {
    this.#recorder = recorder;
    this.#stages = stages;
    this.#group = group;
  }

  /** Name of a buffer of the voxels or of the tetrahedra. */
  name(part: string, buffer: string): string {
    return `${this.#group.name}.${part}.${buffer}`;
  }

  samplesToBricks(room: Capacities): void {
    const { samples } = this.#group;
    const spans = this.#group.spans();
    this.#recorder.upload(this.name("voxel", "keys"), samples.keys);
    this.#recorder.upload(this.name("voxel", "colors"), samples.colors);
    this.#recorder.upload(this.name("voxel", "spans"), spans);
    this.#grid("voxel", room);
    this.#recorder.scratch(this.name("voxel", "sample_slots"), samples.keys.length);

    const workgroups = spans.length / SPAN_WORDS;
    this.#run(
      "mark",
      "voxel",
      ["grid", "spans", "keys", "colors", "marked:bricks_marked", "counters"],
      workgroups,
    );
    this.#listBricks("voxel");
    this.#run(
      "scatter",
      "voxel",
      ["grid", "spans", "keys", "directory", "bricks", "sample_slots"],
      workgroups,
    );
    this.#countLeaves("voxel", room);
  }

  leavesOfSamples(room: Capacities): void {
    const { samples } = this.#group;
    this.#recorder.upload(this.name("voxel", "materials"), samples.materials);
    this.#recorder.zeroed(this.name("voxel", "heads"), room.leaves);
    this.#recorder.scratch(this.name("voxel", "links"), samples.keys.length);
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
      tet_marked: this.name("tet", "marked"),
    });
    this.#listBricks("tet");
    this.#run("tetScatter", "voxel", ["grid", "brick_table", "bricks"], voxelBricks, {
      tet_grid: this.name("tet", "grid"),
      tet_directory: this.name("tet", "directory"),
      tet_bricks: this.name("tet", "bricks"),
    });
    this.#countLeaves("tet", room);
  }

  leavesOfTets(): void {
    this.#run(
      "tetLeaves",
      "voxel",
      ["directory", "bricks", "brick_table", "leaves"],
      this.#args("tet", ARGS.bricks),
      {
        grid: this.name("tet", "grid"),
        tet_bricks: this.name("tet", "bricks"),
        tet_brick_table: this.name("tet", "brick_table"),
        tet_leaves: this.name("tet", "leaves"),
      },
    );
  }

  /** Lays the trees out and emits their nodes. */
  emit(part: Part, room: Capacities): void {
    const regions = this.#group.sizes.length;
    this.#recorder.scratch(this.name(part, "layouts"), TREE_LAYOUT_WORDS * regions);
    this.#recorder.scratch(this.name(part, "sizes"), 4 * (regions + 1));
    this.#recorder.zeroed(this.name(part, "headers"), HEADER_WORDS * regions);
    this.#recorder.zeroed(this.name(part, "output"), outputPlanes(room).end);
    this.#recorder.scratch(this.name(part, "brick_sums"), BRICK_SUM_WORDS * room.bricks);
    this.#run(
      "countTrees",
      part,
      ["grid", "directory", "brick_table", "layouts", "sizes", "headers"],
      Math.ceil((regions + 1) / 64),
    );
    this.#scan(part, "sizes", regions + 1);
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

  /** The buffers that voxels and tetrahedra both have. */
  #grid(part: Part, room: Capacities): void {
    this.#recorder.upload(this.name(part, "grid"), this.#group.grid(room));
    this.#recorder.zeroed(this.name(part, "counters"), COUNTER_WORDS);
    this.#recorder.indirect(this.name(part, "args"), ARGS_WORDS);
    this.#recorder.zeroed(this.name(part, "marked"), this.#group.directoryWords);
    this.#recorder.scratch(this.name(part, "directory"), 4 * (this.#group.directoryWords + 1));
    this.#recorder.scratch(this.name(part, "brick_table"), 4 * (room.bricks + 1));
    this.#recorder.zeroed(this.name(part, "bricks"), BRICK_WORDS * room.bricks);
    this.#recorder.scratch(this.name(part, "uppers"), 2 * room.uppers);
    this.#recorder.zeroed(this.name(part, "leaves"), 2 * room.leaves);
  }

  #listBricks(part: Part): void {
    const words = this.#group.directoryWords;
    this.#run(
      "countWords",
      part,
      ["grid", "marked:bricks_marked", "directory"],
      Math.ceil((words + 1) / 256),
    );
    this.#scan(part, "directory", words + 1);
    this.#run(
      "listNodes",
      part,
      ["grid", "directory", "brick_table", "uppers", "counters", "args"],
      Math.ceil((words + 1) / 256),
    );
  }

  #countLeaves(part: Part, room: Capacities): void {
    this.#run("countBricks", part, ["grid", "bricks", "brick_table"], this.#args(part, ARGS.brickThreads));
    this.#scan(part, "brick_table", room.bricks + 1);
    this.#run("sizeLeaves", part, ["grid", "brick_table", "counters", "args"], 1);
  }

  /** Exclusive prefix sums in place, with one entry past the end for the totals. */
  #scan(part: Part, buffer: string, entries: number): void {
    const sums = `${buffer}_sums`;
    const blocks = Math.ceil(entries / SCAN_BLOCK);
    this.#recorder.scratch(this.name(part, sums), 4 * blocks);
    this.#run("scanBlocks", part, [`${buffer}:entries`, `${sums}:block_sums`], blocks);
    this.#run("scanSums", part, [`${sums}:block_sums`], 1);
    this.#run("scanAdd", part, [`${buffer}:entries`, `${sums}:block_sums`], Math.ceil(entries / 256));
  }

  #args(part: Part, word: number): { args: string; word: number } {
    return { args: this.name(part, "args"), word };
  }

  /** @param buffers names that are binding and buffer alike, or `buffer:binding` where they differ */
  #run(
    stage: keyof BuildStages,
    part: Part,
    buffers: readonly string[],
    workgroups: number | { readonly args: string; readonly word: number },
    others: Readonly<Record<string, string>> = {},
  ): void {
    const bound: Record<string, string> = { ...others };
    for (const pair of buffers) {
      const [buffer, binding = buffer] = pair.split(":");
      bound[binding!] = this.name(part, buffer!);
    }
    this.#recorder.dispatch(this.#stages[stage], bound, workgroups);
  }
}
