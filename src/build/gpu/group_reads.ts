import type { Recorder } from "../../gpu/mod.ts";
import { COUNTER_WORDS, GRID_WORDS, HEADER_WORDS } from "./grid_words.ts";
import { type GroupGrids, type GroupRoom, treeRoom } from "./group_room.ts";
import { outputPlanes, type RegionGroup } from "./region_group.ts";

/** What a group of regions gives back, the views of what was read. */
export interface GroupReads extends GroupGrids {
  readonly counters: Uint32Array;
  readonly headers: Uint32Array;
  readonly output: Uint32Array<ArrayBuffer>;
}

/** Writes down what a group gives back, for `takeReads` to take. */
export function recordReads(recorder: Recorder, { name, sizes }: RegionGroup, room: GroupRoom): void {
  const tree = room.tets === undefined ? "voxel" : "tet";
  recorder.read(`${name}.voxel.grid`, GRID_WORDS);
  recorder.read(`${name}.voxel.counters`, COUNTER_WORDS);
  if (tree === "tet") recorder.read(`${name}.tet.grid`, GRID_WORDS);
  recorder.read(`${name}.${tree}.headers`, HEADER_WORDS * sizes.length);
  recorder.read(`${name}.${tree}.output`, outputPlanes(treeRoom(room)).end);
}

/** Takes the reads of the next group. */
export function takeReads(reads: Iterator<Uint32Array<ArrayBuffer>>, { tets }: GroupRoom): GroupReads {
  const next = () => {
    const { value, done } = reads.next();
    if (done) throw new RangeError("A group has fewer reads than were recorded");
    return value;
  };
  return {
    voxelGrid: next(),
    counters: next(),
    tetGrid: tets === undefined ? undefined : next(),
    headers: next(),
    output: next(),
  };
}
