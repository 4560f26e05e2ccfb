import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BuildScratch } from "../../src/build/cpu/build_scratch.ts";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { decodeLevel, emptyTree, type Samples, type Tree, treeProblem } from "../../src/tree/mod.ts";
import { oracleTree } from "./tree_oracle.ts";
import { diagonalKey, paint, permute, sampleLists, toList, toSamples } from "./samples.ts";

const DEPTHS = [3, 4, 5, 6, 7, 8] as const;
/** One for all tests, as a Worker has one for all jobs: what a build leaves behind must not reach the next. */
const scratch = new BuildScratch();

function build(samples: Samples, depth: number): Tree {
  const tree = buildEsvo(samples, depth, scratch);
  assertEquals(treeProblem(tree), undefined);
  return tree;
}

function sortedByKey(samples: Samples): Samples {
  return toSamples(toList(samples).sort(([a], [b]) => a - b));
}

for (const depth of DEPTHS) {
  Deno.test(`At depth ${depth} every array of the tree equals the oracle's, repeated cells and all`, () => {
    fc.assert(fc.property(sampleLists(depth), (list) => {
      assertEquals(build(toSamples(list), depth), oracleTree(toSamples(list), depth, "esvo"));
    }));
  });

  Deno.test(`At depth ${depth} decoding gives back exactly the cells that were put in`, () => {
    fc.assert(fc.property(sampleLists(depth), (list) => {
      const unique = toSamples([...new Map(list.map((sample) => [sample[0], sample])).values()]);
      assertEquals(decodeLevel(build(unique, depth), 0), sortedByKey(unique));
    }));
  });

  Deno.test(`At depth ${depth} neither order nor repeating all samples changes a byte`, () => {
    fc.assert(
      fc.property(sampleLists(depth), fc.integer(), fc.integer({ min: 1, max: 3 }), (list, seed, times) => {
        const repeated = Array.from({ length: times }, () => list).flat();
        assertEquals(build(toSamples(permute(repeated, seed)), depth), build(toSamples(list), depth));
      }),
    );
  });

  Deno.test(`At depth ${depth} no voxels, one voxel, the corners and the diagonal equal the oracle's`, () => {
    assertEquals(build(paint([]), depth), emptyTree("esvo", depth));
    const last = 8 ** depth - 1;
    for (const key of [0, 1, last >> 1, last]) {
      assertEquals(build(paint([key]), depth), oracleTree(paint([key]), depth, "esvo"));
    }
    const corners = paint(Array.from({ length: 8 }, (_, slot) => slot * (last / 7)));
    assertEquals(build(corners, depth), oracleTree(corners, depth, "esvo"));
    const diagonal = paint(Array.from({ length: 2 ** depth }, (_, i) => diagonalKey(i, depth)));
    assertEquals(build(diagonal, depth), oracleTree(diagonal, depth, "esvo"));
  });
}

for (const depth of [3, 4, 5] as const) {
  Deno.test(`At depth ${depth} a full region equals the oracle's, in order and out of it`, () => {
    const full = paint(Array(8 ** depth).keys());
    const expected = oracleTree(full, depth, "esvo");
    assertEquals(build(full, depth), expected);
    assertEquals(build(toSamples(permute(toList(full), 7)), depth), expected);
  });
}

Deno.test("A full region of 64^3 decodes to all its voxels, in order and out of it", () => {
  const full = paint(Array(8 ** 6).keys());
  const tree = build(full, 6);
  assertEquals([...tree.counts], [1, 8, 64, 512, 4096, 32768, 262144]);
  assert(equalSamples(decodeLevel(tree, 0), full));
  const shuffled = build(toSamples(permute(toList(full), 11)), 6);
  assert(equalBytes(shuffled.masks, tree.masks) && equalBytes(shuffled.colors, tree.colors));
});

Deno.test("The sums of a full region of 256^3 of the brightest colour do not overflow", () => {
  const cells = 8 ** 8;
  const samples = {
    keys: new Uint32Array(cells).map((_, key) => key),
    colors: new Uint32Array(cells).fill(0xffffffff),
    materials: new Uint8Array(cells).fill(9, 0, cells / 2),
  };
  const tree = buildEsvo(samples, 8);
  assertEquals([...tree.counts], Array.from({ length: 9 }, (_, level) => 8 ** level));
  assertEquals(tree.colors.findIndex((color) => color !== 0xffffffff), -1);
  // Half the leaves are of material 9 and half of 0: the lower id wins.
  assertEquals(tree.materials[0], 0);
  assertEquals([...tree.materials.subarray(1, 9)], [9, 9, 9, 9, 0, 0, 0, 0]);
});

