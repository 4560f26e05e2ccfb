import { popcountMasks } from "./popcount.ts";
import { MAX_TREE_DEPTH, mostChildren, type Tree, TREE_KINDS } from "./tree.ts";

/**
 * Checks that a tree of either kind is well formed: lengths, counts, masks without an empty one, popcounts that add up,
 * no seventh tetrahedron in a tetree's region, and no node of alpha 0. Linear in the nodes.
 *
 * @returns the first problem in words, or undefined if there is none
 */
export function treeProblem(tree: Tree): string | undefined {
  return shapeProblem(tree) ?? countsProblem(tree) ?? lengthsProblem(tree) ?? masksProblem(tree) ??
    colorsProblem(tree);
}

function shapeProblem({ kind, depth, counts }: Tree): string | undefined {
  if (!TREE_KINDS.includes(kind)) return `Kind must be ${TREE_KINDS.join(" or ")}, got ${kind}`;
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_TREE_DEPTH) {
    return `Depth must be a whole number from 1 to ${MAX_TREE_DEPTH}, got ${depth}`;
  }
  if (counts.length !== depth + 1) return `Depth ${depth} needs ${depth + 1} counts, got ${counts.length}`;
  return undefined;
}

function countsProblem({ kind, counts }: Tree): string | undefined {
  if (counts[0]! > 1) return `A tree has at most 1 root, got ${counts[0]}`;
  for (let level = 1; level < counts.length; level++) {
    const parents = counts[level - 1]!;
    const nodes = counts[level]!;
    if (nodes < parents || nodes > mostChildren(kind, level - 1) * parents) {
      return `Level ${level} has ${nodes} nodes, which ${parents} parents cannot have`;
    }
  }
  return undefined;
}

function lengthsProblem({ counts, masks, colors, materials }: Tree): string | undefined {
  let nodes = 0;
  for (const count of counts) nodes += count;
  const inner = nodes - counts[counts.length - 1]!;
  if (masks.length !== inner) return `${inner} inner nodes need as many masks, got ${masks.length}`;
  if (colors.length !== nodes) return `${nodes} nodes need as many colours, got ${colors.length}`;
  if (materials.length !== nodes) return `${nodes} nodes need as many materials, got ${materials.length}`;
  return undefined;
}

function masksProblem({ kind, counts, masks }: Tree): string | undefined {
  const empty = masks.indexOf(0);
  if (empty >= 0) return `Mask ${empty} has no child`;
  if (masks.length > 0 && masks[0]! >> mostChildren(kind, 0) !== 0) {
    return `Mask 0 is ${masks[0]}, but a region has the six tetrahedra of bits 0 to 5`;
  }
  let start = 0;
  for (let level = 0; level + 1 < counts.length; level++) {
    const end = start + counts[level]!;
    const children = popcountMasks(masks, start, end);
    if (children !== counts[level + 1]) {
      return `Masks of level ${level} have ${children} children, ${counts[level + 1]} are counted`;
    }
    start = end;
  }
  return undefined;
}

function colorsProblem({ colors }: Tree): string | undefined {
  for (let i = 0; i < colors.length; i++) {
    if (colors[i]! >>> 24 === 0) return `Node ${i} has alpha 0`;
  }
  return undefined;
}
