import { addToHash, type ContentHash, removeFromHash } from "../tree/mod.ts";
import { lowerBound } from "./cell_search.ts";
import type { Overlay } from "./overlay.ts";
import type { RegionStore } from "./region_store.ts";
import { INSERT, RECOLOR, REMOVE, type StoreEdits } from "./store_edits.ts";

/** What the writes to one region come to. */
export interface EditCounts {
  inserted: number;
  removed: number;
  recolored: number;
  /** Of these, the ones that no entity covers. */
  visible: number;
}

/**
 * Notes what the writes [start, end) would do to a store and takes the hash of the region's composed content to what
 * it would be, changing nothing else. O(writes x log of the gaps between them).
 */
export function planEdits(
  edits: StoreEdits,
  start: number,
  end: number,
  store: RegionStore,
  overlay: Overlay,
  hash: ContentHash,
): EditCounts {
  const { keys, sources, colors, materials, actions, places } = edits;
  const counts: EditCounts = { inserted: 0, removed: 0, recolored: 0, visible: 0 };
  const { count: held, keys: heldKeys, colors: heldColors, materials: heldMaterials } = store;
  const { count: covered, cells: coveredKeys } = overlay;
  let place = 0;
  let over = 0;
  for (let i = start; i < end; i++) {
    const key = keys[i]!;
    place = lowerBound(heldKeys, key, place, held);
    places[i] = place;
    const isHeld = place < held && heldKeys[place] === key;
    const color = colors[sources[i]!]!;
    const material = materials === undefined ? 0 : materials[sources[i]!]!;
    const exists = color >>> 24 !== 0;
    if (!isHeld && !exists) continue;
    if (isHeld && exists && heldColors[place] === color && heldMaterials[place] === material) continue;
    if (!isHeld) {
      actions[i] = INSERT;
      counts.inserted++;
    } else if (exists) {
      actions[i] = RECOLOR;
      counts.recolored++;
    } else {
      actions[i] = REMOVE;
      counts.removed++;
    }
    if (covered > 0) {
      over = lowerBound(coveredKeys, key, over, covered);
      if (over < covered && coveredKeys[over] === key) continue;
    }
    counts.visible++;
    if (isHeld) removeFromHash(hash, key, heldColors[place]!, heldMaterials[place]!);
    if (exists) addToHash(hash, key, color, material);
  }
  return counts;
}
