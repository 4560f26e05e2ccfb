import { type RegionKey, regionKey, regionMorton } from "../../src/space/mod.ts";
import type { World } from "../../src/world/mod.ts";

/** Regions an axis of the default world, and cells an axis of a region. */
const REGIONS = 16;
const CELLS = 64;
const LEVEL = 4;
/** Voxels of each region: a tile with colours that do not compress. */
const TILE = 10;

/** A landscape of so many regions, 1 to 4096: a floor of tiles, and floors above it. */
export function fillLandscape(world: World, regions: number): void {
  for (let region = 0; region < regions; region++) {
    const { x, y, z } = regionAt(region);
    const positions = new Uint32Array(3 * TILE * TILE);
    const colors = new Uint32Array(TILE * TILE);
    for (let i = 0; i < TILE * TILE; i++) {
      positions[3 * i] = x * CELLS + 20 + i % TILE;
      positions[3 * i + 1] = y * CELLS + 20 + (Math.imul(i, 7) & 3);
      positions[3 * i + 2] = z * CELLS + 20 + Math.floor(i / TILE);
      colors[i] = (0xff000000 | (Math.imul(i + 1 + region * 101, 0x9e3779b1) >>> 8)) >>> 0;
    }
    world.apply({ kind: "patch", cells: { positions, colors } });
  }
}

/** Gives one voxel of a region another colour; returns the region's key. */
export function editRegion(world: World, region: number, salt: number): RegionKey {
  const { x, y, z } = regionAt(region);
  const i = salt % (TILE * TILE);
  world.apply({
    kind: "patch",
    cells: {
      positions: Uint32Array.of(
        x * CELLS + 20 + i % TILE,
        y * CELLS + 20 + (Math.imul(i, 7) & 3),
        z * CELLS + 20 + Math.floor(i / TILE),
      ),
      colors: Uint32Array.of((0xff000000 | (Math.imul(salt + 1, 0x85ebca6b) >>> 8)) >>> 0),
    },
  });
  return landscapeKey(region);
}

/** Key of a region of the landscape. */
export function landscapeKey(region: number): RegionKey {
  const { x, y, z } = regionAt(region);
  let morton = 0;
  for (let bit = 0; bit < LEVEL; bit++) {
    morton |= (((x >> bit) & 1) | (((y >> bit) & 1) << 1) | (((z >> bit) & 1) << 2)) << (3 * bit);
  }
  return regionKey(LEVEL, morton);
}

/** Morton code of a region of the landscape. */
export function landscapeMorton(region: number): number {
  return regionMorton(landscapeKey(region));
}

function regionAt(region: number): { readonly x: number; readonly y: number; readonly z: number } {
  const floor = REGIONS * REGIONS;
  const at = region % floor;
  return { x: at % REGIONS, y: Math.floor(region / floor), z: Math.floor(at / REGIONS) };
}
