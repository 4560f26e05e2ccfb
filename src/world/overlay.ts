import type { Grid, RegionKey } from "../space/mod.ts";
import { addToHash, type ContentHash, removeFromHash } from "../tree/mod.ts";
import type { CellRaster } from "./cell_raster.ts";
import { lowerBound } from "./cell_search.ts";
import { paintBox, type Placed } from "./entity_cells.ts";
import type { Entity } from "./op.ts";
import type { RegionStore } from "./region_store.ts";

/** What one covered cell takes: its key and the number of its entity, four bytes each. */
export const OVERLAY_CELL_BYTES = 8;

/** The cells of a region that its entities cover, and which entity is topmost in each. */
export interface Overlay {
  /** The entities that overlap the region, by ascending handle. */
  readonly members: readonly Placed[];
  /** Cells that the members cover, counted once a member. */
  readonly memberCells: number;
  /** Covered cells. */
  readonly count: number;
  /** `count` keys, ascending; then for each of them the index of its topmost member. One array is one allocation. */
  readonly cells: Uint32Array;
}

/** No entities; shared. */
export const NO_OVERLAY: Overlay = { members: [], memberCells: 0, count: 0, cells: new Uint32Array(0) };

/**
 * Paints a region's entities over each other. O(cells that they cover).
 * @param members by ascending handle
 */
export function paintOverlay(
  grid: Grid,
  key: RegionKey,
  members: readonly Placed[],
  raster: CellRaster,
): Overlay {
  if (members.length === 0) return NO_OVERLAY;
  let memberCells = 0;
  for (let i = 0; i < members.length; i++) memberCells += paintBox(grid, members[i]!.box, key, i, raster);
  const count = raster.count;
  const cells = new Uint32Array(2 * count);
  raster.drain(cells, 0, cells, count);
  return { members, memberCells, count, cells };
}

/** The entity that shows in the covered cell number `i`. */
export function topEntity(overlay: Overlay, i: number): Entity {
  return overlay.members[overlay.cells[overlay.count + i]!]!.entity;
}

/** Whether an entity covers the cell. O(log covered cells). */
export function covers(overlay: Overlay, key: number): boolean {
  const at = lowerBound(overlay.cells, key, 0, overlay.count);
  return at < overlay.count && overlay.cells[at] === key;
}

/** Adds what the overlay shows to a hash, as if there were nothing below. */
export function hashOverlay(overlay: Overlay, hash: ContentHash): void {
  for (let i = 0; i < overlay.count; i++) {
    const { color, material } = topEntity(overlay, i);
    addToHash(hash, overlay.cells[i]!, color, material);
  }
}

/**
 * Compares what a region shows under one overlay with what it would show under another, and takes its hash from the
 * one to the other. O(cells of both overlays).
 * @returns cells that would look different
 */
export function changeOverlay(
  store: RegionStore,
  before: Overlay,
  after: Overlay,
  hash: ContentHash,
): number {
  const { count, keys, colors, materials } = store;
  let changed = 0;
  let place = 0;
  let b = 0;
  let a = 0;
  while (b < before.count || a < after.count) {
    const was = b < before.count ? before.cells[b]! : Infinity;
    const is = a < after.count ? after.cells[a]! : Infinity;
    const key = Math.min(was, is);
    const wasEntity = was === key ? topEntity(before, b++) : undefined;
    const isEntity = is === key ? topEntity(after, a++) : undefined;
    if (wasEntity === isEntity) continue;
    // What shows is the topmost entity, or the voxel below, or nothing: colour 0.
    place = lowerBound(keys, key, place, count);
    const isHeld = place < count && keys[place] === key;
    const heldColor = isHeld ? colors[place]! : 0;
    const heldMaterial = isHeld ? materials[place]! : 0;
    const wasColor = wasEntity?.color ?? heldColor;
    const wasMaterial = wasEntity?.material ?? heldMaterial;
    const isColor = isEntity?.color ?? heldColor;
    const isMaterial = isEntity?.material ?? heldMaterial;
    if (wasColor === isColor && wasMaterial === isMaterial) continue;
    changed++;
    if (wasColor !== 0) removeFromHash(hash, key, wasColor, wasMaterial);
    if (isColor !== 0) addToHash(hash, key, isColor, isMaterial);
  }
  return changed;
}
