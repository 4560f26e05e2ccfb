import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { addHash, emptyHash, emptyTree, hashSamples, levelHash } from "../../src/tree/mod.ts";
import { threeTetTree, twoVoxelTree } from "./trees.ts";

Deno.test("the hash of a level is that of its nodes, at every LOD and of both kinds", () => {
  for (const tree of [twoVoxelTree(), threeTetTree()]) {
    const end = tree.colors.length;
    const leaves = tree.counts[2]!;
    const keys = tree.kind === "esvo" ? [0o02, 0o75] : [0o01, 0o07, 0o50];
    const samples = {
      keys: Uint32Array.from(keys),
      colors: tree.colors.subarray(end - leaves),
      materials: tree.materials.subarray(end - leaves),
    };
    assertEquals(levelHash(tree, 0), hashSamples(samples));
    assertNotEquals(levelHash(tree, 0), levelHash(tree, 1));
    assertEquals(
      levelHash(tree, 2),
      hashSamples({
        keys: Uint32Array.of(0),
        colors: tree.colors.subarray(0, 1),
        materials: tree.materials.subarray(0, 1),
      }),
    );
  }
});

Deno.test("an empty tree hashes to 0 at every LOD, and a LOD that is none is refused", () => {
  for (let lod = 0; lod <= 4; lod++) assertEquals(levelHash(emptyTree("esvt", 4), lod), emptyHash());
  assertThrows(() => levelHash(twoVoxelTree(), 3), RangeError);
});

Deno.test("hashes add up lane by lane, past 2^32 and in any order", () => {
  const a = { lo: 0xffffffff, hi: 5 };
  const b = { lo: 2, hi: 0xfffffffe };
  const sum = emptyHash();
  addHash(sum, a);
  addHash(sum, b);
  assertEquals(sum, { lo: 1, hi: 3 });
  const other = emptyHash();
  addHash(other, b);
  addHash(other, a);
  assertEquals(other, sum);
});
