import { type Grid, mortonX, mortonY, mortonZ } from "../space/mod.ts";
import { meanChannel } from "../tree/mod.ts";
import type { CellEntries } from "./cell_entries.ts";
import type { PatchWriter } from "./patch_writer.ts";
import type { PointSet } from "./parsed_model.ts";

/**
 * What points that share a cell come to: `mean`, each colour channel by the rounding rule of trees and the material that
 * most points have (the lowest of several); or `last`, the last of them in the file.
 */
export type Overlap = "mean" | "last";

/** Makes one voxel of all points in a cell, in the order of the entries. Linear in the entries. */
export function mergeCells(
  entries: CellEntries,
  points: PointSet,
  overlap: Overlap,
  grid: Grid,
  out: PatchWriter,
): void {
  const { regions, keys, order, count } = entries;
  const mean = new CellMean(points);
  let start = 0;
  while (start < count) {
    const entry = order[start]!;
    const region = regions[entry]!;
    const key = keys[entry]!;
    let end = start + 1;
    while (end < count && keys[order[end]!]! === key && regions[order[end]!]! === region) end++;
    const x = (mortonX(region) << grid.depth) | mortonX(key);
    const y = (mortonY(region) << grid.depth) | mortonY(key);
    const z = (mortonZ(region) << grid.depth) | mortonZ(key);
    if (end === start + 1) { // By far the most cells have one point.
      const point = entries.points[entry]!;
      out.add(x, y, z, points.colors[point]!, points.materials?.[point] ?? 0, region);
    } else if (overlap === "last") {
      let last = 0;
      for (let i = start; i < end; i++) last = Math.max(last, entries.points[order[i]!]!);
      out.add(x, y, z, points.colors[last]!, points.materials?.[last] ?? 0, region);
    } else {
      for (let i = start; i < end; i++) mean.add(entries.points[order[i]!]!);
      out.add(x, y, z, mean.color(), mean.material(), region);
      mean.reset();
    }
    start = end;
  }
}

/** Sums of the points of one cell. */
class CellMean {
  readonly #points: PointSet;
  readonly #materialCounts = new Uint32Array(256);
  readonly #materials: number[] = [];
  #count = 0;
  #r = 0;
  #g = 0;
  #b = 0;
  #a = 0;

  constructor(points: PointSet) {
    this.#points = points;
  }

  add(point: number): void {
    const color = this.#points.colors[point]!;
    this.#count++;
    this.#r += color & 255;
    this.#g += (color >>> 8) & 255;
    this.#b += (color >>> 16) & 255;
    this.#a += color >>> 24;
    const material = this.#points.materials?.[point] ?? 0;
    if (this.#materialCounts[material]!++ === 0) this.#materials.push(material);
  }

  color(): number {
    const count = this.#count;
    return (meanChannel(this.#r, count) | (meanChannel(this.#g, count) << 8) |
      (meanChannel(this.#b, count) << 16) | (meanChannel(this.#a, count) << 24)) >>> 0;
  }

  material(): number {
    let best = this.#materials[0]!;
    for (const material of this.#materials) {
      const more = this.#materialCounts[material]! - this.#materialCounts[best]!;
      if (more > 0 || (more === 0 && material < best)) best = material;
    }
    return best;
  }

  reset(): void {
    for (const material of this.#materials) this.#materialCounts[material] = 0;
    this.#materials.length = 0;
    this.#count =
      this.#r =
      this.#g =
      this.#b =
      this.#a =
        0;
  }
}
