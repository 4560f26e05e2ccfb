import type { RegionKey } from "../space/mod.ts";
import type { ContentHash, Samples } from "../tree/mod.ts";
import { lowerBound } from "./cell_search.ts";
import { type Overlay, topEntity } from "./overlay.ts";
import type { Region } from "./region.ts";
import type { RegionStore } from "./region_store.ts";

/** What a region showed at one version. */
export interface RegionSnapshot {
  readonly key: RegionKey;
  /** 0 for a region that never held anything. */
  readonly version: number;
  /** Sorted, unique, with entities over the voxels by handle; arrays of their own, ready to be transferred. */
  readonly samples: Samples;
  /** Of these samples. */
  readonly hash: Readonly<ContentHash>;
}

/** Copies what a region shows. O(voxels + covered cells). */
export function snapshotRegion(region: Region): RegionSnapshot {
  const samples = compose(region.store, region.overlay);
  return { key: region.key, version: region.version, samples, hash: region.hash };
}

/** The voxels with the entities over them, sorted, as new arrays. */
function compose(store: RegionStore, overlay: Overlay): Samples {
  const { count, keys } = store;
  const samples = createSamples(count + overlay.count - countCommon(store, overlay));
  let read = 0;
  let write = 0;
  for (let i = 0; i < overlay.count; i++) {
    const key = overlay.cells[i]!;
    const place = lowerBound(keys, key, read, count);
    copyRun(store, read, place, samples, write);
    write += place - read;
    read = place < count && keys[place] === key ? place + 1 : place;
    const { color, material } = topEntity(overlay, i);
    samples.keys[write] = key;
    samples.colors[write] = color;
    samples.materials[write++] = material;
  }
  copyRun(store, read, count, samples, write);
  return samples;
}

function createSamples(n: number): Samples {
  return { keys: new Uint32Array(n), colors: new Uint32Array(n), materials: new Uint8Array(n) };
}

function countCommon({ count, keys }: RegionStore, overlay: Overlay): number {
  let common = 0;
  let place = 0;
  for (let i = 0; i < overlay.count; i++) {
    const key = overlay.cells[i]!;
    place = lowerBound(keys, key, place, count);
    if (place < count && keys[place] === key) common++;
  }
  return common;
}

function copyRun(from: RegionStore, start: number, end: number, to: Samples, at: number): void {
  if (start === end) return;
  to.keys.set(from.keys.subarray(start, end), at);
  to.colors.set(from.colors.subarray(start, end), at);
  to.materials.set(from.materials.subarray(start, end), at);
}
