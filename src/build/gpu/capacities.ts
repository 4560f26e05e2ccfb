import type { TreeKind } from "../../tree/mod.ts";
import { FAULTS, GRID_FIELDS } from "./grid_words.ts";

/** Room for what the device makes; what does not fit is told, and tried again with more. */
export interface Capacities {
  readonly bricks: number;
  readonly leaves: number;
  readonly uppers: number;
  /** Nodes of all levels, leaves included. */
  readonly nodes: number;
  /** Nodes above the leaves. */
  readonly masks: number;
}

/** What of a region its room depends on. */
export interface RegionSize {
  readonly depth: number;
  readonly samples: number;
}

/** Voxels that a brick of 8^3 cells holds at least, on the average of a batch: a surface has about 37, scattered points 2. */
const VOXELS_PER_BRICK = 12;
/** Inner nodes a leaf: a smooth surface has about 0.5, scattered points 2.6. */
const INNER_PER_LEAF = 0.75;
/** Tetrahedra a voxel: a surface has about 1.6. */
const TETS_PER_VOXEL = 2.25;
/** Room that small batches always have. */
const SLACK = 64;

/**
 * Room for the voxels of some regions (kind `esvo`), or for their tetrahedra: a guess for surfaces, never above what the
 * regions can hold at all.
 */
export function guessCapacities(kind: TreeKind, regions: readonly RegionSize[]): Capacities {
  const guess = { bricks: 0, leaves: 0, uppers: 0, nodes: 0, masks: 0 };
  for (const { depth, samples } of regions) {
    const most = mostNodes(kind, depth, samples);
    const cells = kind === "esvo" ? samples : TETS_PER_VOXEL * samples + SLACK;
    const leaves = Math.min(most[0]!, Math.ceil(cells));
    const bricks = Math.min(most[3]!, Math.ceil(cells / VOXELS_PER_BRICK) + SLACK);
    const uppers = sumFrom(most, 4, bricks);
    const inner = Math.min(sumFrom(most, 1, Infinity), Math.ceil(INNER_PER_LEAF * leaves) + SLACK);
    guess.leaves += leaves;
    guess.bricks += bricks;
    guess.uppers += uppers;
    guess.nodes += leaves + inner;
    guess.masks += inner;
  }
  return guess;
}

/**
 * More room where some was lacking, from the first words of the grid that came back.
 *
 * @returns undefined if all fitted
 */
export function grownCapacities(room: Capacities, grid: Uint32Array): Capacities | undefined {
  const faults = grid[GRID_FIELDS.faults]!;
  if (faults === 0) return undefined;
  const grown = { ...room };
  if (faults & FAULTS.bricks) grown.bricks = grid[GRID_FIELDS.bricks]!;
  if (faults & FAULTS.uppers) grown.uppers = grid[GRID_FIELDS.uppers]!;
  if (faults & FAULTS.leaves) grown.leaves = grid[GRID_FIELDS.leaves]!;
  if (faults & FAULTS.nodes) {
    grown.nodes = Math.max(room.nodes, grid[GRID_FIELDS.nodes]!);
    grown.masks = Math.max(room.masks, grid[GRID_FIELDS.inner]!);
  }
  return grown;
}

/** Room multiplied by a factor, and a little more. */
export function scaledCapacities(room: Capacities, factor: number): Capacities {
  const scaled = (value: number) => Math.ceil(value * factor) + SLACK;
  return {
    bricks: scaled(room.bricks),
    leaves: scaled(room.leaves),
    uppers: scaled(room.uppers),
    nodes: scaled(room.nodes),
    masks: scaled(room.masks),
  };
}

/** Most nodes of a region a height, from the leaves up to the root. */
function mostNodes(kind: TreeKind, depth: number, samples: number): number[] {
  const most: number[] = [];
  // A voxel overlaps at most six tetrahedra, which have as many ancestors of each height.
  const branches = kind === "esvo" ? samples : 6 * samples;
  for (let height = 0; height <= depth; height++) {
    const cells = kind === "esvo" || height === depth ? 8 ** (depth - height) : 6 * 8 ** (depth - height - 1);
    most.push(Math.min(branches, cells));
  }
  return most;
}

function sumFrom(most: readonly number[], height: number, limit: number): number {
  let sum = 0;
  for (let h = height; h < most.length; h++) sum += Math.min(most[h]!, limit);
  return sum;
}
