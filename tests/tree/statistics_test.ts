import { assertAlmostEquals, assertEquals } from "@std/assert";
import { emptyTree, type Tree, type TreeKind, treeStatistics } from "../../src/tree/mod.ts";
import { threeTetTree, twoVoxelTree } from "./trees.ts";

Deno.test("The numbers of an octree are those that one counts by hand", () => {
  assertEquals(treeStatistics(twoVoxelTree()), {
    kind: "esvo",
    depth: 2,
    nodes: [1, 2, 2],
    leaves: 2,
    innerNodes: 3,
    meanChildren: 4 / 3,
    bytes: 12 + 3 + 20 + 5,
    maskBitsPerLeaf: 12,
    filledShare: 2 / 64,
    materials: 2,
  });
});

Deno.test("A tetree's leaves are a sixth of a cube that is two voxels wide", () => {
  assertEquals(treeStatistics(threeTetTree()), {
    kind: "esvt",
    depth: 2,
    nodes: [1, 2, 3],
    leaves: 3,
    innerNodes: 3,
    meanChildren: 5 / 3,
    bytes: 12 + 3 + 24 + 6,
    maskBitsPerLeaf: 8,
    filledShare: 3 / 48,
    materials: 3,
  });
});

Deno.test("A full tree of either kind fills its region, and an empty one has zeros throughout", () => {
  for (const kind of ["esvo", "esvt"] as const) {
    for (const depth of [1, 2, 3]) {
      assertEquals(treeStatistics(fullTree(kind, depth)).filledShare, 1, `${kind} ${depth}`);
    }
    const { nodes, bytes: _, kind: __, depth: ___, ...numbers } = treeStatistics(emptyTree(kind, 3));
    assertEquals(nodes, [0, 0, 0, 0]);
    assertEquals(Object.values(numbers), [0, 0, 0, 0, 0, 0]);
  }
  assertAlmostEquals(treeStatistics(fullTree("esvt", 3)).meanChildren, (6 + 48 + 384) / 55);
});

Deno.test("Only materials of leaves are counted, each once", () => {
  const tree = twoVoxelTree();
  assertEquals(treeStatistics({ ...tree, materials: Uint8Array.of(1, 2, 3, 9, 9) }).materials, 1);
});

function fullTree(kind: TreeKind, depth: number): Tree {
  const first = kind === "esvo" ? 8 : 6;
  const counts = Uint32Array.from(
    { length: depth + 1 },
    (_, level) => level === 0 ? 1 : first * 8 ** (level - 1),
  );
  const nodes = counts.reduce((sum, count) => sum + count, 0);
  return {
    kind,
    depth,
    counts,
    masks: new Uint8Array(nodes - counts[depth]!).fill(255).fill(2 ** first - 1, 0, 1),
    colors: new Uint32Array(nodes).fill(0xffffffff),
    materials: new Uint8Array(nodes),
  };
}
