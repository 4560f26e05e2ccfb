import type { Tree, TreeKind } from "../../src/tree/mod.ts";

/** One leaf of a small region: key (Morton, or of a tetrahedron), packed RGBA8, material. */
export type Voxel = readonly [key: number, color: number, material: number];

/** A tree built the plainest way, as a yardstick that shares no code with the product. Keys must be unique. */
export function smallTree(depth: number, voxels: readonly Voxel[], kind: TreeKind = "esvo"): Tree {
  const counts = new Uint32Array(depth + 1);
  const masks: number[] = [];
  const colors: number[] = [];
  const materials: number[] = [];
  if (voxels.length === 0) return tree(kind, depth, counts, masks, colors, materials);
  for (let level = 0; level <= depth; level++) {
    const groups = new Map<number, Voxel[]>();
    for (const voxel of [...voxels].sort((a, b) => a[0] - b[0])) {
      const key = Math.floor(voxel[0] / 8 ** (depth - level));
      groups.set(key, [...groups.get(key) ?? [], voxel]);
    }
    counts[level] = groups.size;
    for (const leaves of groups.values()) {
      colors.push(meanColor(leaves));
      materials.push(commonest(leaves));
      if (level < depth) masks.push(childMask(leaves, 8 ** (depth - level - 1)));
    }
  }
  return tree(kind, depth, counts, masks, colors, materials);
}

function tree(
  kind: TreeKind,
  depth: number,
  counts: Uint32Array,
  masks: number[],
  colors: number[],
  materials: number[],
): Tree {
  return {
    kind,
    depth,
    counts,
    masks: Uint8Array.from(masks),
    colors: Uint32Array.from(colors),
    materials: Uint8Array.from(materials),
  };
}

function childMask(leaves: readonly Voxel[], keysAChild: number): number {
  let mask = 0;
  for (const [key] of leaves) mask |= 1 << (Math.floor(key / keysAChild) % 8);
  return mask;
}

function meanColor(leaves: readonly Voxel[]): number {
  let color = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    let sum = 0;
    for (const leaf of leaves) sum += (leaf[1] >>> shift) & 255;
    color |= Math.floor((sum + Math.floor(leaves.length / 2)) / leaves.length) << shift;
  }
  return color >>> 0;
}

function commonest(leaves: readonly Voxel[]): number {
  const votes = new Array<number>(256).fill(0);
  for (const leaf of leaves) votes[leaf[2]]!++;
  return votes.indexOf(Math.max(...votes));
}
