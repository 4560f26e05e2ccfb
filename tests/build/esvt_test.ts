import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BuildScratch } from "../../src/build/cpu/build_scratch.ts";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { decodeLevel, emptyTree, type Samples, type Tree, treeProblem } from "../../src/tree/mod.ts";
import { diagonalKey, paint, permute, sampleLists, toList, toSamples } from "./samples.ts";
import { oracleLeaves, oracleTree } from "./tree_oracle.ts";

const DEPTHS = [3, 4, 5, 6, 7, 8] as const;
/** One for all tests, as a Worker has one for all jobs: what a build leaves behind must not reach the next. */
const scratch = new BuildScratch();

function build(samples: Samples, depth: number): Tree {
  const tree = buildEsvt(samples, depth, scratch);
  assertEquals(treeProblem(tree), undefined);
  return tree;
}

/** The leaves of a cube of side two, by type, from a tree of depth 1. */
function tetsOf(list: readonly (readonly [octant: number, color: number, material: number])[]): Samples {
  return decodeLevel(build(toSamples(list), 1), 0);
}

for (const depth of DEPTHS) {
  Deno.test(`At depth ${depth} every array of a tetree equals the oracle's, repeated voxels and all`, () => {
    fc.assert(fc.property(sampleLists(depth), (list) => {
      assertEquals(build(toSamples(list), depth), oracleTree(toSamples(list), depth, "esvt"));
    }));
  });

  Deno.test(`At depth ${depth} a tetree decodes to exactly the tetrahedra that a voxel overlaps`, () => {
    fc.assert(fc.property(sampleLists(depth), (list) => {
      const leaves = [...oracleLeaves(toSamples(list), depth, "esvt")].sort(([a], [b]) => a - b);
      const expected = leaves.map(([key, { color, material }]) => [key, color, material] as const);
      assertEquals(decodeLevel(build(toSamples(list), depth), 0), toSamples(expected));
    }));
  });

  Deno.test(`At depth ${depth} neither order nor repeating all samples changes a byte of a tetree`, () => {
    fc.assert(
      fc.property(sampleLists(depth), fc.integer(), fc.integer({ min: 1, max: 3 }), (list, seed, times) => {
        const repeated = Array.from({ length: times }, () => list).flat();
        assertEquals(build(toSamples(permute(repeated, seed)), depth), build(toSamples(list), depth));
      }),
    );
  });
}

for (const depth of [1, 2, ...DEPTHS]) {
  Deno.test(`At depth ${depth} the tetree of no voxels, one, the corners and the diagonal equals the oracle's`, () => {
    assertEquals(build(paint([]), depth), emptyTree("esvt", depth));
    const last = 8 ** depth - 1;
    for (const key of [0, 1, last >> 1, last]) {
      assertEquals(build(paint([key]), depth), oracleTree(paint([key]), depth, "esvt"));
    }
    const corners = paint(Array.from({ length: 8 }, (_, slot) => slot * (last / 7)));
    assertEquals(build(corners, depth), oracleTree(corners, depth, "esvt"));
    const diagonal = paint(Array.from({ length: 2 ** depth }, (_, i) => diagonalKey(i, depth)));
    assertEquals(build(diagonal, depth), oracleTree(diagonal, depth, "esvt"));
  });
}

for (const depth of [1, 2, 3, 4] as const) {
  Deno.test(`At depth ${depth} the tetree of a full region equals the oracle's, in order and out of it`, () => {
    const full = paint(Array(8 ** depth).keys());
    const expected = oracleTree(full, depth, "esvt");
    assertEquals(expected.counts.at(-1), 6 * 8 ** (depth - 1));
    assertEquals(build(full, depth), expected);
    assertEquals(build(toSamples(permute(toList(full), 7)), depth), expected);
  });
}

Deno.test("Every cube of side two voxels, whichever octants are taken, has the oracle's tetrahedra", () => {
  for (let octants = 1; octants < 256; octants++) {
    const list = [0, 1, 2, 3, 4, 5, 6, 7].filter((octant) => (octants >> octant & 1) === 1)
      .map((octant) =>
        [octant, (Math.imul(octant + octants, 0x9e3779b1) | 0x01000000) >>> 0, octant % 3] as const
      );
    assertEquals(build(toSamples(list), 1), oracleTree(toSamples(list), 1, "esvt"));
  }
});

