import { type Grid, gridCells } from "../space/mod.ts";
import type { PointSet } from "./parsed_model.ts";
import { cellOfPoint, cellOfVoxelCentre, cellOfVoxelStart, type Placement } from "./placement.ts";

/**
 * Finds the cells of one point after the other: one cell for a point or a voxel no larger than a cell, a box of cells
 * for a larger voxel. Writes into `low` and `high` (half-open, clipped to the world) instead of making objects.
 */
export class CellWalker {
  readonly low: Int32Array = new Int32Array(3);
  readonly high: Int32Array = new Int32Array(3);
  readonly #points: PointSet;
  readonly #placement: Placement;
  readonly #cells: number;
  readonly #enlarges: boolean;

  constructor(points: PointSet, placement: Placement, grid: Grid) {
    this.#points = points;
    this.#placement = placement;
    this.#cells = gridCells(grid);
    this.#enlarges = points.solid && placement.resolution > placement.edge;
  }

  /** Whether any cell of point `i` is in the world; `low` and `high` then hold its cells. */
  locate(i: number): boolean {
    const { min, edge, resolution, origin } = this.#placement;
    const { positions, solid } = this.#points;
    for (let axis = 0; axis < 3; axis++) {
      const offset = positions[i * 3 + axis]! - min[axis]!;
      let first = 0;
      let end = 0;
      if (this.#enlarges) {
        first = cellOfVoxelStart(offset, edge, resolution);
        end = cellOfVoxelStart(offset + 1, edge, resolution);
      } else {
        first = solid ? cellOfVoxelCentre(offset, edge, resolution) : cellOfPoint(offset, this.#placement);
        end = first + 1;
      }
      const low = Math.max(0, first + origin[axis]!);
      const high = Math.min(this.#cells, end + origin[axis]!);
      if (first < 0 || low >= high) return false;
      this.low[axis] = low;
      this.high[axis] = high;
    }
    return true;
  }

  /** Cells of the point that was located last. */
  get volume(): number {
    const { low, high } = this;
    return (high[0]! - low[0]!) * (high[1]! - low[1]!) * (high[2]! - low[2]!);
  }
}
