import {
  encodeMorton,
  type Grid,
  gridCells,
  mortonX,
  mortonY,
  mortonZ,
  quantizeAxis,
  type RegionKey,
  regionKey,
  regionMorton,
  regionOrigin,
  type Vec3,
} from "../space/mod.ts";
import type { CellRaster } from "./cell_raster.ts";
import type { Entity } from "./op.ts";

/** Global cells from `min` to before `max`. */
export interface CellBox {
  readonly min: Vec3;
  readonly max: Vec3;
}

/** An entity and where it lies. */
export interface Placed {
  readonly entity: Entity;
  readonly box: CellBox;
  /** The regions that its box overlaps. */
  readonly regions: readonly RegionKey[];
}

const X_BITS = 0x09249249;

/**
 * The cells that the half-open box `position +- size / 2` overlaps, clipped to the world; at least the cell of the
 * position, which must be inside.
 */
export function entityBox(grid: Grid, position: Vec3, size: Vec3): CellBox {
  const x = axisCells(grid, 0, position[0], size[0]);
  const y = axisCells(grid, 1, position[1], size[1]);
  const z = axisCells(grid, 2, position[2], size[2]);
  return { min: [x[0], y[0], z[0]], max: [x[1], y[1], z[1]] };
}

/** Cells in a box. */
export function boxCells({ min, max }: CellBox): number {
  return (max[0] - min[0]) * (max[1] - min[1]) * (max[2] - min[2]);
}

/** The regions that a box overlaps. */
export function regionsOfBox(grid: Grid, { min, max }: CellBox): RegionKey[] {
  const { level, depth } = grid;
  const keys: RegionKey[] = [];
  for (let z = min[2] >> depth; z <= (max[2] - 1) >> depth; z++) {
    for (let y = min[1] >> depth; y <= (max[1] - 1) >> depth; y++) {
      for (let x = min[0] >> depth; x <= (max[0] - 1) >> depth; x++) {
        keys.push(regionKey(level, encodeMorton(x, y, z)));
      }
    }
  }
  return keys;
}

/** How many cells of a region a box covers. */
export function cellsInRegion(grid: Grid, box: CellBox, key: RegionKey): number {
  const morton = regionMorton(key);
  return overlap(grid, box, 0, mortonX(morton)) * overlap(grid, box, 1, mortonY(morton)) *
    overlap(grid, box, 2, mortonZ(morton));
}

/**
 * Paints the part of a box that lies in a region.
 * @returns how many cells that is
 */
export function paintBox(
  grid: Grid,
  box: CellBox,
  key: RegionKey,
  value: number,
  raster: CellRaster,
): number {
  const [x0, y0, z0] = regionOrigin(grid, key);
  const edge = 1 << grid.depth;
  const first = encodeMorton(Math.max(0, box.min[0] - x0), 0, 0);
  const width = Math.min(edge, box.max[0] - x0) - Math.max(0, box.min[0] - x0);
  const yEnd = Math.min(edge, box.max[1] - y0);
  const zEnd = Math.min(edge, box.max[2] - z0);
  let cells = 0;
  for (let z = Math.max(0, box.min[2] - z0); z < zEnd; z++) {
    for (let y = Math.max(0, box.min[1] - y0); y < yEnd; y++) {
      const row = encodeMorton(0, y, z);
      let x = first;
      for (let left = width; left > 0; left--) {
        raster.paint(row | x, value);
        // The next x in Morton order: the carry runs through the bits of the other axes.
        x = (x - X_BITS) & X_BITS;
      }
      cells += width;
    }
  }
  return cells;
}

function axisCells(grid: Grid, axis: 0 | 1 | 2, position: number, size: number): readonly [number, number] {
  const min = grid.bounds.min[axis];
  const max = grid.bounds.max[axis];
  const n = gridCells(grid);
  const own = quantizeAxis(position, min, max, n);
  const from = position - size / 2;
  const to = position + size / 2;
  const first = from <= min ? 0 : quantizeAxis(from, min, max, n);
  const end = to >= max ? n : endCell(to, min, max, n);
  // Rounding may put an edge of a tiny box on the wrong side of its own centre.
  return [Math.min(first, own), Math.max(end, own + 1)];
}

/** The first cell that starts at or above a coordinate: one that ends on a cell's border does not reach into it. */
function endCell(to: number, min: number, max: number, n: number): number {
  const cell = quantizeAxis(to, min, max, n);
  const isOnBorder = (to - min) * (n / (max - min)) === cell;
  return isOnBorder ? cell : cell + 1;
}

/** Cells on one axis that a box shares with the region of that number on the axis. */
function overlap(grid: Grid, { min, max }: CellBox, axis: 0 | 1 | 2, region: number): number {
  const start = region << grid.depth;
  const end = start + (1 << grid.depth);
  return Math.max(0, Math.min(end, max[axis]) - Math.max(start, min[axis]));
}
