import type { Samples, Tree, TreeKind } from "../../src/tree/mod.ts";

/** Colour and material of a leaf. */
export interface Leaf {
  readonly color: number;
  readonly material: number;
}

type Point = readonly [x: number, y: number, z: number];

/** The axes of each type from the largest coordinate of its points to the smallest: x is 0, y is 1, z is 2. */
const ORDER_OF_TYPE = [[0, 2, 1], [0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1]] as const;

/**
 * The tree by its definition, a level at a time over maps of exact integers: slow, and nothing shared with the builders.
 * Node n of level l exists iff a leaf's key begins with n; its mean and mode are taken over all leaves below it.
 */
export function oracleTree(samples: Samples, depth: number, kind: TreeKind): Tree {
  return treeOfLeaves(oracleLeaves(samples, depth, kind), depth, kind);
}

/** What a tree decodes to, by key in no order: its voxels, or the tetrahedra that these overlap. */
export function oracleLeaves(samples: Samples, depth: number, kind: TreeKind): ReadonlyMap<number, Leaf> {
  const voxels = oracleVoxels(samples);
  return kind === "esvo" ? voxels : oracleTets(voxels, depth);
}

/** Every voxel by its Morton key: the mean and the mode of its visible samples. */
function oracleVoxels({ keys, colors, materials }: Samples): Map<number, Leaf> {
  const cells = new Map<number, Leaf[]>();
  keys.forEach((key, i) => {
    if (colors[i]! >>> 24 !== 0) push(cells, key, { color: colors[i]!, material: materials[i]! });
  });
  return merged(cells);
}

/** Every leaf tetrahedron by its key: the mean and the mode of the voxels whose inside meets its own. */
function oracleTets(voxels: ReadonlyMap<number, Leaf>, depth: number): Map<number, Leaf> {
  const tets = new Map<number, Leaf[]>();
  for (const [key, voxel] of voxels) {
    const place = cellOfKey(key, depth);
    const cube = place.map((c) => Math.floor(c / 2)) as unknown as Point;
    const octant = place.map((c) => c % 2);
    ORDER_OF_TYPE.forEach(([first, second, third], type) => {
      // The open box holds a point of that order iff its own corner is so ordered, equality allowed.
      const meets = octant[first]! >= octant[second]! && octant[second]! >= octant[third]!;
      if (meets) push(tets, tetKeyByGeometry(cube, type, depth), voxel);
    });
  }
  return merged(tets);
}

/**
 * The key of the tetrahedron `type` in `cube` (of side two voxels) of a region: the root around its middle, then level by
 * level the number of the child around it.
 */
export function tetKeyByGeometry(cube: Point, type: number, depth: number): number {
  const middle = middleOf(cube, type);
  // Coordinates count quarters of a leaf's cube, so that middles are whole numbers.
  let width = 4 * 2 ** (depth - 1);
  let parent = typeAround(middle, width);
  let key = parent;
  while (width > 4) {
    const octant = middle.map((c) => Math.floor(c % width / (width / 2))) as unknown as Point;
    width /= 2;
    const child = typeAround(middle, width);
    key = key * 8 + childrenOf(parent).indexOf([...octant, child].join());
    parent = child;
  }
  return key;
}

/** A tetrahedron's middle, in quarters of its cube's side. */
function middleOf(cube: Point, type: number): Point {
  const middle = cube.map((c) => 4 * c);
  ORDER_OF_TYPE[type]!.forEach((axis, i) => middle[axis]! += 3 - i);
  return middle as unknown as Point;
}

/** Type of the tetrahedron around a point, among the six of its cube of side `width`. */
function typeAround(point: Point, width: number): number {
  const inside = point.map((c) => c % width);
  return ORDER_OF_TYPE.findIndex(([a, b, c]) => inside[a]! > inside[b]! && inside[b]! > inside[c]!);
}

const children = new Map<number, readonly string[]>();

/** Octant and type, as text, of the eight half-size tetrahedra inside one of type `parent`: by octant, then by type. */
function childrenOf(parent: number): readonly string[] {
  const known = children.get(parent);
  if (known !== undefined) return known;
  const inside: string[] = [];
  for (let octant = 0; octant < 8; octant++) {
    const cube = [octant % 2, Math.floor(octant / 2) % 2, Math.floor(octant / 4)] as const;
    for (let type = 0; type < 6; type++) {
      if (typeAround(middleOf(cube, type), 8) === parent) inside.push([...cube, type].join());
    }
  }
  children.set(parent, inside);
  return inside;
}

/** Coordinates of a Morton key's cell, digit by digit. */
function cellOfKey(key: number, depth: number): Point {
  const place = [0, 0, 0];
  for (let level = 0; level < depth; level++) {
    const digit = Math.floor(key / 8 ** level) % 8;
    for (let axis = 0; axis < 3; axis++) place[axis]! += 2 ** level * (Math.floor(digit / 2 ** axis) % 2);
  }
  return place as unknown as Point;
}

function treeOfLeaves(leaves: ReadonlyMap<number, Leaf>, depth: number, kind: TreeKind): Tree {
  const tree = {
    counts: [] as number[],
    masks: [] as number[],
    colors: [] as number[],
    materials: [] as number[],
  };
  for (let level = 0; level <= depth; level++) {
    const width = 8 ** (depth - level);
    const nodes = new Map<number, Leaf[]>();
    const masks = new Map<number, number>();
    for (const [key, leaf] of leaves) {
      const node = Math.floor(key / width);
      push(nodes, node, leaf);
      const slot = Math.floor(key / (width / 8)) % 8;
      masks.set(node, (masks.get(node) ?? 0) | (1 << slot));
    }
    tree.counts.push(nodes.size);
    for (const node of [...nodes.keys()].sort((a, b) => a - b)) {
      if (level < depth) tree.masks.push(masks.get(node)!);
      tree.colors.push(meanOf(nodes.get(node)!));
      tree.materials.push(modeOf(nodes.get(node)!));
    }
  }
  return {
    kind,
    depth,
    counts: Uint32Array.from(tree.counts),
    masks: Uint8Array.from(tree.masks),
    colors: Uint32Array.from(tree.colors),
    materials: Uint8Array.from(tree.materials),
  };
}

function merged(groups: ReadonlyMap<number, readonly Leaf[]>): Map<number, Leaf> {
  const leaves = new Map<number, Leaf>();
  for (const [key, group] of groups) leaves.set(key, { color: meanOf(group), material: modeOf(group) });
  return leaves;
}

function push<K>(groups: Map<K, Leaf[]>, key: K, leaf: Leaf): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [leaf]);
  else group.push(leaf);
}

/** Per channel (sum + floor(count / 2)) without its remainder by count, then divided: whole numbers throughout. */
function meanOf(leaves: readonly Leaf[]): number {
  const count = leaves.length;
  let mean = 0;
  for (const unit of [1, 2 ** 8, 2 ** 16, 2 ** 24]) {
    let rounded = Math.floor(count / 2);
    for (const { color } of leaves) rounded += Math.floor(color / unit) % 256;
    mean += unit * ((rounded - rounded % count) / count);
  }
  return mean;
}

function modeOf(leaves: readonly Leaf[]): number {
  if (leaves.length === 1) return leaves[0]!.material;
  const votes = new Array<number>(256).fill(0);
  for (const { material } of leaves) votes[material]!++;
  return votes.indexOf(Math.max(...votes));
}
