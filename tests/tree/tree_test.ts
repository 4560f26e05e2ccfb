import { assertEquals, assertThrows } from "@std/assert";
import { emptyTree, levelOffset, treeBytes, treeProblem } from "../../src/tree/mod.ts";
import { twoVoxelTree } from "./trees.ts";

Deno.test("An empty tree has a count of 0 at every level, no arrays, and no problem", () => {
  for (let depth = 1; depth <= 8; depth++) {
    const tree = emptyTree("esvo", depth);
    assertEquals([...tree.counts], new Array(depth + 1).fill(0));
    assertEquals(tree.masks.length + tree.colors.length + tree.materials.length, 0);
    assertEquals(treeProblem(tree), undefined);
  }
});

Deno.test("A depth that no tree can have is refused with the range", () => {
  for (const depth of [0, 9, 2.5, NaN]) {
    assertThrows(() => emptyTree("esvo", depth), RangeError, "Tree depth must be a whole number from 1 to 8");
  }
});

Deno.test("A level starts after all nodes of the levels above it", () => {
  const tree = twoVoxelTree();
  assertEquals([0, 1, 2].map((level) => levelOffset(tree, level)), [0, 1, 3]);
});

Deno.test("The bytes of a tree are those of its four arrays", () => {
  // 3 counts of 4 bytes, 3 masks, 5 colours of 4 bytes, 5 materials.
  assertEquals(treeBytes(twoVoxelTree()), 12 + 3 + 20 + 5);
});
