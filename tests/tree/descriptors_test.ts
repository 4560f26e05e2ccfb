import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeLevel,
  emptyTree,
  exportDescriptors,
  importDescriptors,
  type Tree,
  type TreeKind,
} from "../../src/tree/mod.ts";
import { cutIntoRegions, treeModelVoxels } from "../build/model_regions.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { runs } from "../support/runs.ts";
import { keyTree, sheetVoxels, tetsOfVoxels } from "./key_tree.ts";
import { threeTetTree, twoVoxelTree } from "./trees.ts";

const FAR = 1 << 16;
/** Levels of nodes; record 1 reaches its child through the far record 3, and records lie in the order of a walk. */
const AS_DRAWN = Uint32Array.from([
  ...[(1 << 17) | 0x8181, 0],
  ...[(2 << 17) | FAR | 0x0202, 0],
  ...[(2 << 17) | 0x3030, 0],
  ...[5, 0],
  ...[0x0100, 0],
  ...[0x8000, 0],
  ...[0x1000, 0],
]);

const trees: fc.Arbitrary<Tree> = fc.tuple(fc.constantFrom("esvo", "esvt"), fc.integer({ min: 1, max: 8 }))
  .chain(([kind, depth]) => {
    const places = kind === "esvo" ? 8 ** depth : 6 * 8 ** (depth - 1);
    const keys = fc.uniqueArray(fc.nat(places - 1), { minLength: 1, maxLength: 80, size: "max" });
    return keys.map((list) => keyTree(kind as TreeKind, depth, list));
  });

Deno.test("Descriptors of a tree that was laid out by hand have the bits of the published format", () => {
  const tree = keyTree("esvo", 3, [0o014, 0o740, 0o757]);
  assertEquals([...exportDescriptors(tree)], [
    ...[(1 << 17) | 0x8181, 0],
    ...[(2 << 17) | 0x0202, 0],
    ...[(2 << 17) | 0x3030, 0],
    ...[0x1000, 0],
    ...[0x0100, 0],
    ...[0x8000, 0],
  ]);
  assertEquals([...exportDescriptors(tree, 2)], [0x8100, 0]);
  assertEquals([...exportDescriptors(twoVoxelTree())], [(1 << 17) | 0x8181, 0, 0x0400, 0, 0x2000, 0]);
});

Deno.test("A tetree's first record is its region's, with the roots that are there", () => {
  assertEquals([...exportDescriptors(threeTetTree())], [(1 << 17) | 0x2121, 0, 0x8200, 0, 0x0100, 0]);
  assertEquals([...exportDescriptors(threeTetTree(), 1)], [0x2100, 0]);
});

Deno.test("An array as the paper draws it, out of order and with a far pointer, is read", () => {
  const { depth, counts, masks } = importDescriptors(AS_DRAWN, "esvo");
  assertEquals([depth, [...counts]], [3, [1, 2, 3, 3]]);
  assertEquals([...masks], [0x81, 0x02, 0x30, 0x10, 0x01, 0x80]);
});

Deno.test("A far pointer may lead back, unused records are passed over, and so are contours", () => {
  const words = Uint32Array.from([
    ...[(3 << 17) | FAR | 0x0101, 0x12345607],
    ...[0xffffffff, 0xffffffff],
    ...[0x8000, 0x01020304],
    ...[4, 0],
    ...[(1 << 17) | FAR | 0x0202, 0],
    ...[-2, 0],
  ]);
  assertEquals([...importDescriptors(words, "esvo").masks], [0x01, 0x02, 0x80]);
});

Deno.test("Any tree of either kind comes back from its descriptors at every level of detail", () => {
  fc.assert(
    fc.property(trees, (tree) => {
      for (let lod = 0; lod <= tree.depth; lod++) assertComesBack(tree, lod);
    }),
    { numRuns: runs(150) },
  );
});

Deno.test("A walk down the pointers of any tree meets its leaves in the order of their keys", () => {
  fc.assert(
    fc.property(trees, (tree) => {
      assertEquals(walk(exportDescriptors(tree)), [...decodeLevel(tree, 0).keys]);
    }),
    { numRuns: runs(150) },
  );
});

Deno.test("A tree without inner nodes has no descriptors, and none are a tree without nodes", () => {
  for (const kind of ["esvo", "esvt"] as const) {
    assertEquals(exportDescriptors(emptyTree(kind, 4)).length, 0);
    const { depth, counts, masks } = importDescriptors(new Uint32Array(0), kind);
    assertEquals([depth, [...counts], masks.length], [0, [0], 0]);
  }
  assertEquals(exportDescriptors(threeTetTree(), 2).length, 0);
});

