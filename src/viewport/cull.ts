import {
  ALL_PLANES,
  FRUSTUM_NUMBERS,
  type Grid,
  mortonX,
  mortonY,
  mortonZ,
  writePerspectivePlanes,
} from "../space/mod.ts";
import { pyramidOffset, type RegionPyramid } from "./region_pyramid.ts";
import type { Viewport } from "./viewport.ts";

/** Seven of eight children wait at each of at most seven levels, and one is at work. */
const STACK_ENTRIES = 64;

/**
 * Finds the occupied regions that a frustum touches, by walking down the region octree: a node outside a plane
 * ends the walk there, and a plane that a node is wholly inside of is not tested again below it.
 *
 * Corners are whole numbers of regions and the planes are brought to that unit once, so a child's corner is
 * computed from the same numbers as its parent's. Rounding is then monotone, and the walk finds exactly the
 * regions that a test of every single one would find.
 */
export class Culler {
  /** Morton codes of the regions found, in an order of no meaning. */
  codes = new Uint32Array(0);
  /** Their coordinates in regions, x | y << 8 | z << 16. */
  cells = new Uint32Array(0);
  readonly #planes = new Float64Array(FRUSTUM_NUMBERS);
  readonly #nodes = new Int32Array(STACK_ENTRIES);
  readonly #masks = new Int32Array(STACK_ENTRIES);

  /**
   * Fills `codes` and `cells`.
   * @returns how many regions were found
   */
  cull(view: Viewport, grid: Grid, pyramid: RegionPyramid): number {
    if (pyramid.count > this.codes.length) {
      const room = 2 ** Math.ceil(Math.log2(pyramid.count));
      this.codes = new Uint32Array(room);
      this.cells = new Uint32Array(room);
    }
    writePerspectivePlanes(view, this.#planes);
    this.#planesToRegions(grid);
    if (pyramid.count === 0) return 0;
    const size = 1 << grid.level;
    const mask = classify(this.#planes, 0, 0, 0, size, ALL_PLANES);
    if (mask < 0) return 0;
    if (grid.level > 0) return this.#walk(pyramid, mask);
    this.codes[0] = 0;
    this.cells[0] = 0;
    return 1;
  }

  #walk(pyramid: RegionPyramid, rootMask: number): number {
    const planes = this.#planes;
    const children = pyramid.masks;
    const nodes = this.#nodes;
    const masks = this.#masks;
    const codes = this.codes;
    const cells = this.cells;
    const leafLevel = pyramid.level;
    let found = 0;
    // A node is its level and Morton code, written as the code with a leading 1, as in a linear octree.
    nodes[0] = 1;
    masks[0] = rootMask;
    let top = 1;
    while (top > 0) {
      top--;
      const node = nodes[top]!;
      const mask = masks[top]!;
      const level = ((31 - Math.clz32(node)) / 3) | 0;
      const code = node - (1 << (3 * level));
      const shift = leafLevel - level;
      const x = mortonX(code) << shift;
      const y = mortonY(code) << shift;
      const z = mortonZ(code) << shift;
      const size = 1 << (shift - 1);
      for (let bits = children[pyramidOffset(level) + code]!; bits !== 0; bits &= bits - 1) {
        const slot = 31 - Math.clz32(bits & -bits);
        const cx = x + (slot & 1) * size;
        const cy = y + ((slot >> 1) & 1) * size;
        const cz = z + (slot >> 2) * size;
        const cut = mask === 0 ? 0 : classify(planes, cx, cy, cz, size, mask);
        if (cut < 0) continue;
        if (size === 1) {
          codes[found] = code * 8 + slot;
          cells[found] = cx | (cy << 8) | (cz << 16);
          found++;
        } else {
          nodes[top] = node * 8 + slot;
          masks[top] = cut;
          top++;
        }
      }
    }
    return found;
  }

  /** Plane n.p + d over world units becomes N.i + D over p = min + i * (region edge). */
  #planesToRegions(grid: Grid): void {
    const planes = this.#planes;
    const { min, max } = grid.bounds;
    const n = 1 << grid.level;
    for (let i = 0; i < FRUSTUM_NUMBERS; i += 4) {
      const nx = planes[i]!;
      const ny = planes[i + 1]!;
      const nz = planes[i + 2]!;
      planes[i] = nx * ((max[0] - min[0]) / n);
      planes[i + 1] = ny * ((max[1] - min[1]) / n);
      planes[i + 2] = nz * ((max[2] - min[2]) / n);
      planes[i + 3] = nx * min[0] + ny * min[1] + nz * min[2] + planes[i + 3]!;
    }
  }
}

/** As `classifyBox` of space, over corners in regions. */
function classify(planes: Float64Array, x: number, y: number, z: number, size: number, mask: number): number {
  let cut = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    const at = (31 - Math.clz32(bit)) * 4;
    const nx = planes[at]!;
    const ny = planes[at + 1]!;
    const nz = planes[at + 2]!;
    const d = planes[at + 3]!;
    const fx = nx > 0 ? size : 0;
    const fy = ny > 0 ? size : 0;
    const fz = nz > 0 ? size : 0;
    if (!(nx * (x + fx) + ny * (y + fy) + nz * (z + fz) + d > 0)) return -1;
    if (!(nx * (x + size - fx) + ny * (y + size - fy) + nz * (z + size - fz) + d > 0)) cut |= bit;
  }
  return cut;
}
