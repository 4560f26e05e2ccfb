import { encodeMorton } from "../space/mod.ts";

/** The box of cells that a region shows, both corners inside, as Morton codes of its own cells. */
export interface RegionExtent {
  /** The region's version that was searched. */
  readonly version: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What of a region is looked at. */
export interface Searched {
  readonly version: number;
  readonly store: { readonly keys: Uint32Array; readonly count: number };
  readonly overlay: { readonly cells: Uint32Array; readonly count: number };
  extent: RegionExtent | undefined;
}

/** The bits of each axis in a Morton code: codes masked by them compare as the axis' coordinates do. */
const X_BITS = encodeMorton(255, 0, 0);
const Y_BITS = encodeMorton(0, 255, 0);
const Z_BITS = encodeMorton(0, 0, 255);

/**
 * The extent of a region that shows something. Kept in the region until its version changes: what changes no version
 * (a voxel under an entity) changes no extent either. O(1), or O(cells) after a change.
 */
export function regionExtent(region: Searched): RegionExtent {
  if (region.extent?.version === region.version) return region.extent;
  const { store, overlay } = region;
  let minX = X_BITS;
  let minY = Y_BITS;
  let minZ = Z_BITS;
  let maxX = 0;
  let maxY = 0;
  let maxZ = 0;
  for (const { keys, count } of [store, { keys: overlay.cells, count: overlay.count }]) {
    for (let i = 0; i < count; i++) {
      const x = keys[i]! & X_BITS;
      const y = keys[i]! & Y_BITS;
      const z = keys[i]! & Z_BITS;
      if (x < minX) minX = x;
      if (y < minY) minY = y;
      if (z < minZ) minZ = z;
      if (x > maxX) maxX = x;
      if (y > maxY) maxY = y;
      if (z > maxZ) maxZ = z;
    }
  }
  region.extent = { version: region.version, lowest: minX | minY | minZ, highest: maxX | maxY | maxZ };
  return region.extent;
}