Deno.test("The sums of a full region of 256^3 of the brightest colour do not overflow in a tetree", () => {
  const cells = 8 ** 8;
  const samples = {
    keys: new Uint32Array(cells).map((_, key) => key),
    colors: new Uint32Array(cells).fill(0xffffffff),
    materials: new Uint8Array(cells).fill(9, 0, cells / 2),
  };
  const tree = buildEsvt(samples, 8);
  assertEquals([...tree.counts], [1, ...Array.from({ length: 8 }, (_, level) => 6 * 8 ** level)]);
  assertEquals(tree.colors.findIndex((color) => color !== 0xffffffff), -1);
  // Half the cubes are of material 9 and half of 0: the lower id wins.
  assertEquals(tree.materials[0], 0);
});

Deno.test("A tetrahedron has the mean and the commonest material of the voxels in its own octants", () => {
  // Octants 0, 1, 3 and 7 make type 1; of type 0 (octants 0, 1, 5, 7) only 0, 1 and 7 are here.
  const { keys, colors, materials } = tetsOf([
    [0, 0xff000001, 4],
    [1, 0xff000002, 2],
    [3, 0xff000063, 4],
    [7, 0xff000005, 2],
  ]);
  assertEquals([...keys], [0, 1, 2, 3, 4, 5]);
  // (1 + 2 + 5 + 1) / 3 = 3, (1 + 2 + 99 + 5 + 2) / 4 = 27, and of octants 0, 3 and 7 (1 + 99 + 5 + 1) / 3 = 35.
  const rest = (1 + 5 + 1) >> 1;
  assertEquals([...colors].map((color) => color & 255), [3, 27, 35, rest, rest, rest]);
  assertEquals([...materials], [2, 2, 4, 2, 2, 2]);
});

Deno.test("Samples of one voxel are merged before it is given to its tetrahedra", () => {
  // Mean 2 over the samples of octant 0, then 3 with octant 7; the mean of all four samples would be 3, too, but for 1.
  const { colors, materials } = tetsOf([[0, 0xff000001, 7], [0, 0xff000001, 7], [0, 0xff000004, 1], [
    7,
    0xff00000a,
    3,
  ]]);
  assertEquals([...colors], Array(6).fill(0xff000006));
  assertEquals([...materials], Array(6).fill(3));
});

Deno.test("A colour of a tetree further up is the mean of the leaves, not of means or of voxels", () => {
  const samples = toSamples([[0, 0xff000000, 1], [9, 0xff000060, 2]]);
  const tree = build(samples, 3);
  // Octant 0 is in six tetrahedra, octant 1 in two: (6 * 0 + 2 * 96) / 8.
  assertEquals(tree.counts[3], 8);
  assertEquals([tree.colors[0], tree.materials[0]], [0xff000018, 1]);
});

Deno.test("A sample of alpha 0 is no voxel of a tetree either", () => {
  const seen = [[3, 0xff112233, 1], [100, 0x01445566, 2]] as const;
  const tree = build(toSamples([[3, 0x00ffffff, 9], ...seen, [101, 0, 2]]), 6);
  assertEquals(tree, build(toSamples(seen), 6));
  assertEquals(build(toSamples([[3, 0x00ffffff, 9]]), 6), emptyTree("esvt", 6));
});

Deno.test("What no octree takes no tetree takes, with the same words, and nothing is left behind", () => {
  const wrong: readonly (readonly [Samples, number])[] = [
    [paint([1, 2, 512]), 3],
    [paint([512, 2, 1]), 3],
    [{ ...paint([1, 2]), colors: new Uint32Array(1) }, 3],
    [{ ...paint([1, 2]), materials: new Uint8Array(3) }, 3],
    [paint([1]), 0],
    [paint([1]), 9],
    [paint([1]), 1.5],
  ];
  for (const [samples, depth] of wrong) {
    const { message } = assertThrows(() => buildEsvo(samples, depth), RangeError);
    assertThrows(() => build(samples, depth), RangeError, message);
    assertEquals(build(paint([7, 6]), 3), oracleTree(paint([7, 6]), 3, "esvt"));
  }
});

Deno.test("Builds of either kind and of any size may follow one another with one scratch", () => {
  const used = new BuildScratch();
  const isClean = () => used.bitmap.every((byte) => byte === 0) && used.touched.every((byte) => byte === 0);
  for (const depth of [8, 3, 6, 4]) {
    const samples = paint([511, 64, 3, 3, 200]);
    assertEquals(buildEsvt(samples, depth, used), oracleTree(samples, depth, "esvt"));
    assert(isClean());
    assertEquals(buildEsvo(samples, depth, used), oracleTree(samples, depth, "esvo"));
  }
  assert(isClean());
});

Deno.test("The samples of a tetree are not changed", () => {
  for (const keys of [[9, 3, 3, 100], [3, 9, 100]]) {
    const samples = paint(keys);
    const before = structuredClone(samples);
    build(samples, 6);
    assertEquals(samples, before);
  }
});