Deno.test("A colour further up is the mean of the leaves, not of means", () => {
  // One node of seven leaves of 0 and one of a single leaf of 80: 10 over leaves, 40 over nodes.
  const dark = Array.from({ length: 7 }, (_, key) => [key, 0xff000000, 0] as const);
  const tree = build(toSamples([...dark, [8, 0xff000050, 0]]), 3);
  assertEquals(tree.colors[0], 0xff00000a);
});

Deno.test("The colour of a cell is the mean of its samples, half up, and its material the commonest, the lowest of equals", () => {
  const tree = build(
    toSamples([[5, 0xff000001, 8], [5, 0xff000002, 3], [5, 0xfe0000ff, 8], [5, 0xff000000, 3]]),
    3,
  );
  const { colors, materials } = decodeLevel(tree, 0);
  // (1 + 2 + 255 + 0 + 2) / 4 = 65, (255 * 3 + 254 + 2) / 4 = 255.
  assertEquals([colors[0], materials[0]], [0xff000041, 3]);
});

Deno.test("A cell that repeats leaf by leaf counts once further up", () => {
  const tree = build(
    toSamples([[0, 0xff000000, 1], [0, 0xff000000, 1], [0, 0xff000000, 1], [1, 0xff000064, 0]]),
    3,
  );
  assertEquals([tree.colors[0], tree.materials[0]], [0xff000032, 0]);
});

Deno.test("A sample of alpha 0 is no voxel", () => {
  const seen = [[3, 0xff112233, 1], [100, 0x01445566, 2]] as const;
  const tree = build(toSamples([[3, 0x00ffffff, 9], ...seen, [101, 0, 2]]), 6);
  assertEquals(tree, build(toSamples(seen), 6));
  assertEquals(build(toSamples([[3, 0x00ffffff, 9]]), 6), emptyTree("esvo", 6));
});

Deno.test("A key outside the region is refused by place and value, and leaves nothing behind", () => {
  for (const list of [[1, 2, 512], [512, 2, 1]]) {
    const index = list.indexOf(512);
    assertThrows(() => build(paint(list), 3), RangeError, `key 512 of sample ${index} is not below 512`);
    assertEquals(build(paint([7, 6]), 3), oracleTree(paint([7, 6]), 3, "esvo"));
  }
  assertThrows(() => build(paint([0xffffffff, 0]), 8), RangeError, "key 4294967295 of sample 0");
});

Deno.test("Arrays of different lengths and depths out of range are refused", () => {
  const samples = paint([1, 2]);
  assertThrows(
    () => build({ ...samples, colors: samples.colors.slice(1) }, 3),
    RangeError,
    "2 keys, 1 colours",
  );
  assertThrows(() => build({ ...samples, materials: new Uint8Array(3) }, 3), RangeError, "3 materials");
  for (const depth of [0, 9, 1.5]) assertThrows(() => build(samples, depth), RangeError, "Tree depth");
});

Deno.test("A build leaves the bitmap clean for the next, one that is refused too", () => {
  const used = new BuildScratch();
  const isClean = () => used.bitmap.every((byte) => byte === 0) && used.touched.every((byte) => byte === 0);
  for (const depth of [8, 3, 6]) buildEsvo(paint([511, 64, 3, 3, 200]), depth, used);
  assert(used.bitmap.length > 0 && isClean());
  assertThrows(() => buildEsvo(paint([511, 64, 8 ** 6]), 6, used), RangeError);
  assert(isClean());
});

Deno.test("The samples themselves are not changed", () => {
  const samples = paint([9, 3, 3, 100]);
  const before = structuredClone(samples);
  build(samples, 6);
  assertEquals(samples, before);
});

function equalBytes(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function equalSamples(a: Samples, b: Samples): boolean {
  return equalBytes(a.keys, b.keys) && equalBytes(a.colors, b.colors) && equalBytes(a.materials, b.materials);
}
