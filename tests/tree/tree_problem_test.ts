import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type Tree, type TreeKind, treeProblem } from "../../src/tree/mod.ts";
import { threeTetTree, twoVoxelTree } from "./trees.ts";

const CORRUPTIONS: readonly { what: string; change: (tree: Tree) => Partial<Tree>; says: string }[] = [
  {
    what: "of another kind",
    change: () => ({ kind: "dag" as TreeKind }),
    says: "Kind must be esvo or esvt, got dag",
  },
  { what: "of depth 0", change: () => ({ depth: 0 }), says: "Depth must be" },
  { what: "of depth 9", change: () => ({ depth: 9 }), says: "Depth must be" },
  {
    what: "without a count a level",
    change: () => ({ counts: Uint32Array.of(1, 2) }),
    says: "needs 3 counts, got 2",
  },
  { what: "with two roots", change: () => ({ counts: Uint32Array.of(2, 2, 2) }), says: "at most 1 root" },
  {
    what: "with fewer nodes than parents",
    change: () => ({ counts: Uint32Array.of(1, 2, 1) }),
    says: "Level 2 has 1 nodes, which 2 parents cannot have",
  },
  {
    what: "with more than eight children a node",
    change: () => ({ counts: Uint32Array.of(1, 9, 9) }),
    says: "Level 1 has 9 nodes",
  },
  {
    what: "with nodes below an empty root",
    change: () => ({ counts: Uint32Array.of(0, 2, 2) }),
    says: "Level 1 has 2 nodes",
  },
  {
    what: "with a mask too few",
    change: (t) => ({ masks: t.masks.slice(1) }),
    says: "need as many masks, got 2",
  },
  {
    what: "with a mask too many",
    change: () => ({ masks: new Uint8Array(4) }),
    says: "need as many masks, got 4",
  },
  { what: "with a colour too few", change: (t) => ({ colors: t.colors.slice(1) }), says: "colours, got 4" },
  {
    what: "with a material too few",
    change: (t) => ({ materials: t.materials.slice(1) }),
    says: "materials, got 4",
  },
  {
    what: "with an empty mask",
    change: () => ({ masks: Uint8Array.of(0b1000_0001, 0b0000_0110, 0) }),
    says: "Mask 2 has no child",
  },
  {
    what: "with a child more than counted",
    change: () => ({ masks: Uint8Array.of(0b1000_0001, 0b0000_0101, 0b0010_0000) }),
    says: "Masks of level 1 have 3 children, 2 are counted",
  },
  {
    what: "with a node of alpha 0",
    change: (t) => ({ colors: t.colors.with(4, 0x00ff00ff) }),
    says: "Node 4 has alpha 0",
  },
];

Deno.test("A well formed tree of either kind has no problem", () => {
  assertEquals(treeProblem(twoVoxelTree()), undefined);
  assertEquals(treeProblem(threeTetTree()), undefined);
});

for (const { what, change, says } of CORRUPTIONS) {
  Deno.test(`A tree ${what} is found out`, () => {
    const tree = twoVoxelTree();
    assertStringIncludes(treeProblem({ ...tree, ...change(tree) }) ?? "no problem", says);
  });
}

Deno.test("A tetree's region with a child that is none of the six is found out", () => {
  const tree = threeTetTree();
  for (const bit of [6, 7]) {
    const masks = tree.masks.with(0, 1 | (1 << bit));
    assertStringIncludes(treeProblem({ ...tree, masks }) ?? "no problem", "six tetrahedra of bits 0 to 5");
    assertEquals(treeProblem({ ...tree, masks, kind: "esvo" }), undefined);
  }
  const counts = Uint32Array.of(1, 7, 7);
  const found = treeProblem({ ...tree, counts }) ?? "no problem";
  assertStringIncludes(found, "Level 1 has 7 nodes, which 1 parents cannot have");
});

Deno.test("Any one flipped bit in the masks or the counts is found out", () => {
  const trees = fc.constantFrom(twoVoxelTree(), threeTetTree());
  fc.assert(fc.property(trees, fc.nat(2), fc.nat(7), fc.nat(31), (tree, index, maskBit, countBit) => {
    const masks = tree.masks.with(index, tree.masks[index]! ^ (1 << maskBit));
    assert(treeProblem({ ...tree, masks }) !== undefined, "mask");
    const counts = tree.counts.with(index, tree.counts[index]! ^ (1 << countBit));
    assert(treeProblem({ ...tree, counts }) !== undefined, "count");
  }));
});
