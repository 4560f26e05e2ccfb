import { mortonX, mortonY, mortonZ } from "../space/mod.ts";
import { cornerShade, OPEN_FACE } from "./corner_shade.ts";
import { exposedFaces } from "./exposed_voxels.ts";
import { OccupancyGrid } from "./occupancy_grid.ts";

/** 32-bit words that one drawn voxel takes on the graphics card. */
export const INSTANCE_WORDS = 4;

/** What a region's frame becomes on the graphics card. */
export interface RegionInstances {
  /**
   * {@link INSTANCE_WORDS} words a drawn voxel: `x | y<<8 | z<<16 | faces<<24` (cells in the region, exposed faces),
   * RGBA as on the wire, corner shades of the faces 0 to 3 (a byte each), corner shades of the faces 4 and 5.
   */
  readonly words: Uint32Array<ArrayBuffer>;
  /** Voxels drawn: those with an exposed face. */
  readonly drawn: number;
}

/**
 * Builds the instances of a region from its voxels, leaving out those that nothing can see. Linear in the voxels.
 * @param keys Morton codes within the region, unique
 * @param colors RGBA8, one a key
 * @param width cells of the region along an axis at this level of detail, at most 256
 * @param grid an empty grid to work in; it is empty again afterwards
 */
export function buildInstances(
  keys: Uint32Array,
  colors: Uint32Array,
  width: number,
  grid: OccupancyGrid = new OccupancyGrid(),
): RegionInstances {
  grid.load(keys, width);
  const words = new Uint32Array(keys.length * INSTANCE_WORDS);
  const cell = new Int32Array(3);
  let drawn = 0;
  for (let i = 0; i < keys.length; i++) {
    const x = cell[0] = mortonX(keys[i]!);
    const y = cell[1] = mortonY(keys[i]!);
    const z = cell[2] = mortonZ(keys[i]!);
    const faces = exposedFaces(grid, x, y, z);
    if (faces === 0) continue;
    const at = drawn++ * INSTANCE_WORDS;
    words[at] = x | (y << 8) | (z << 16) | (faces << 24);
    words[at + 1] = colors[i]!;
    words[at + 2] = shade(grid, cell, faces, 0) | (shade(grid, cell, faces, 1) << 8) |
      (shade(grid, cell, faces, 2) << 16) | (shade(grid, cell, faces, 3) << 24);
    words[at + 3] = shade(grid, cell, faces, 4) | (shade(grid, cell, faces, 5) << 8);
  }
  grid.unload(keys);
  return { words: words.slice(0, drawn * INSTANCE_WORDS), drawn };
}

function shade(grid: OccupancyGrid, cell: Int32Array, faces: number, face: number): number {
  return faces & (1 << face) ? cornerShade(grid, cell, face >> 1, face & 1) : OPEN_FACE;
}
