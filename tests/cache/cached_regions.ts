import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { CachedRegion } from "../../src/cache/mod.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { emptyTree, hashSamples, type Samples, type Tree, type TreeKind } from "../../src/tree/mod.ts";

/** What a region of a test is made of; what is not said is 1 or `esvo`. */
export interface RegionOptions {
  readonly version?: number;
  readonly kind?: TreeKind;
  readonly key?: RegionKey;
  readonly depth?: number;
}

/** `count` voxels in a row along the Morton curve, with colours that compress badly; `changed` ones differ from version 1. */
export function voxelRow(count: number, changed: readonly number[] = []): Samples {
  const keys = Uint32Array.from({ length: count }, (_, i) => i);
  const colors = keys.map((key) => (0xff000000 | Math.imul(key + 1, 0x9e3779b1)) >>> 0);
  for (const at of changed) colors[at] = (colors[at]! ^ 0x00ffffff) >>> 0;
  return { keys, colors, materials: new Uint8Array(count) };
}

/** A region of these voxels. */
export function regionOf(samples: Samples, options: RegionOptions = {}): CachedRegion {
  const { version = 1, kind = "esvo", key = regionKey(4, 1), depth = 6 } = options;
  const { keys, colors, materials } = samples;
  const copy = { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() };
  return new CachedRegion({
    key,
    version,
    hash: hashSamples(samples),
    tree: treeOf(copy, kind, depth),
    payloads: new Map(),
  });
}

/** A region whose tree has `voxels` leaves in a row. */
export function region(voxels: number, options: RegionOptions = {}): CachedRegion {
  return regionOf(voxelRow(voxels), options);
}

function treeOf(samples: Samples, kind: TreeKind, depth: number): Tree {
  if (samples.keys.length === 0) return emptyTree(kind, depth);
  return kind === "esvo" ? buildEsvo(samples, depth) : buildEsvt(samples, depth);
}
