import type { TreeKind } from "../../tree/mod.ts";
import type { Capacities, RegionSize } from "./capacities.ts";
import type { GroupRoom } from "./group_room.ts";

/** Room beyond what averages say, and what small groups have besides. */
const MARGIN = 1.05;
const SLACK = 64;
/** Bytes a sample that the largest buffer of a group may come to in the worst case: the colours of all nodes. */
const MAX_BUFFER_BYTES_PER_SAMPLE = { esvo: 64, esvt: 320 } as const;

/**
 * Room for a build of some regions by sorting. What an octree can need at most, and that is near to what scattered
 * voxels do need; for a tetree a guess of the tetrahedra, right for voxels that lie at random.
 */
export function sortedRoom(kind: TreeKind, regions: readonly RegionSize[]): GroupRoom {
  const samples = regions.reduce((sum, region) => sum + region.samples, 0);
  if (kind === "esvo") return { voxels: roomOf(samples, innerNodes(regions, octreeNodes)), tets: undefined };
  // Of the voxels' nodes, only the leaves and the cubes above them are listed.
  const voxels = roomOf(samples, samples);
  const leaves = Math.ceil(samples * tetsOfVoxel(0)) + SLACK;
  return { voxels, tets: roomOf(Math.min(6 * samples, leaves), innerNodes(regions, tetreeNodes) + SLACK) };
}

/** Most samples of a group that is sorted on a device which binds this much at once. */
export function mostSortedSamples(kind: TreeKind, maxBindingBytes: number): number {
  return Math.floor(maxBindingBytes / MAX_BUFFER_BYTES_PER_SAMPLE[kind]);
}

/** Most regions of a group that is sorted: their numbers share a word with the keys. */
export function mostSortedRegions(deepest: number): number {
  return 2 ** (32 - 3 * deepest);
}

function roomOf(leaves: number, inner: number): Capacities {
  return { bricks: 0, uppers: 0, leaves, nodes: leaves + inner, masks: inner };
}

function innerNodes(
  regions: readonly RegionSize[],
  nodesOf: (region: RegionSize, height: number) => number,
): number {
  let nodes = 0;
  for (const region of regions) {
    for (let height = 1; height <= region.depth; height++) nodes += nodesOf(region, height);
  }
  return Math.ceil(nodes);
}

/** Most nodes of a height above the leaves: all there are, or one a sample. */
function octreeNodes({ depth, samples }: RegionSize, height: number): number {
  return Math.min(samples, 8 ** (depth - height));
}

function tetreeNodes({ depth, samples }: RegionSize, height: number): number {
  const cells = height === depth ? 1 : 6 * 8 ** (depth - height - 1);
  return Math.min(samples * tetsOfVoxel(height), cells);
}

/** Tetrahedra of a height that a voxel alone overlaps: three on the average, and nearer to one the larger they are. */
function tetsOfVoxel(height: number): number {
  return (1 + 2 / 2 ** height) * MARGIN;
}