for (const kind of ["esvo", "esvt"] as const) {
  Deno.test(`Levels of more than 32,767 nodes get far pointers and come back (${kind})`, () => {
    const sheet = sheetVoxels(8, 4);
    const tree = keyTree(kind, 8, kind === "esvo" ? sheet : tetsOfVoxels(sheet, 8));
    assert(tree.counts[7]! > 32_767);
    const words = exportDescriptors(tree);
    const far = words.length / 2 - tree.masks.length;
    assert(far > 1000, `${far} far records`);
    assertEquals(countFar(words), far);
    assertComesBack(tree, 0);
    assert(sameNumbers(Uint32Array.from(walk(words)), decodeLevel(tree, 0).keys));
  });
}

Deno.test("A pointer is near as long as it can be: 32,767 records, then far", () => {
  // Chains side by side: every node of a level has the same distance to its only child, the number of chains.
  for (const chains of [32_767, 32_768]) {
    const tree = keyTree("esvo", 7, Array.from({ length: chains }, (_, i) => i * 64));
    assertEquals(tree.counts[5], chains);
    const words = exportDescriptors(tree);
    const far = words.length / 2 - tree.masks.length;
    // One chain more makes all of them far, and that some of the level above.
    assert(chains === 32_767 ? far === 0 : far > 32_768, `${far} far records for ${chains} chains`);
    assertComesBack(tree, 0);
  }
});

testWith(modelNeeds, "Regions of a real model come back, of both kinds and with far pointers", async () => {
  const voxels = await treeModelVoxels();
  let far = 0;
  for (const [depth, most] of [[8, 1], [6, 12], [4, 40]] as const) {
    for (const { keys } of cutIntoRegions(voxels, depth).slice(0, most)) {
      for (const kind of ["esvo", "esvt"] as const) {
        const tree = keyTree(kind, depth, kind === "esvo" ? keys : tetsOfVoxels(keys, depth));
        for (const lod of [0, 1, depth]) assertComesBack(tree, lod);
        far += countFar(exportDescriptors(tree));
      }
    }
  }
  assert(far > 1000, `${far} far pointers`);
});

Deno.test("A level of detail that the tree lacks is refused", () => {
  for (const lod of [-1, 3, 0.5]) {
    assertThrows(() => exportDescriptors(twoVoxelTree(), lod), RangeError, `from 0 to 2, got ${lod}`);
  }
});

const REFUSED: readonly [what: string, words: readonly number[], says: string, kind?: TreeKind][] = [
  ["half a record", [0x0100], "1 words are no whole number of records"],
  ["a root without children", [0, 0], "descriptor 0: it has no child"],
  ["a pointer to itself", [0x0101, 0], "descriptor 0: it points to record 0, which is in use"],
  ["a pointer beyond the end", [(1 << 17) | 0x0101, 0], "descriptor 0: it points to record 1, there are 1"],
  [
    "a last sibling beyond the end",
    [(1 << 17) | 0x0303, 0, 0x0100, 0],
    "descriptor 0: it points to record 2, there are 2",
  ],
  [
    "a far record beyond the end",
    [(0x7fff << 17) | FAR | 0x0101, 0],
    "descriptor 0: it points to record 32767, there are 1",
  ],
  [
    "a far distance beyond the end",
    [(1 << 17) | FAR | 0x0101, 0, 0x7fffffff, 0],
    "it points to record 2147483647, there are 2",
  ],
  [
    "a far distance before the start",
    [(1 << 17) | FAR | 0x0101, 0, -0x80000000, 0],
    "it points to record -2147483648, there are 2",
  ],
  [
    "a far record as a node",
    [(1 << 17) | FAR | 0x0101, 0, 1, 0],
    "descriptor 0: it points to record 1, which is in use",
  ],
  [
    "children that two nodes share",
    [(1 << 17) | 0x0303, 0, (2 << 17) | 0x0101, 0, (1 << 17) | 0x0101, 0, 0x0100, 0],
    "descriptor 2: it points to record 3, which is in use",
  ],
  [
    "a cycle over two nodes",
    [(1 << 17) | 0x0101, 0, (1 << 17) | FAR | 0x0101, 0, -1, 0],
    "descriptor 1: it points to record 0, which is in use",
  ],
  [
    "records of children that are not there",
    [0x0102, 0],
    "mask 2 of children with records has some that mask 1",
  ],
  [
    "leaves beside nodes",
    [(1 << 17) | 0x0301, 0, 0x0100, 0],
    "descriptor 0: not all leaves would lie at one",
  ],
  [
    "leaves at two levels",
    [(1 << 17) | 0x0303, 0, 0x0100, 0, (1 << 17) | 0x0101, 0, 0x0100, 0],
    "descriptor 2: not all leaves would lie at one",
  ],
  [
    "more children than records",
    [(1 << 17) | 0xffff, 0, 0x0100, 0],
    "descriptor 0: its level has 8 children, the array only 2 records",
  ],
  ["a seventh tetrahedron", [0x4100, 0], "descriptor 0: child mask 65 names a child above 5", "esvt"],
  [
    "nine levels of nodes",
    Array.from({ length: 9 }, (_, i) => [i === 8 ? 0x0100 : (1 << 17) | 0x0101, 0]).flat(),
    "descriptor 8: it lies below 8 levels of nodes",
  ],
];

