import type { TreeKind } from "../../tree/mod.ts";
import {
  type Capacities,
  grownCapacities,
  guessCapacities,
  type RegionSize,
  scaledCapacities,
} from "./capacities.ts";
import { BRICK_WORDS } from "./grid_words.ts";
import { directoryWords, outputPlanes } from "./region_group.ts";

/** Room for the voxels of a group, and for its tetrahedra if it is of that kind. */
export interface GroupRoom {
  readonly voxels: Capacities;
  readonly tets: Capacities | undefined;
}

/** The first words of the grids that came back. */
export interface GroupGrids {
  readonly voxelGrid: Uint32Array;
  /** For tetrees alone. */
  readonly tetGrid: Uint32Array | undefined;
}

/** A part of the whole may need more than its share, as the rest may have been the simpler part. */
const SCALE_MARGIN = 1.25;

/** The room that a group is first tried with. */
export function guessedRoom(kind: TreeKind, sizes: readonly RegionSize[]): GroupRoom {
  return {
    voxels: guessCapacities("esvo", sizes),
    tets: kind === "esvt" ? guessCapacities("esvt", sizes) : undefined,
  };
}

/** Room of the nodes that a group's trees are made of. */
export function treeRoom({ voxels, tets }: GroupRoom): Capacities {
  return tets ?? voxels;
}

/**
 * More room where some was lacking.
 *
 * @returns undefined if all fitted
 */
export function grownRoom(room: GroupRoom, { voxelGrid, tetGrid }: GroupGrids): GroupRoom | undefined {
  const voxels = grownCapacities(room.voxels, voxelGrid);
  const tets = room.tets && tetGrid && grownCapacities(room.tets, tetGrid);
  if (voxels === undefined && tets === undefined) return undefined;
  return { voxels: voxels ?? room.voxels, tets: tets ?? room.tets };
}

/** Room for some regions of a group that there is room for. */
export function scaledRoom(
  { voxels, tets }: GroupRoom,
  whole: readonly RegionSize[],
  part: readonly RegionSize[],
): GroupRoom {
  const factor = SCALE_MARGIN * samplesOf(part) / samplesOf(whole);
  return { voxels: scaledCapacities(voxels, factor), tets: tets && scaledCapacities(tets, factor) };
}

/** Bytes of the largest buffer of a group that is built by bitmaps. */
export function largestBuffer(sizes: readonly RegionSize[], { voxels, tets }: GroupRoom): number {
  const directory = sizes.reduce((words, { depth }) => words + directoryWords(depth), 1);
  let most = Math.max(4 * samplesOf(sizes), 16 * directory);
  for (const room of tets === undefined ? [voxels] : [voxels, tets]) {
    most = Math.max(most, 4 * BRICK_WORDS * room.bricks, 8 * room.leaves, 4 * outputPlanes(room).end);
  }
  return most;
}

function samplesOf(sizes: readonly RegionSize[]): number {
  return sizes.reduce((sum, { samples }) => sum + samples, 0);
}
