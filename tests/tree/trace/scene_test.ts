import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeMorton } from "../../../src/space/mod.ts";
import {
  createScene,
  emptyTree,
  packTree,
  REGION_FIELD,
  REGION_WORDS,
  TREE_KINDS,
} from "../../../src/tree/mod.ts";
import type { Scene, Tree } from "../../../src/tree/mod.ts";
import { runs } from "../../support/runs.ts";
import { keyTree } from "../key_tree.ts";
import { threeTetTree, twoVoxelTree } from "../trees.ts";

/** Keys of the nodes at a level, found by following the words from the root. */
function keysByWords(words: Uint32Array, root: number, depth: number): number[] {
  let nodes = [{ key: 0, at: root }];
  for (let level = 0; level < depth; level++) {
    nodes = nodes.flatMap(({ key, at }) => {
      const slots = [0, 1, 2, 3, 4, 5, 6, 7].filter((slot) => (words[at]! >> slot) & 1);
      return slots.map((slot, i) => ({ key: 8 * key + slot, at: (words[at]! >>> 8) + i }));
    });
  }
  // What the words of the last level point to is numbered from 0, in the order of keys.
  if (depth > 0) assertEquals(nodes.map(({ at }) => at), nodes.map((_, i) => i));
  return nodes.map(({ key }) => key);
}

Deno.test("A packed tree has a word an inner node, and shares the tree's colours", () => {
  const tree = twoVoxelTree();
  const packed = packTree(tree);
  assertEquals([...packed.words], [0b1000_0001 | (1 << 8), 0b0000_0100, 0b0010_0000 | (1 << 8)]);
  assertEquals([packed.kind, packed.depth], ["esvo", 2]);
  assertEquals(
    [packed.colors, packed.materials].map((plane, i) => plane === [tree.colors, tree.materials][i]),
    [
      true,
      true,
    ],
  );
  assertEquals([...packTree(threeTetTree()).words], [
    0b10_0001 | (1 << 8),
    0b1000_0010,
    0b0000_0001 | (2 << 8),
  ]);
  assertEquals(packTree(emptyTree("esvo", 5)).words.length, 0);
  const cell = packTree(keyTree("esvt", 0, [0]));
  assertEquals([cell.depth, cell.words.length, cell.colors.length], [0, 0, 1]);
});

Deno.test("The words of a packed tree lead to its leaves, in their order", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TREE_KINDS),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
      (kind, depth, seeds) => {
        const most = kind === "esvt" ? 6 * 8 ** (depth - 1) : 8 ** depth;
        const keys = [...new Set(seeds.map((seed) => seed % most))].sort((a, b) => a - b);
        assertEquals(keysByWords(packTree(keyTree(kind, depth, keys)).words, 0, depth), keys);
      },
    ),
    { numRuns: runs(100) },
  );
});

/** Morton codes that the octree over the regions leads to, as many as there are records. */
function mortonsByWords({ top, level }: Scene): number[] {
  assertEquals(top[0], level);
  return level === 0 ? Array(top[1]).fill(0) : keysByWords(top, 2, level);
}

Deno.test("The octree over the regions leads to their records, whatever order they are given in", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7 }),
      fc.array(fc.record({ place: fc.nat(), depth: fc.integer({ min: 0, max: 3 }), isEmpty: fc.boolean() }), {
        maxLength: 40,
      }),
      (level, seeds) => {
        const trees = new Map<number, Tree>();
        for (const { place, depth, isEmpty } of seeds) {
          const keys = [place % 8 ** depth, (place >> 3) % 8 ** depth];
          const tree = isEmpty ? emptyTree("esvo", depth + 1) : keyTree("esvo", depth, keys);
          trees.set(place % 8 ** level, tree);
        }
        const scene = createScene(
          "esvo",
          level,
          Array.from(trees, ([morton, tree]) => ({ morton, tree: packTree(tree) })),
        );
        const held = [...trees].filter(([, tree]) => tree.colors.length > 0).sort(([a], [b]) => a - b);
        assertEquals(mortonsByWords(scene), held.map(([morton]) => morton));
        assertEquals([...scene.mortons], held.map(([morton]) => morton));
        assertEquals(scene.top[1], held.length);
        held.forEach(([, tree], i) => {
          const record = scene.regions.subarray(i * REGION_WORDS, (i + 1) * REGION_WORDS);
          const [nodes, colors] = [record[REGION_FIELD.nodes]!, record[REGION_FIELD.colors]!];
          assertEquals([record[REGION_FIELD.leaves], record[REGION_FIELD.depth]], [
            tree.masks.length,
            tree.depth,
          ]);
          assertEquals(scene.nodes.slice(nodes, nodes + tree.masks.length), packTree(tree).words);
          assertEquals(scene.colors.slice(colors, colors + tree.colors.length), tree.colors);
          assertEquals(scene.materials.slice(colors, colors + tree.colors.length), tree.materials);
        });
        const nodes = held.reduce((sum, [, tree]) => sum + tree.masks.length, 0);
        const colors = held.reduce((sum, [, tree]) => sum + tree.colors.length, 0);
        assertEquals([scene.nodes.length, scene.colors.length], [nodes, colors]);
        assertEquals(scene.materials.length, 4 * Math.ceil(colors / 4));
      },
    ),
    { numRuns: runs(100) },
  );
});

Deno.test("All regions of a level have their record under their number", () => {
  const tree = packTree(keyTree("esvo", 0, [0]));
  const scene = createScene("esvo", 3, Array.from({ length: 512 }, (_, i) => ({ morton: 511 - i, tree })));
  assertEquals(mortonsByWords(scene), Array.from({ length: 512 }, (_, i) => i));
  assertEquals(scene.top.length, 2 + 1 + 8 + 64);
  assertEquals([...createScene("esvo", 3, []).top], [3, 0, 0], "a root without children");
  assertEquals([...createScene("esvo", 0, []).top], [0, 0]);
});

Deno.test("A scene refuses what does not fit in it", () => {
  const tree = packTree(keyTree("esvo", 1, [3]));
  const message = (level: number, ...regions: { morton: number; tree: typeof tree }[]) =>
    assertThrows(() => createScene("esvo", level, regions), RangeError).message;
  assertEquals(message(8), "Level of regions must be a whole number from 0 to 7, got 8");
  assertEquals(message(1.5), "Level of regions must be a whole number from 0 to 7, got 1.5");
  assertEquals(message(1, { morton: 8, tree }), "Region 8 lies outside of a world of 2 regions an axis");
  assertEquals(message(1, { morton: -1, tree }), "Region -1 lies outside of a world of 2 regions an axis");
  assertEquals(
    message(2, { morton: 5, tree }, { morton: 6, tree }, { morton: 5, tree }),
    "Region 5 is given twice",
  );
  const tets = packTree(keyTree("esvt", 1, [3]));
  assertEquals(message(2, { morton: 5, tree: tets }), "Region 5 is an esvt in a scene of esvo");
  const deep = { ...tree, depth: 14 };
  assertEquals(message(7, { morton: 5, tree: deep }), "Region 5 is 14 levels deep, 13 fit below level 7");
  assertEquals(createScene("esvo", 6, [{ morton: encodeMorton(1, 2, 3), tree: deep }]).regions[3], 14);
});
