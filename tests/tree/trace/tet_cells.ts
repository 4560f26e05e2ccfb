import { mortonX, mortonY, mortonZ } from "../../../src/space/mod.ts";
import { keysFromMasks, levelOffset, tetOfKey } from "../../../src/tree/mod.ts";
import { kuhnTet, type Point, type Tet } from "../tet_geometry.ts";
import type { WorldRegion } from "./scene_cells.ts";

const WORLD_UNITS = 2 ** 23;
const UNIT = 2 ** -23;

/** One side of a plane: x * normal[0] + y * normal[1] + z * normal[2] >= least, 0 and 1 being the ends of the world. */
export interface HalfSpace {
  readonly normal: Point;
  readonly least: number;
  /** Length of the normal. */
  readonly length: number;
}

/** A node of a tetree in a world: a tetrahedron, or the cube of a region. */
export interface TetCell {
  /** Lowest corner of its cube, and that cube's width, in units of 2^-23 of the world. */
  readonly corner: Point;
  readonly size: number;
  /** -1 for a cube. */
  readonly type: number;
  /** What it is the intersection of. */
  readonly sides: readonly HalfSpace[];
  /** Place in the scene's colours. */
  readonly node: number;
  /** Record of the region. */
  readonly region: number;
  readonly level: number;
  readonly isLeaf: boolean;
  /** Whether all of it is leaves. */
  readonly isFull: boolean;
  readonly children: readonly TetCell[];
}

/** Cells of tetrees at a level, the roots of the regions with all below: by their keys and corners, no word is read. */
export function tetCells(level: number, regions: readonly WorldRegion[]): TetCell[] {
  const held = regions.filter(({ tree }) => tree.counts[0]! > 0).sort((a, b) => a.morton - b.morton);
  let firstNode = 0;
  return held.map(({ morton, tree }, region) => {
    const width = WORLD_UNITS / 2 ** level;
    const start: Point = [mortonX(morton) * width, mortonY(morton) * width, mortonZ(morton) * width];
    let below = new Map<number, TetCell[]>();
    for (let l = tree.depth; l > 0; l--) {
      const size = width / 2 ** (l - 1);
      const parents = new Map<number, TetCell[]>();
      keysFromMasks(tree.counts, tree.masks, l, tree.kind).forEach((key, i) => {
        const { type, x, y, z } = tetOfKey(key, l - 1);
        const corner: Point = [start[0] + x * size, start[1] + y * size, start[2] + z * size];
        const parent = l === 1 ? 0 : key >>> 3;
        const children = below.get(key) ?? [];
        if (!parents.has(parent)) parents.set(parent, []);
        parents.get(parent)!.push({
          corner,
          size,
          type,
          sides: tetSides(kuhnTet(type, corner, size)),
          node: firstNode + levelOffset(tree, l) + i,
          region,
          level: l,
          isLeaf: l === tree.depth,
          isFull: l === tree.depth || isFull(children, 8),
          children,
        });
      });
      below = parents;
    }
    const children = below.get(0) ?? [];
    const root = {
      corner: start,
      size: width,
      type: -1,
      sides: cubeSides(start, width),
      node: firstNode,
      region,
      level: 0,
      isLeaf: tree.depth === 0,
      isFull: tree.depth === 0 || isFull(children, 6),
      children,
    };
    firstNode += tree.colors.length;
    return root;
  });
}

function isFull(children: readonly TetCell[], most: number): boolean {
  return children.length === most && children.every((child) => child.isFull);
}

/** Behind each face is the vertex that it does not have. */
function tetSides(tet: Tet): HalfSpace[] {
  return tet.map((behind, k) => {
    const [p, q, r] = tet.filter((_, i) => i !== k) as [Point, Point, Point];
    const normal = cross(minus(q, p), minus(r, p));
    // Small whole numbers, so that a ray in the plane is known for one.
    const largest = Math.max(...normal.map(Math.abs));
    const flip = dot(normal, minus(behind, p)) < 0 ? -1 : 1;
    return halfSpace(normal.map((n) => flip * n / largest) as unknown as Point, p);
  });
}

function cubeSides(corner: Point, size: number): HalfSpace[] {
  return [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]].map((normal, i) => {
    return halfSpace(
      normal as unknown as Point,
      i < 3 ? corner : corner.map((c) => c + size) as unknown as Point,
    );
  });
}

function halfSpace(normal: Point, on: Point): HalfSpace {
  return { normal, least: dot(normal, on) * UNIT, length: Math.hypot(...normal) };
}

function minus(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
