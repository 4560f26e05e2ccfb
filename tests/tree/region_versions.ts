import fc from "fast-check";
import type { TreeKind } from "../../src/tree/mod.ts";
import { sheetVoxels, tetsOfVoxels } from "./key_tree.ts";
import type { Voxel } from "../protocol/small_tree.ts";

/** Two versions of one region: the leaves of each, in no order. Either may be empty. */
export interface RegionVersions {
  readonly kind: TreeKind;
  readonly depth: number;
  readonly before: readonly Voxel[];
  readonly after: readonly Voxel[];
}

/** Regions of both kinds, sparse ones of any depth and surfaces, and what a few edits make of them. */
export function regionVoxels(maxDepth = 8): fc.Arbitrary<RegionVersions> {
  const kinds = fc.constantFrom<TreeKind[]>("esvo", "esvt");
  const sparse = fc.tuple(kinds, fc.integer({ min: 1, max: maxDepth })).chain(([kind, depth]) =>
    fc.record({
      kind: fc.constant(kind),
      depth: fc.constant(depth),
      before: fc.uniqueArray(voxel(keysOf(kind, depth)), { maxLength: 60, selector: ([key]) => key }),
    })
  );
  const surface = fc.tuple(kinds, fc.integer({ min: 3, max: Math.min(5, maxDepth) })).map(([kind, depth]) => {
    const voxels = sheetVoxels(depth, 1);
    const keys = kind === "esvo" ? voxels : [...tetsOfVoxels(voxels, depth)];
    return {
      kind,
      depth,
      before: [...keys].map((key) => [key, 0xff000000 + key % 251, key % 7 === 0 ? 3 : 0] as Voxel),
    };
  });
  return fc.oneof(sparse, surface).chain((region) => edits(region).map((after) => ({ ...region, after })));
}

/** Leaves that a region of this kind and depth can have. */
export function keysOf(kind: TreeKind, depth: number): number {
  return kind === "esvo" ? 8 ** depth : 6 * 8 ** (depth - 1);
}

function voxel(keys: number): fc.Arbitrary<Voxel> {
  const color = fc.integer({ min: 0, max: 0xffffff }).map((rgb) => (rgb | 0xff000000) >>> 0);
  return fc.tuple(fc.integer({ min: 0, max: keys - 1 }), color, fc.constantFrom(0, 0, 1, 255));
}

/** Some leaves taken out, put in or painted; sometimes all of a stretch, sometimes all of them. */
function edits(
  { kind, depth, before }: { kind: TreeKind; depth: number; before: readonly Voxel[] },
): fc.Arbitrary<readonly Voxel[]> {
  const keys = keysOf(kind, depth);
  const put = fc.array(voxel(keys), { maxLength: 12 });
  const cut = fc.tuple(fc.nat(keys), fc.constantFrom(0, 1, 64, 512, 4096, keys));
  const near = fc.nat(Math.max(0, before.length - 1));
  return fc.tuple(put, cut, near, fc.boolean()).map(([added, [start, length], at, paints]) => {
    const leaves = new Map(before.map((leaf) => [leaf[0], leaf]));
    for (const key of [...leaves.keys()]) if (key >= start && key < start + length) leaves.delete(key);
    const painted = before[at];
    if (paints && painted !== undefined) leaves.set(painted[0], [painted[0], 0xff123456, 9]);
    for (const leaf of added) leaves.set(leaf[0], leaf);
    return [...leaves.values()];
  });
}
