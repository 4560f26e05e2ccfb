import { assert, assertEquals, assertThrows } from "@std/assert";
import { bytesByCut, cutTree } from "../../src/cache/cut_tree.ts";
import { decodeLevel, emptyTree, treeBytes, treeProblem } from "../../src/tree/mod.ts";
import { region } from "./cached_regions.ts";

Deno.test("a tree cut by some levels has at LOD 0 what the whole one has there, and takes what was told", () => {
  for (const kind of ["esvo", "esvt"] as const) {
    const { tree } = region(3000, { kind });
    const bytes = bytesByCut(tree);
    assertEquals([bytes.length, bytes[0]], [7, treeBytes(tree)]);
    for (let levels = 0; levels <= tree.depth; levels++) {
      const cut = cutTree(tree, levels);
      assertEquals([cut.depth, treeBytes(cut)], [tree.depth - levels, bytes[levels]]);
      if (cut.depth > 0) assertEquals(treeProblem(cut), undefined);
      const [now, before] = [decodeLevel(cut, 0), decodeLevel(tree, levels)];
      assertEquals([now.keys, now.colors, now.materials], [before.keys, before.colors, before.materials]);
    }
  }
});

Deno.test("a cut tree keeps nothing of the whole one in memory", () => {
  const cut = cutTree(region(3000).tree, 2);
  for (const array of [cut.counts, cut.masks, cut.colors, cut.materials]) {
    assertEquals(array.buffer.byteLength, array.byteLength);
  }
});

Deno.test("a tree cannot be cut above its root", () => {
  const { tree } = region(30);
  for (const levels of [-1, 0.5, 7]) assertThrows(() => cutTree(tree, levels), RangeError, "from 0 to 6");
  assert(bytesByCut(emptyTree("esvo", 6)).every((bytes, i) => bytes === 4 * (7 - i)));
});
