import type { Recorder } from "../../gpu/mod.ts";
import type { Capacities } from "./capacities.ts";
import { recordReads } from "./group_reads.ts";
import type { GroupRoom } from "./group_room.ts";
import { type Part, PartRecorder } from "./part_recorder.ts";
import { recordSort, SORT_BLOCK } from "./record_sort.ts";
import type { RegionGroup } from "./region_group.ts";
import { SORTED_STAGES } from "./sorted_stages.ts";

/** Heights of nodes: leaves, and 8 above them. */
const HEIGHTS = 9;
/** A node of fewer leaves is never large; `sorted_nodes.wgsl` holds the same number. */
const LARGE_LEAVES = 65;

/**
 * Writes down how a group of scattered regions is built: pairs of region and key are sorted, which puts the leaves of
 * every node next to each other; where the codes of neighbours differ says how many nodes begin there, and prefix sums
 * number them. Costs the same wherever the voxels lie, where bitmaps cost 64 bytes for each brick that holds one.
 */
export function recordSorted(recorder: Recorder, group: RegionGroup, room: GroupRoom): void {
  const record = new SortedRecorder(recorder, group);
  record.pairsOfSamples(room.voxels);
  record.leaves("voxel", room.voxels);
  if (room.tets === undefined) record.emit("voxel", room.voxels);
  else {
    record.pairsOfTets(room.voxels, room.tets);
    record.leaves("tet", room.tets);
    record.emit("tet", room.tets);
  }
  recordReads(recorder, group, room);
}

class SortedRecorder {
  readonly #recorder: Recorder;
  readonly #parts: PartRecorder;
  /** Bits of a code: those of a key, and above them those of a region's number. */
  readonly #codeBits: number;

  constructor(recorder: Recorder, group: RegionGroup) {
    this.#recorder = recorder;
    this.#parts = new PartRecorder(recorder, group);
    const deepest = group.sizes.reduce((most, { depth }) => Math.max(most, depth), 0);
    this.#codeBits = 3 * deepest + Math.ceil(Math.log2(group.sizes.length));
  }

  pairsOfSamples(room: Capacities): void {
    const spans = this.#parts.samples();
    this.#recorder.upload(this.#parts.name("voxel", "materials"), this.#parts.group.samples.materials);
    this.#grid("voxel", room);
    this.#parts.run(
      SORTED_STAGES.sortPairs,
      "voxel",
      ["grid", "spans", "keys", "colors", "pairs", "counters"],
      spans,
    );
  }

  /** Sorts the pairs, numbers the nodes, and merges the samples of each leaf. */
  leaves(part: Part, room: Capacities): void {
    const blocks = Math.ceil(room.leaves / SORT_BLOCK);
    const grid = this.#parts.name(part, "grid");
    const pairs = this.#parts.name(part, "pairs");
    const prefix = this.#parts.name(part, "sort");
    const { sorted, free } = recordSort(this.#recorder, grid, prefix, pairs, room.leaves, this.#codeBits);
    this.#parts.move(part, "pairs", sorted);
    this.#parts.move(part, "leaves", free);
    const scan = this.#parts.scan(part, "height_table", HEIGHTS * blocks + 1);
    this.#parts.run(SORTED_STAGES.heights, part, ["grid", "pairs", "height_table"], blocks);
    scan();
    this.#recorder.scratch(this.#parts.name(part, "nodes"), room.nodes);
    this.#recorder.zeroed(this.#parts.name(part, "further"), Math.ceil(room.nodes / 4));
    this.#recorder.zeroed(this.#parts.name(part, "region_firsts"), HEIGHTS * this.#parts.group.sizes.length);
    this.#parts.run(
      SORTED_STAGES.list,
      part,
      ["grid", "pairs", "height_table", "nodes", "further", "region_firsts"],
      blocks,
    );
    this.#parts.run(
      SORTED_STAGES.leaves,
      part,
      ["grid", "pairs", "height_table", "nodes", "colors", "materials", "leaves", "counters"],
      Math.ceil(room.leaves / 256),
    );
  }

  /** Makes samples of the tetrahedra that the voxels overlap. */
  pairsOfTets(voxels: Capacities, room: Capacities): void {
    const entries = voxels.leaves + 1;
    const scan = this.#parts.scan("voxel", "cube_table", entries);
    this.#parts.run(
      SORTED_STAGES.cubes,
      "voxel",
      ["grid", "pairs", "height_table", "nodes", "further", "cube_table"],
      Math.ceil(entries / 256),
    );
    scan();
    this.#grid("tet", room);
    this.#recorder.scratch(this.#parts.name("tet", "colors"), room.leaves);
    this.#recorder.zeroed(this.#parts.name("tet", "materials"), Math.ceil(room.leaves / 4));
    const grid = this.#parts.name("tet", "grid");
    this.#parts.run(SORTED_STAGES.sizeTets, "voxel", ["cube_table"], 1, { grid });
    this.#parts.run(
      SORTED_STAGES.tets,
      "voxel",
      ["cube_table", "nodes", "pairs", "leaves"],
      Math.ceil(entries / 256),
      {
        grid,
        tet_pairs: this.#parts.name("tet", "pairs"),
        tet_colors: this.#parts.name("tet", "colors"),
        tet_materials: this.#parts.name("tet", "materials"),
      },
    );
  }

  /** Lays the trees out and emits their nodes. */
  emit(part: Part, room: Capacities): void {
    const regions = this.#parts.group.sizes.length;
    const threads = Math.ceil(room.nodes / 256);
    const scanSizes = this.#parts.trees(part, room);
    this.#parts.run(
      SORTED_STAGES.trees,
      part,
      ["grid", "height_table", "region_firsts", "layouts", "sizes", "headers"],
      Math.ceil((regions + 1) / 64),
    );
    scanSizes();
    this.#parts.run(
      SORTED_STAGES.placeTrees,
      part,
      ["grid", "sizes", "layouts", "headers", "args"],
      Math.ceil(regions / 64),
    );
    this.#parts.run(
      SORTED_STAGES.masks,
      part,
      ["grid", "pairs", "height_table", "nodes", "further", "layouts", "output"],
      threads,
    );
    const scanColors = this.#parts.scan(part, "color_sums", room.leaves + 1, true);
    this.#parts.run(
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
    this.#recorder.zeroed(this.#parts.name(part, "large_nodes"), 1 + large);
    this.#recorder.indirect(this.#parts.name(part, "large_args"), 3);
    const bound = ["grid", "height_table", "nodes", "layouts", "leaves", "output", "large_nodes"];
    this.#parts.run(SORTED_STAGES.nodes, part, [...bound, "color_sums"], threads);
    this.#parts.run(SORTED_STAGES.sizeLarge, part, ["large_nodes", "large_args:args"], 1);
    this.#parts.run(SORTED_STAGES.large, part, bound, {
      args: this.#parts.name(part, "large_args"),
      word: 0,
    });
  }

  #grid(part: Part, room: Capacities): void {
    this.#parts.grid(part, room);
    this.#recorder.scratch(this.#parts.name(part, "pairs"), 2 * room.leaves);
  }
}
