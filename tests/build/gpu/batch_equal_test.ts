import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { decodeLevel, emptyTree, TREE_KINDS } from "../../../src/tree/mod.ts";
import { proveFactor, runs } from "../../support/runs.ts";
import { cutIntoRegions, treeModelVoxels } from "../model_regions.ts";
import { paint, permute, toList, toSamples } from "../samples.ts";
import { assertBuilt, sharedBuilder } from "./batch_fixture.ts";
import { full, HARD_SHAPES, jobs, sphere } from "./batch_samples.ts";
import { dragonRegions } from "./dragon_regions.ts";
import { testOnDevice } from "./test_device.ts";

const DEPTHS = [3, 4, 5, 6, 7, 8] as const;

testOnDevice("A batch of any number of regions is equal to the byte to the CPU's trees", async () => {
  const most = Math.min(4096, runs(160));
  for (const count of [0, 1, 2, 63, 64, 65, most]) {
    const batch = Array.from({ length: count }, (_, i): BatchJob => ({
      kind: TREE_KINDS[i % 2]!,
      depth: i % 7 === 0 ? 6 : 3 + i % 3,
      samples: paint(Array.from({ length: i % 40 }, (_, k) => (k * 7919 + i) % 512)),
    }));
    await assertBuilt(batch);
  }
});

testOnDevice(
  "Regions of 0 samples to two spans and one are built right, of any depths and both kinds",
  async () => {
    const batch: BatchJob[] = [];
    for (const count of [0, 1, 255, 256, 257, 2047, 2048, 2049, 4097]) {
      for (const depth of DEPTHS) {
        for (const kind of TREE_KINDS) {
          const keys = Array.from({ length: count }, (_, i) => (i * 7919) % 8 ** depth);
          batch.push({ kind, depth, samples: paint(keys) });
        }
      }
    }
    const { gpuMs } = await assertBuilt(batch);
    assertEquals(gpuMs === undefined || gpuMs > 0, true);
  },
);

testOnDevice("Random regions of any depths and both kinds are built right together", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(jobs(200), { maxLength: 12 }), async (batch) => {
      await assertBuilt(batch);
    }),
    { numRuns: runs(10) },
  );
});

testOnDevice("Neither the order of samples nor repeats of all of them change a byte", async () => {
  const lists = Object.values(HARD_SHAPES).map((make) => toList(make(6)));
  const builder = await sharedBuilder();
  for (const kind of TREE_KINDS) {
    const of = (list: (typeof lists)[number]): BatchJob => ({ kind, depth: 6, samples: toSamples(list) });
    const once = await builder.submit(lists.map(of)).collect();
    const again = await builder.submit(lists.map((list, i) => of(permute([...list, ...list], i)))).collect();
    assertEquals(again.outcomes, once.outcomes);
  }
});

testOnDevice("Each octree decodes to the voxels that went in", async () => {
  const samples = sphere(6);
  const { outcomes } = await (await sharedBuilder()).submit([{ kind: "esvo", depth: 6, samples }]).collect();
  const [tree] = outcomes;
  if (tree === undefined || tree instanceof Error) throw tree;
  assertEquals(decodeLevel(tree, 0), toSamples(toList(samples).sort(([a], [b]) => a - b)));
});

testOnDevice("Hard shapes of every depth are built right", async () => {
  for (const make of Object.values(HARD_SHAPES)) {
    const batch = DEPTHS.flatMap((depth) =>
      TREE_KINDS.map((kind) => ({ kind, depth, samples: make(depth) }))
    );
    await assertBuilt(batch);
  }
});

testOnDevice(
  "Regions of a real model and of a real scan are built right, both kinds in one batch",
  async () => {
    const model = cutIntoRegions(await treeModelVoxels(), 6);
    const both = (regions: typeof model, depth: number) =>
      regions.flatMap((samples) => TREE_KINDS.map((kind) => ({ kind, depth, samples })));
    await assertBuilt(both(proveFactor() > 1 ? model : model.slice(0, 16), 6));
    const isProof = proveFactor() > 1;
    for (const cells of [512, 1024]) {
      await assertBuilt(both(await dragonRegions(isProof ? "dragon_vrip" : "dragon_vrip_res4", cells, 6), 6));
    }
  },
);

testOnDevice("Regions without a free cell are built right", async () => {
  const depths = proveFactor() > 1 ? [3, 4, 5, 6, 7] : [3, 5, 6];
  for (const depth of depths) {
    await assertBuilt(TREE_KINDS.map((kind) => ({ kind, depth, samples: full(depth) })));
  }
});

testOnDevice(
  "A batch of empty regions alone makes empty trees and troubles the device with nothing",
  async () => {
    const batch = DEPTHS.flatMap((depth) => TREE_KINDS.map((kind) => ({ kind, depth, samples: paint([]) })));
    const { outcomes, stats } = await (await sharedBuilder()).submit(batch).collect();
    assertEquals(outcomes, batch.map(({ kind, depth }) => emptyTree(kind, depth)));
    assertEquals([stats.gpuMs, stats.retries], [0, 0]);
  },
);

testOnDevice("Two batches in flight do not mix, in whichever order they are collected", async () => {
  const builder = await sharedBuilder();
  const [first, second] = [sphere(5), paint([1, 2, 3])].map((samples) => {
    return [{ kind: "esvt" as const, depth: 5, samples }];
  });
  const pending = [builder.submit(first!), builder.submit(second!)];
  const late = await pending[1]!.collect();
  const early = await pending[0]!.collect();
  assertEquals([early.outcomes, late.outcomes], [
    (await builder.submit(first!).collect()).outcomes,
    (await builder.submit(second!).collect()).outcomes,
  ]);
  await assertBuilt([...first!, ...second!]);
});
