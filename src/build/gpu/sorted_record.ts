import type { Recorder, Stage } from "../../gpu/mod.ts";
import type { Capacities } from "./capacities.ts";
import {
  ARGS_WORDS,
  COUNTER_WORDS,
  GRID_WORDS,
  HEADER_WORDS,
  SPAN_WORDS,
  TREE_LAYOUT_WORDS,
} from "./grid_words.ts";
import type { GroupRoom } from "./record_group.ts";
import { outputPlanes, type RegionGroup } from "./region_group.ts";
import { SORTED_STAGES } from "./sorted_stages.ts";

/** Entries of one block of a scan; `scan_blocks.wgsl` holds the same number. */
const SCAN_BLOCK = 1024;
/** Pairs of one block; `sorted.wgsl`, `sort_count.wgsl` and `sort_scatter.wgsl` hold the same number. */
const SORT_BLOCK = 256;
/** Bits of a pass of the sort, and the digits they make. */
const DIGIT_BITS = 4;
const DIGITS = 1 << DIGIT_BITS;
/** Heights of nodes: leaves, and 8 above them. */
const HEIGHTS = 9;
/** A node of fewer leaves is never large; `sorted_nodes.wgsl` holds the same number. */
const LARGE_LEAVES = 65;

/**
 * Writes down how a group of scattered regions is built: pairs of region and key are sorted, which puts the leaves of
 * every node next to each other; where the codes of neighbours differ says how many nodes begin there, and prefix sums
 * number them. Costs the same wherever the voxels lie, where bitmaps cost 64 bytes for each brick that holds one.
 *
 * Reads the same as `recordGroup`.
 */
