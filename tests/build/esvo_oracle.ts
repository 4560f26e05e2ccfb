import type { Samples, Tree } from "../../src/tree/mod.ts";

interface Leaf {
  readonly color: number;
  readonly material: number;
}

/**
 * The tree by its definition, a level at a time over maps of exact integers: slow, and nothing shared with the builder.
 * Node n of level l exists iff a leaf's key begins with n; its mean and mode are taken over all leaves below it.
 */
export function oracleTree({ keys, colors, materials }: Samples, depth: number): Tree {
  const cells = new Map<number, Leaf[]>();
  keys.forEach((key, i) => {
    if (colors[i]! >>> 24 !== 0) push(cells, key, { color: colors[i]!, material: materials[i]! });
  });
  const leaves = new Map<number, Leaf>();
  for (const [key, samples] of cells) leaves.set(key, { color: meanOf(samples), material: modeOf(samples) });

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
    kind: "esvo",
    depth,
    counts: Uint32Array.from(tree.counts),
    masks: Uint8Array.from(tree.masks),
    colors: Uint32Array.from(tree.colors),
    materials: Uint8Array.from(tree.materials),
  };
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
  const votes = new Array<number>(256).fill(0);
  for (const { material } of leaves) votes[material]!++;
  return votes.indexOf(Math.max(...votes));
}