for (const [what, words, says, kind = "esvo"] of REFUSED) {
  Deno.test(`An array of descriptors with ${what} is refused`, () => {
    assertThrows(() => importDescriptors(Uint32Array.from(words), kind), RangeError, says);
  });
}

Deno.test("An array is refused for more levels or records than the reader asked for", () => {
  const words = exportDescriptors(keyTree("esvo", 3, [0]));
  assertEquals(importDescriptors(words, "esvo", 3).depth, 3);
  assertThrows(() => importDescriptors(words, "esvo", 2), RangeError, "descriptor 2: it lies below 2 levels");
  const most = 2 * (1 + 8);
  const many = new Uint32Array(2 * most + 2).fill(0x0100, 0, 1);
  assertEquals(importDescriptors(many.subarray(2).fill(0x0100, 0, 1), "esvo", 2).depth, 1);
  assertThrows(
    () => importDescriptors(many, "esvo", 2),
    RangeError,
    "19 records, a tree of depth 2 has at most 18",
  );
  for (const depth of [0, 9, 1.5]) {
    assertThrows(() => importDescriptors(words, "esvo", depth), RangeError, `from 1 to 8, got ${depth}`);
  }
});

Deno.test("Damaged descriptors are refused in words, or are another tree whose walk they are", () => {
  const damaged = fc.tuple(
    trees,
    fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(31).map((bit) => [bit]), fc.integer())), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.option(fc.nat(40)),
  );
  let read = 0;
  let refused = 0;
  fc.assert(
    fc.property(damaged, ([tree, changes, cut]) => {
      const whole = exportDescriptors(tree);
      const words = whole.slice(0, cut === null ? whole.length : Math.min(cut, whole.length));
      for (const [at, change] of changes) {
        if (words.length === 0) break;
        const index = at % words.length;
        words[index] = typeof change === "number" ? change : words[index]! ^ (1 << change[0]!);
      }
      try {
        const shape = importDescriptors(words, tree.kind);
        assertEquals(shape.counts[shape.depth], words.length === 0 ? 0 : walk(words).length);
        assert(shape.masks.length <= words.length / 2);
        read++;
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("Cannot read descriptor"), `${error}`);
        refused++;
      }
    }),
    { numRuns: runs(3000) },
  );
  assert(read > 100 && refused > 100, `${read} read, ${refused} refused`);
});

Deno.test("Any words at all are refused in words or read", () => {
  fc.assert(
    fc.property(fc.uint32Array({ maxLength: 60 }), fc.constantFrom("esvo", "esvt"), (words, kind) => {
      try {
        importDescriptors(words, kind as TreeKind);
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("Cannot read descriptor"), `${error}`);
      }
    }),
    { numRuns: runs(1000) },
  );
});

function assertComesBack(tree: Tree, lod: number): void {
  const { depth, counts, masks } = importDescriptors(exportDescriptors(tree, lod), tree.kind);
  const cut = tree.depth - lod;
  assertEquals(depth, cut);
  if (cut === 0) return;
  assert(sameNumbers(counts, tree.counts.subarray(0, cut + 1)), `counts of ${tree.kind} at ${lod}`);
  const inner = counts.reduce((sum, count) => sum + count, 0) - counts[cut]!;
  assert(sameNumbers(masks, tree.masks.subarray(0, inner)), `masks of ${tree.kind} at ${lod}`);
}

/** Keys of the leaves, by following pointers one node after another, as a ray would. */
function walk(words: Uint32Array): number[] {
  const keys: number[] = [];
  const visit = (record: number, key: number): void => {
    const word = words[2 * record]!;
    const pointer = word >>> 17;
    const first = record + ((word & FAR) === 0 ? pointer : words[2 * (record + pointer)]! | 0);
    let sibling = 0;
    for (let slot = 0; slot < 8; slot++) {
      if (((word >> 8 >> slot) & 1) === 0) continue;
      if (((word >> slot) & 1) === 0) keys.push(key * 8 + slot);
      else visit(first + sibling++, key * 8 + slot);
    }
  };
  visit(0, 0);
  return keys;
}

/** Nodes whose pointer is a far one, counted on a walk over everything that is reached. */
function countFar(words: Uint32Array): number {
  let far = 0;
  const open = words.length === 0 ? [] : [0];
  for (let record = open.pop(); record !== undefined; record = open.pop()) {
    const word = words[2 * record]!;
    const isFar = (word & FAR) !== 0;
    if (isFar) far++;
    const first = record + (isFar ? words[2 * (record + (word >>> 17))]! | 0 : word >>> 17);
    const children = [...(word & 255).toString(2)].filter((digit) => digit === "1").length;
    for (let child = first; child < first + children; child++) open.push(child);
  }
  return far;
}

function sameNumbers(one: Uint32Array | Uint8Array, other: Uint32Array | Uint8Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}