export function recordSorted(recorder: Recorder, group: RegionGroup, room: GroupRoom): void {
  const record = new SortedRecorder(recorder, group);
  record.pairsOfSamples(room.voxels);
  record.leaves("voxel", room.voxels);
  if (room.tets !== undefined) {
    record.pairsOfTets(room.voxels, room.tets);
    record.leaves("tet", room.tets);
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

/**
 * Writes down the sort of pairs by the low bits of their first word: four bits a pass, from the lowest on, each keeping
 * the order of the one before.
 *
 * @param grid buffer whose `sample_count` says how many pairs there are
 * @param prefix of the names of the buffers that the sort makes
 * @param capacity pairs that there is room for
 * @returns the buffer in which the sorted pairs lie, and one of the same size that is free again
 */
export function recordSort(
  recorder: Recorder,
  grid: string,
  prefix: string,
  pairs: string,
  capacity: number,
  bits: number,
): { readonly sorted: string; readonly free: string } {
  const blocks = Math.ceil(capacity / SORT_BLOCK);
  const table = `${prefix}.digits`;
  const scan = recordScan(recorder, SORTED_STAGES, table, DIGITS * blocks);
  let [unsorted, moved] = [pairs, `${prefix}.moved`];
  recorder.scratch(moved, 2 * capacity);
  for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
    const digitShift = `${prefix}.shift_${shift}`;
    recorder.upload(digitShift, Uint32Array.of(shift));
    const bound = { grid, shift: digitShift, pairs: unsorted, digits: table };
    recorder.dispatch(SORTED_STAGES.sortCount, bound, blocks);
    scan();
    recorder.dispatch(SORTED_STAGES.sortScatter, { ...bound, moved }, blocks);
    [unsorted, moved] = [moved, unsorted];
  }
  return { sorted: unsorted, free: moved };
}

/** Makes a buffer of entries and gives back what writes down their exclusive prefix sums, in place. */
function recordScan(
  recorder: Recorder,
  stages: Readonly<Record<"scanBlocks" | "scanSums" | "scanAdd", Stage>>,
  entries: string,
  count: number,
): () => void {
  const sums = `${entries}_sums`;
  const blocks = Math.ceil(count / SCAN_BLOCK);
  recorder.scratch(entries, 4 * count);
  recorder.scratch(sums, 4 * blocks);
  return () => {
    recorder.dispatch(stages.scanBlocks, { entries, block_sums: sums }, blocks);
    recorder.dispatch(stages.scanSums, { block_sums: sums }, 1);
    recorder.dispatch(stages.scanAdd, { entries, block_sums: sums }, Math.ceil(count / 256));
  };
}

/** What is built: the voxels of the regions, or the tetrahedra that they overlap. */
type Part = "voxel" | "tet";

class SortedRecorder {
  readonly #recorder: Recorder;
  readonly #group: RegionGroup;
  /** Bits of a code: those of a key, and above them those of a region's number. */
  readonly #codeBits: number;
  /** Buffers in which the sorted pairs of each part lie. */
  readonly #sorted = { voxel: "", tet: "" };
  /** Buffers of the leaves of each part, in what the sort has left over. */
  readonly #leaves = { voxel: "", tet: "" };

  constructor(recorder: Recorder, group: RegionGroup) {
    this.#recorder = recorder;
    this.#group = group;
    const deepest = group.sizes.reduce((most, { depth }) => Math.max(most, depth), 0);
    this.#codeBits = 3 * deepest + Math.ceil(Math.log2(group.sizes.length));
  }

  /** Name of a buffer of the voxels or of the tetrahedra. */
  name(part: string, buffer: string): string {
    return `${this.#group.name}.${part}.${buffer}`;
  }

  pairsOfSamples(room: Capacities): void {
    const { samples } = this.#group;
    const spans = this.#group.spans();
    this.#recorder.upload(this.name("voxel", "keys"), samples.keys);
    this.#recorder.upload(this.name("voxel", "colors"), samples.colors);
    this.#recorder.upload(this.name("voxel", "materials"), samples.materials);
    this.#recorder.upload(this.name("voxel", "spans"), spans);
    this.#grid("voxel", room);
    this.#run(
      SORTED_STAGES.sortPairs,
      "voxel",
      ["grid", "spans", "keys", "colors", "pairs", "counters"],
      spans.length / SPAN_WORDS,
    );
  }

  /** Sorts the pairs, numbers the nodes, and merges the samples of each leaf. */
  leaves(part: Part, room: Capacities): void {
    const blocks = Math.ceil(room.leaves / SORT_BLOCK);
    const grid = this.name(part, "grid");
    const pairs = this.name(part, "pairs");
    const prefix = this.name(part, "sort");
    const { sorted, free } = recordSort(this.#recorder, grid, prefix, pairs, room.leaves, this.#codeBits);
    this.#sorted[part] = sorted;
    this.#leaves[part] = free;
    const scan = this.#scan(part, "height_table", HEIGHTS * blocks + 1);
    this.#run(SORTED_STAGES.heights, part, ["grid", "pairs", "height_table"], blocks);
    scan();
    this.#recorder.scratch(this.name(part, "nodes"), room.nodes);
    this.#recorder.zeroed(this.name(part, "further"), Math.ceil(room.nodes / 4));
    this.#recorder.zeroed(this.name(part, "region_firsts"), HEIGHTS * this.#group.sizes.length);
    this.#run(
      SORTED_STAGES.list,
      part,
      ["grid", "pairs", "height_table", "nodes", "further", "region_firsts"],
      blocks,
    );
    this.#run(
      SORTED_STAGES.leaves,
      part,
      ["grid", "pairs", "height_table", "nodes", "colors", "materials", "leaves", "counters"],
      Math.ceil(room.leaves / 256),
    );
  }

  /** Makes samples of the tetrahedra that the voxels overlap. */
  pairsOfTets(voxels: Capacities, room: Capacities): void {
    const entries = voxels.leaves + 1;
    const scan = this.#scan("voxel", "cube_table", entries);
    this.#run(
      SORTED_STAGES.cubes,
      "voxel",
      ["grid", "pairs", "height_table", "nodes", "further", "cube_table"],
      Math.ceil(entries / 256),
    );
    scan();
    this.#grid("tet", room);
    this.#recorder.scratch(this.name("tet", "colors"), room.leaves);
    this.#recorder.zeroed(this.name("tet", "materials"), Math.ceil(room.leaves / 4));
    const grid = this.name("tet", "grid");
    this.#run(SORTED_STAGES.sizeTets, "voxel", ["cube_table"], 1, { grid });
    this.#run(
      SORTED_STAGES.tets,
      "voxel",
      ["cube_table", "nodes", "pairs", "leaves"],
      Math.ceil(entries / 256),
      {
        grid,
        tet_pairs: this.name("tet", "pairs"),
        tet_colors: this.name("tet", "colors"),
        tet_materials: this.name("tet", "materials"),
      },
    );
  }

  /** Lays the trees out and emits their nodes. */
  emit(part: Part, room: Capacities): void {
    const regions = this.#group.sizes.length;
    const threads = Math.ceil(room.nodes / 256);
    this.#recorder.scratch(this.name(part, "layouts"), TREE_LAYOUT_WORDS * regions);
    this.#recorder.zeroed(this.name(part, "headers"), HEADER_WORDS * regions);
    this.#recorder.zeroed(this.name(part, "output"), outputPlanes(room).end);
    const scanSizes = this.#scan(part, "sizes", regions + 1);
    this.#run(
      SORTED_STAGES.trees,
      part,
      ["grid", "height_table", "region_firsts", "layouts", "sizes", "headers"],
      Math.ceil((regions + 1) / 64),
    );
    scanSizes();
    this.#run(
      SORTED_STAGES.placeTrees,
      part,
      ["grid", "sizes", "layouts", "headers", "args"],
      Math.ceil(regions / 64),
    );
    this.#run(
      SORTED_STAGES.masks,
      part,
      ["grid", "pairs", "height_table", "nodes", "further", "layouts", "output"],
      threads,
    );
    const scanColors = this.#scan(part, "color_sums", room.leaves + 1, true);
    this.#run(
      SORTED_STAGES.sums,
      part,
      ["grid", "height_table", "leaves", "color_sums"],
      Math.ceil((room.leaves + 1) / 256),
    );
    scanColors();
    this.#materials(part, room, threads);
  }

  #materials(part: Part, room: Capacities, threads: number): void {
    // A height has at most so many, and those of heights 1 and 2 have at most 64 leaves.
    const large = (HEIGHTS - 3) * Math.floor(room.leaves / LARGE_LEAVES);
    this.#recorder.zeroed(this.name(part, "large_nodes"), 1 + large);
    this.#recorder.indirect(this.name(part, "large_args"), 3);
    const bound = ["grid", "height_table", "nodes", "layouts", "leaves", "output", "large_nodes"];
    this.#run(SORTED_STAGES.nodes, part, [...bound, "color_sums"], threads);
    this.#run(SORTED_STAGES.sizeLarge, part, ["large_nodes", "large_args:args"], 1);
    this.#run(SORTED_STAGES.large, part, bound, { args: this.name(part, "large_args"), word: 0 });
  }

  /** The buffers that voxels and tetrahedra both have. */
  #grid(part: Part, room: Capacities): void {
    this.#recorder.upload(this.name(part, "grid"), this.#group.grid(room));
    this.#recorder.zeroed(this.name(part, "counters"), COUNTER_WORDS);
    this.#recorder.indirect(this.name(part, "args"), ARGS_WORDS);
    this.#recorder.scratch(this.name(part, "pairs"), 2 * room.leaves);
    this.#sorted[part] = this.name(part, "pairs");
  }

  #scan(part: Part, buffer: string, entries: number, isOfFour: boolean = false): () => void {
    const { scanBlocksOfFour, scanAddOfFour, scanBlocks, scanSums, scanAdd } = SORTED_STAGES;
    const stages = isOfFour
      ? { scanBlocks: scanBlocksOfFour, scanSums, scanAdd: scanAddOfFour }
      : { scanBlocks, scanSums, scanAdd };
    return recordScan(this.#recorder, stages, this.name(part, buffer), entries);
  }

  #bufferOf(part: Part, buffer: string): string {
    if (buffer === "pairs") return this.#sorted[part];
    return buffer === "leaves" ? this.#leaves[part] : this.name(part, buffer);
  }

  /** @param buffers names that are binding and buffer alike, or `buffer:binding` where they differ */
  #run(
    stage: Stage,
    part: Part,
    buffers: readonly string[],
    workgroups: number | { readonly args: string; readonly word: number },
    others: Readonly<Record<string, string>> = {},
  ): void {
    const bound: Record<string, string> = { ...others };
    for (const pair of buffers) {
      const [buffer, binding = buffer] = pair.split(":");
      bound[binding!] = this.#bufferOf(part, buffer!);
    }
    this.#recorder.dispatch(stage, bound, workgroups);
  }
}
