import { CHILD_INDEX, OCTANT_OF_CHILD, PARENT_TYPE, TYPE_OF_CHILD } from "../../../../../src/tree/mod.ts";

/** Twin of `shaders/shared/tet.wgsl`, over the tables of the tree. */
export interface Tet {
  /** Morton code of the cube. */
  readonly cube: number;
  readonly tetType: number;
}

/** Key of the tetrahedron of this type in the cube with this Morton code of `levels` digits. */
export function tetKey(cube: number, tetType: number, levels: number): number {
  let key = 0;
  let ancestor = tetType;
  for (let level = 0; level < levels; level++) {
    const octant = (cube >>> (3 * level)) & 7;
    key |= CHILD_INDEX[8 * ancestor + octant]! << (3 * level);
    ancestor = PARENT_TYPE[6 * octant + ancestor]!;
  }
  return key | (ancestor << (3 * levels));
}

export function tetOfKey(key: number, levels: number): Tet {
  let tetType = key >>> (3 * levels);
  let cube = 0;
  for (let level = levels; level > 0; level--) {
    const child = 8 * tetType + ((key >>> (3 * (level - 1))) & 7);
    cube = (cube << 3) | OCTANT_OF_CHILD[child]!;
    tetType = TYPE_OF_CHILD[child]!;
  }
  return { cube, tetType };
}
