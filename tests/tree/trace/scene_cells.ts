import { mortonX, mortonY, mortonZ } from "../../../src/space/mod.ts";
import { keysFromMasks, levelOffset, WORLD_UNITS } from "../../../src/tree/mod.ts";
import type { Tree } from "../../../src/tree/mod.ts";

/** A region of a test's world. */
export interface WorldRegion {
  readonly morton: number;
  readonly tree: Tree;
}

/** A cube of a scene of octrees: a node of a region. */
export interface SceneCell {
  /** Lowest corner and width in units of 2^-23 of the world. */
  readonly corner: readonly [x: number, y: number, z: number];
  readonly size: number;
  /** Place in the scene's colours. */
  readonly node: number;
  /** Record of the region. */
  readonly region: number;
  /** In the region. */
  readonly level: number;
  readonly isLeaf: boolean;
  /** Whether all of it is leaves. */
  readonly isFull: boolean;
  readonly children: readonly SceneCell[];
}

/** The cells of octrees at a level, roots of the regions, each with all below it: found by their keys, no word is read. */
export function sceneCells(level: number, regions: readonly WorldRegion[]): SceneCell[] {
  const held = regions.filter(({ tree }) => tree.counts[0]! > 0).sort((a, b) => a.morton - b.morton);
  const roots: SceneCell[] = [];
  let firstNode = 0;
  held.forEach(({ morton, tree }, region) => {
    const regionSize = WORLD_UNITS / 2 ** level;
    let below: Map<number, SceneCell[]> = new Map();
    for (let l = tree.depth; l >= 0; l--) {
      const keys = keysFromMasks(tree.counts, tree.masks, l, tree.kind);
      const size = regionSize / 2 ** l;
      const parents = new Map<number, SceneCell[]>();
      keys.forEach((key, i) => {
        const children = below.get(key) ?? [];
        const cell = {
          corner: [
            mortonX(morton) * regionSize + mortonX(key) * size,
            mortonY(morton) * regionSize + mortonY(key) * size,
            mortonZ(morton) * regionSize + mortonZ(key) * size,
          ] as const,
          size,
          node: firstNode + levelOffset(tree, l) + i,
          region,
          level: l,
          isLeaf: l === tree.depth,
          isFull: l === tree.depth || (children.length === 8 && children.every(({ isFull }) => isFull)),
          children,
        };
        const siblings = parents.get(key >>> 3) ?? [];
        if (siblings.length === 0) parents.set(key >>> 3, siblings);
        siblings.push(cell);
      });
      below = parents;
    }
    roots.push(...below.get(0)!);
    firstNode += tree.colors.length;
  });
  return roots;
}

/** The cells and all below them. */
export function allCells(cells: readonly SceneCell[]): SceneCell[] {
  return cells.flatMap((cell) => [cell, ...allCells(cell.children)]);
}

/** What is there, for `judge`: the leaves, and whatever is full of them, up to the world. */
export function exactCells(level: number, roots: readonly SceneCell[]): CellSet {
  const cells = allCells(roots);
  const full = cells.filter(({ isFull }) => isFull);
  if (roots.length === 8 ** level && roots.every(({ isFull }) => isFull)) {
    full.push({ ...roots[0]!, corner: [0, 0, 0], size: WORLD_UNITS });
  }
  return { cells: cells.filter(({ isLeaf }) => isLeaf), full };
}

/** Cells that a ray may hit, and those that it cannot get through. */
export interface CellSet {
  readonly cells: readonly SceneCell[];
  readonly full: readonly SceneCell[];
}
