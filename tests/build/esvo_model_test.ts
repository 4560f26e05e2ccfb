import { assert, assertEquals } from "@std/assert";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { EsvoScratch } from "../../src/build/cpu/esvo_scratch.ts";
import { decodeLevel, treeProblem } from "../../src/tree/mod.ts";
import { oracleTree } from "./esvo_oracle.ts";
import { cutIntoRegions, treeModelVoxels } from "./model_regions.ts";
import { permute, toList, toSamples } from "./samples.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";

/** The oracle is slow: of the regions of a depth this many are compared with it, with every n-th of the voxels. */
const ORACLE_SHARE = {
  3: { regions: 60, every: 1 },
  4: { regions: 30, every: 1 },
  5: { regions: 12, every: 1 },
  6: { regions: 8, every: 1 },
  8: { regions: 1, every: 7 },
} as const;
const voxels = modelNeeds.ignore ? new Uint8Array() : await treeModelVoxels();

for (const depth of [3, 4, 5, 6, 8] as const) {
  testWith(modelNeeds, `Every region of a real model at depth ${depth} decodes to exactly its voxels`, () => {
    const scratch = new EsvoScratch();
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

  testWith(
    modelNeeds,
    `Regions of a real model at depth ${depth} equal the oracle's tree on every level, in any order`,
    () => {
      const scratch = new EsvoScratch();
      const share = ORACLE_SHARE[depth];
      const thinned = voxels.filter((_, i) => (i >> 2) % share.every === 0);
      const regions = cutIntoRegions(thinned, depth).sort((a, b) => b.keys.length - a.keys.length);
      for (let i = 0; i < share.regions; i++) {
        const region = regions[Math.floor(i * regions.length / share.regions)]!;
        const expected = oracleTree(region, depth);
        assertEquals(buildEsvo(region, depth, scratch), expected);
        assertEquals(buildEsvo(toSamples(permute(toList(region), i)), depth, scratch), expected);
      }
    },
  );
}
