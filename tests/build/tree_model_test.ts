import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BuildScratch } from "../../src/build/cpu/build_scratch.ts";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { decodeLevel, type Samples, TREE_KINDS, treeProblem } from "../../src/tree/mod.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { proveFactor, runs, suiteOrProof } from "../support/runs.ts";
import { dragonRegions } from "./gpu/dragon_regions.ts";
import { cutIntoRegions, treeModelVoxels } from "./model_regions.ts";
import { permute, toList, toSamples } from "./samples.ts";
import { oracleTree } from "./tree_oracle.ts";

/** The oracle is slow: of the regions of a depth this many are compared with it, with every n-th of the voxels. */
const ORACLE_SHARE = {
  3: { regions: suiteOrProof(30, 60), every: 1 },
  4: { regions: suiteOrProof(15, 30), every: 1 },
  5: { regions: suiteOrProof(6, 12), every: 1 },
  6: { regions: suiteOrProof(4, 8), every: 1 },
  7: { regions: 2, every: suiteOrProof(9, 3) },
  8: { regions: 1, every: suiteOrProof(29, 7) },
} as const;
const BUILD = { esvo: buildEsvo, esvt: buildEsvt } as const;
const isProof = proveFactor() > 1;
const voxels = modelNeeds.ignore ? new Uint8Array() : await treeModelVoxels();

for (const depth of [3, 4, 5, 6, 7, 8] as const) {
  testWith(modelNeeds, `Every region of a real model at depth ${depth} decodes to exactly its voxels`, () => {
    const scratch = new BuildScratch();
    const regions = cutIntoRegions(voxels, depth);
    let decoded = 0;
    for (const region of regions) {
      const tree = buildEsvo(region, depth, scratch);
      assertEquals(treeProblem(tree), undefined);
      const order = Uint32Array.from(region.keys, (_, i) => i).sort((a, b) =>
        region.keys[a]! - region.keys[b]!
      );
      const { keys, colors, materials } = decodeLevel(tree, 0);
      assertEquals(keys.length, order.length);
      assert(order.every((i, at) => {
        return keys[at] === region.keys[i] && colors[at] === region.colors[i] &&
          materials[at] === region.materials[i];
      }));
      decoded += keys.length;
    }
    assertEquals(decoded, 376_133);
  });

  for (const kind of TREE_KINDS) {
    testWith(
      modelNeeds,
      `Regions of a real model at depth ${depth} equal the oracle's ${kind} on every level, in any order`,
      () => {
        const share = ORACLE_SHARE[depth];
        const thinned = voxels.filter((_, i) => (i >> 2) % share.every === 0);
        const regions = cutIntoRegions(thinned, depth).sort((a, b) => b.keys.length - a.keys.length);
        const count = kind === "esvo" || isProof ? share.regions : Math.ceil(share.regions / 4);
        assertEqualOracle(spread(regions, count), depth, kind);
      },
    );
  }
}

for (const cells of [512, 1024]) {
  for (const kind of TREE_KINDS) {
    testWith(
      modelNeeds,
      `Regions of a real scan in ${cells}^3 equal the oracle's ${kind} on every level`,
      async () => {
        const regions = await dragonRegions(isProof ? "dragon_vrip" : "dragon_vrip_res4", cells, 6);
        assertEqualOracle(isProof ? regions : spread(regions, 40), 6, kind);
      },
    );
  }
}

testWith(
  modelNeeds,
  "Any part of a real region, in any order and twice over, equals the oracle's trees",
  () => {
    const regions = cutIntoRegions(voxels, 5);
    const scratch = new BuildScratch();
    fc.assert(
      fc.property(
        fc.nat(regions.length - 1),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        fc.constantFrom(...TREE_KINDS),
        (region, every, seed, kind) => {
          const part = toList(regions[region]!).filter((_, i) => i % every === 0);
          const twice = toSamples(permute([...part, ...part], seed));
          assertEquals(BUILD[kind](twice, 5, scratch), oracleTree(toSamples(part), 5, kind));
        },
      ),
      { numRuns: runs(8) },
    );
  },
);

function assertEqualOracle(regions: readonly Samples[], depth: number, kind: "esvo" | "esvt"): void {
  const scratch = new BuildScratch();
  assert(regions.length > 0);
  regions.forEach((region, i) => {
    const expected = oracleTree(region, depth, kind);
    assertEquals(BUILD[kind](region, depth, scratch), expected);
    assertEquals(BUILD[kind](toSamples(permute(toList(region), i)), depth, scratch), expected);
  });
}

/** `count` of the regions, or all if there are fewer, from all places of the list. */
function spread(regions: readonly Samples[], count: number): Samples[] {
  const taken = Math.min(count, regions.length);
  return Array.from({ length: taken }, (_, i) => regions[Math.floor(i * regions.length / taken)]!);
}
