import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  brickCut,
  brickLevelsOf,
  changedBricks,
  childKeys,
  decodeLevel,
  emptyTree,
  unionBricks,
} from "../../src/tree/mod.ts";
import { runs } from "../support/runs.ts";
import { regionVoxels } from "./region_versions.ts";
import { smallTree, type Voxel } from "../protocol/small_tree.ts";

const PAIR = regionVoxels();

Deno.test("changed bricks are exactly those in which a leaf came, went, or has another colour or material", () => {
  fc.assert(
    fc.property(PAIR, ({ kind, depth, before, after }) => {
      const expected = new Set<number>();
      const shift = 8 ** Math.min(3, depth);
      for (const [a, b] of [[before, after], [after, before]] as const) {
        const others = new Map(b.map(([key, ...rest]) => [key, rest.join()]));
        for (const [key, ...rest] of a) {
          if (others.get(key) !== rest.join()) expected.add(Math.floor(key / shift));
        }
      }
      const found = changedBricks(smallTree(depth, before, kind), smallTree(depth, after, kind));
      assertEquals([...found], [...expected].sort((a, b) => a - b));
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("a version compared with itself has no changed brick, with an empty one all of its bricks", () => {
  const tree = smallTree(4, [[0, 0xff000001, 0], [511, 0xff000001, 0], [4095, 0xff000001, 7]]);
  assertEquals([...changedBricks(tree, tree)], []);
  assertEquals([...changedBricks(tree, emptyTree("esvo", 4))], [0, 7]);
  assertEquals([...changedBricks(emptyTree("esvo", 4), tree)], [0, 7]);
});

Deno.test("a material alone makes a brick a changed one", () => {
  const before = smallTree(4, [[0, 0xff000001, 0], [600, 0xff000001, 0]]);
  assertEquals([...changedBricks(before, smallTree(4, [[0, 0xff000001, 0], [600, 0xff000001, 1]]))], [1]);
});

Deno.test("trees of two kinds or depths have no bricks in common", () => {
  assertThrows(
    () => changedBricks(emptyTree("esvo", 4), emptyTree("esvt", 4)),
    RangeError,
    "one kind and depth",
  );
  assertThrows(
    () => changedBricks(emptyTree("esvo", 4), emptyTree("esvo", 5)),
    RangeError,
    "one kind and depth",
  );
});

Deno.test("what changed over several versions is the union of their bricks, each once and ascending", () => {
  const lists = [[7, 300], [1, 7], [], [2 ** 31, 0]].map((list) => Uint32Array.from(list));
  assertEquals([...unionBricks(lists)], [0, 1, 7, 300, 2 ** 31]);
  assertEquals([...unionBricks([])], []);
});

Deno.test("bricks cut out of a tree hold exactly its leaves there, and those it lacks come out empty", () => {
  fc.assert(
    fc.property(PAIR, ({ kind, depth, before, after }) => {
      if (after.length === 0) return;
      const tree = smallTree(depth, after, kind);
      const bricks = changedBricks(smallTree(depth, before, kind), tree);
      const leaves = leavesOf(brickCut(tree, bricks), bricks);
      const shift = 8 ** brickLevelsOf(depth);
      const expected = after.filter(([key]) => bricks.includes(Math.floor(key / shift)));
      assertEquals(leaves, expected.sort((a, b) => a[0] - b[0]));
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("cutting refuses an empty tree, and bricks that do not ascend", () => {
  assertThrows(
    () => brickCut(emptyTree("esvo", 4), Uint32Array.of(0)),
    RangeError,
    "An empty tree has no bricks",
  );
  const tree = smallTree(4, [[0, 0xff000001, 0]]);
  for (const keys of [[1, 1], [2, 1]]) {
    assertThrows(() => brickCut(tree, Uint32Array.from(keys)), RangeError, "must ascend");
  }
});

Deno.test("a tree of depth 3 or less is one brick", () => {
  assertEquals([1, 2, 3, 4, 8].map(brickLevelsOf), [1, 2, 3, 3, 3]);
  const tree = smallTree(2, [[3, 0xff000001, 0], [63, 0xff000002, 0]]);
  assertEquals([...brickCut(tree, Uint32Array.of(0)).counts], [1, 2, 2]);
});

Deno.test("keys below nodes are refused if the masks are not theirs", () => {
  const parents = Uint32Array.of(1, 5);
  assertEquals([...childKeys(parents, Uint8Array.of(0b1000_0001, 0b10), 3)], [8, 15, 41]);
  assertEquals([...childKeys(parents, Uint8Array.of(0, 0b10), 1)], [41]);
  assertThrows(() => childKeys(parents, Uint8Array.of(1), 1), RangeError, "need as many masks");
  assertThrows(
    () => childKeys(parents, Uint8Array.of(1, 1), 3),
    RangeError,
    "name 2 children, 3 are counted",
  );
});

Deno.test("keys below nodes are those that the tree has at the next level", () => {
  fc.assert(
    fc.property(PAIR, ({ kind, depth, after }) => {
      if (after.length === 0) return;
      const tree = smallTree(depth, after, kind);
      let start = 0;
      for (let lod = depth; lod > 0; lod--) {
        const parents = decodeLevel(tree, lod).keys;
        const below = decodeLevel(tree, lod - 1).keys;
        const masks = tree.masks.subarray(start, start + parents.length);
        assertEquals(childKeys(parents, masks, below.length), below);
        start += parents.length;
      }
    }),
    { numRuns: runs(100) },
  );
});

function leavesOf(cut: ReturnType<typeof brickCut>, bricks: Uint32Array): Voxel[] {
  let keys = [...bricks];
  let at = 0;
  for (const count of cut.counts.subarray(1)) {
    keys = keys.flatMap((key) => {
      const mask = cut.masks[at++]!;
      return [0, 1, 2, 3, 4, 5, 6, 7].filter((slot) => (mask >> slot) & 1).map((slot) => key * 8 + slot);
    });
    assertEquals(keys.length, count);
  }
  assert(at === cut.masks.length && keys.length === cut.colors.length);
  return keys.map((key, i) => [key, cut.colors[i]!, cut.materials[i]!]);
}
