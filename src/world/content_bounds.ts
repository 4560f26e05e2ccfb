import {
  type Bounds,
  cellSize,
  type Grid,
  mortonX,
  mortonY,
  mortonZ,
  regionMorton,
  regionOrigin,
  type Vec3,
} from "../space/mod.ts";
import type { Region } from "./region.ts";
import { regionExtent } from "./region_extent.ts";

/** Lowest and highest cells, both inside. */
interface Extent {
  readonly min: [number, number, number];
  readonly max: [number, number, number];
}

/**
 * The smallest box of whole cells around everything that the regions show, in world units; undefined if that is
 * nothing. Only regions on the rim of the occupied ones are searched, and of these only the ones that changed since they
 * were searched last: O(regions + cells of those).
 */
export function contentBounds(grid: Grid, regions: Iterable<Region>): Bounds | undefined {
  const occupied: Region[] = [];
  const rim = createExtent();
  for (const region of regions) {
    if (region.store.count === 0 && region.overlay.count === 0) continue;
    occupied.push(region);
    const morton = regionMorton(region.key);
    include(rim, mortonX(morton), mortonY(morton), mortonZ(morton));
  }
  if (occupied.length === 0) return undefined;
  const cells = createExtent();
  for (const region of occupied) {
    if (!isOnRim(region, rim)) continue;
    includeRegion(cells, regionOrigin(grid, region.key), region);
  }
  const size = cellSize(grid);
  const { min } = grid.bounds;
  return {
    min: [min[0] + cells.min[0] * size, min[1] + cells.min[1] * size, min[2] + cells.min[2] * size],
    max: [
      min[0] + (cells.max[0] + 1) * size,
      min[1] + (cells.max[1] + 1) * size,
      min[2] + (cells.max[2] + 1) * size,
    ],
  };
}

function createExtent(): Extent {
  return { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] };
}

function include({ min, max }: Extent, x: number, y: number, z: number): void {
  if (x < min[0]) min[0] = x;
  if (y < min[1]) min[1] = y;
  if (z < min[2]) min[2] = z;
  if (x > max[0]) max[0] = x;
  if (y > max[1]) max[1] = y;
  if (z > max[2]) max[2] = z;
}

function includeRegion(extent: Extent, [x, y, z]: Vec3, region: Region): void {
  const { lowest, highest } = regionExtent(region);
  include(extent, x + mortonX(lowest), y + mortonY(lowest), z + mortonZ(lowest));
  include(extent, x + mortonX(highest), y + mortonY(highest), z + mortonZ(highest));
}

function isOnRim(region: Region, { min, max }: Extent): boolean {
  const morton = regionMorton(region.key);
  const x = mortonX(morton);
  const y = mortonY(morton);
  const z = mortonZ(morton);
  return x === min[0] || x === max[0] || y === min[1] || y === max[1] || z === min[2] || z === max[2];
}
