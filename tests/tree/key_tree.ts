import { encodeMorton, mortonX, mortonY, mortonZ } from "../../src/space/mod.ts";
import { type Samples, tetKey, type Tree, type TreeKind, TYPES_OF_OCTANTS } from "../../src/tree/mod.ts";

/** The tree of a set of leaf keys, by the definition: a node exists iff a key below it does. Colours tell keys apart. */
export function keyTree(kind: TreeKind, depth: number, keys: Iterable<number>): Tree {
  const counts: number[] = [];
  const masks: number[][] = [];
  const nodes: number[][] = [];
  let level = Uint32Array.from(new Set(keys)).sort();
  for (let above = depth; above >= 0; above--) {
    counts.unshift(level.length);
    nodes.unshift([...level]);
    const parents: number[] = [];
    const parentMasks: number[] = [];
    for (const key of level) {
      if (parents.at(-1) !== key >>> 3) {
        parents.push(key >>> 3);
        parentMasks.push(0);
      }
      parentMasks[parentMasks.length - 1]! |= 1 << (key & 7);
    }
    if (above > 0) masks.unshift(parentMasks);
    level = Uint32Array.from(parents);
  }
  const flat = nodes.flat();
  return {
    kind,
    depth,
    counts: Uint32Array.from(counts),
    masks: Uint8Array.from(masks.flat()),
    colors: Uint32Array.from(flat, (key, i) => (Math.imul(key + 1, 0x9e3779b1) ^ i | 0xff000000) >>> 0),
    materials: Uint8Array.from(flat, (key) => key % 5),
  };
}

/** Keys of the leaves of a tetree that the voxels of a region occupy. */
export function tetsOfVoxels(voxels: Samples["keys"], depth: number): Set<number> {
  const keys = new Set<number>();
  for (const voxel of voxels) {
    const cube = voxel >>> 3;
    const types = TYPES_OF_OCTANTS[1 << (voxel & 7)]!;
    for (let type = 0; type < 6; type++) {
      if ((types >> type) & 1) keys.add(tetKey(type, mortonX(cube), mortonY(cube), mortonZ(cube), depth - 1));
    }
  }
  return keys;
}

/** The voxels of thin, wavy sheets through a region, one above the other: one of each in a column. */
export function sheetVoxels(depth: number, sheets: number): Uint32Array {
  const edge = 2 ** depth;
  return Uint32Array.from({ length: sheets * edge * edge }, (_, i) => {
    const [x, z, sheet] = [i % edge, (i >> depth) % edge, i >> (2 * depth)];
    return encodeMorton(x, (((x * 5 + z * 3) >> 3) + sheet * Math.floor(edge / sheets)) % edge, z);
  });
}
