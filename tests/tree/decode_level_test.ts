import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { decodeLevel, emptyTree } from "../../src/tree/mod.ts";
import { threeTetTree, twoVoxelTree } from "./trees.ts";

Deno.test("Level of detail 0 gives the voxels back", () => {
  const { keys, colors, materials } = decodeLevel(twoVoxelTree(), 0);
  assertEquals([...keys], [0o02, 0o75]);
  assertEquals([...colors], [0xff0000ff, 0x80ff0000]);
  assertEquals([...materials], [3, 7]);
});

Deno.test("Each coarser level of detail gives the nodes one level up, down to the root", () => {
  const tree = twoVoxelTree();
  assertEquals([...decodeLevel(tree, 1).keys], [0, 7]);
  assertEquals([...decodeLevel(tree, 1).materials], [3, 7]);
  assertEquals([...decodeLevel(tree, 2).keys], [0]);
  assertEquals([...decodeLevel(tree, 2).colors], [0xc0800080]);
});

Deno.test("Decoding copies no attributes", () => {
  const tree = twoVoxelTree();
  assertStrictEquals(decodeLevel(tree, 0).colors.buffer, tree.colors.buffer);
});

Deno.test("An empty tree decodes to no nodes at any level of detail", () => {
  for (let lod = 0; lod <= 6; lod++) assertEquals(decodeLevel(emptyTree("esvo", 6), lod).keys.length, 0);
});

Deno.test("A level of detail that the tree lacks is refused", () => {
  for (const lod of [-1, 3, 0.5]) {
    assertThrows(
      () => decodeLevel(twoVoxelTree(), lod),
      RangeError,
      "Level of detail must be a whole number from 0 to 2",
    );
  }
});

Deno.test("A tetree gives its tetrahedra back, the roots present, and the region as a whole", () => {
  const tree = threeTetTree();
  assertEquals([...decodeLevel(tree, 0).keys], [0o01, 0o07, 0o50]);
  assertEquals([...decodeLevel(tree, 0).colors], [0xff0000ff, 0xffff0000, 0xff00ff00]);
  assertEquals([...decodeLevel(tree, 1).keys], [0, 5]);
  assertEquals([...decodeLevel(tree, 1).materials], [2, 7]);
  assertEquals([...decodeLevel(tree, 2).keys], [0]);
  assertEquals([...decodeLevel(tree, 2).colors], [0xff555555]);
});

Deno.test("A tetree with a seventh root is refused, an octree with eight children is not", () => {
  const masks = Uint8Array.of(0b0100_0001, 0b1000_0010, 0b0000_0001);
  assertThrows(() => decodeLevel({ ...threeTetTree(), masks }, 0), RangeError, "mask 65 names a tetrahedron");
  assertEquals([...decodeLevel({ ...threeTetTree(), masks, kind: "esvo" }, 0).keys], [0o01, 0o07, 0o60]);
});
