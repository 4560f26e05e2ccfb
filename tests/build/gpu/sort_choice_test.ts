import { assertEquals } from "@std/assert";
import { BatchBuilder } from "../../../src/build/gpu/batch_builder.ts";
import type { BatchJob, BatchStats } from "../../../src/build/gpu/batch_job.ts";
import { type Samples, type Tree, TREE_KINDS } from "../../../src/tree/mod.ts";
import { paint } from "../samples.ts";
import { full, scattered, sphere } from "./batch_samples.ts";
import { expectedTree } from "./expected_tree.ts";
import { buildSorted } from "./sort_build.ts";
import { sharedDevice, testOnDevice } from "./test_device.ts";

let shared: Promise<BatchBuilder> | undefined;

function builder(): Promise<BatchBuilder> {
  return shared ??= sharedDevice().then((device) => {
    return BatchBuilder.create(device, {
      maxBatchVoxels: 2 ** 20,
      maxBatchRegions: 4096,
      maxPooledBytes: 64 * 1024 * 1024,
    });
  });
}

async function build(jobs: readonly BatchJob[]): Promise<{ trees: readonly Tree[]; stats: BatchStats }> {
  const { outcomes, stats } = await (await builder()).submit(jobs).collect();
  jobs.forEach((job, i) => assertEquals(outcomes[i], expectedTree(job), `region ${i}, depth ${job.depth}`));
  return { trees: outcomes as readonly Tree[], stats };
}

/** So many voxels in each of some bricks of a region of depth 8. */
function perBrick(voxels: number, bricks: number): Samples {
  return paint(
    Array.from({ length: voxels * bricks }, (_, i) => 512 * Math.floor(i / voxels) + (i % voxels) * 31),
  );
}

for (const kind of TREE_KINDS) {
  testOnDevice(`A scattered region becomes an ${kind} by sorting, a smooth one by bitmaps`, async () => {
    const lone = { kind, depth: 8, samples: scattered(3000, 8) };
    const surface = { kind, depth: 6, samples: sphere(6) };
    assertEquals((await build([lone])).stats.sortedRegions, 1);
    assertEquals((await build([surface])).stats.sortedRegions, 0);
    assertEquals((await build([{ kind, depth: 5, samples: full(5) }])).stats.sortedRegions, 0);
  });

  testOnDevice(
    `The ${kind} of a batch that takes too many bricks are sorted where six voxels share one or fewer do`,
    async () => {
      const dense = { kind, depth: 8, samples: perBrick(6, 1500) };
      const sparse = { kind, depth: 8, samples: perBrick(5, 1500) };
      const lone = { kind, depth: 7, samples: scattered(2000, 7) };
      assertEquals((await build([dense])).stats.sortedRegions, 0);
      assertEquals((await build([sparse])).stats.sortedRegions, 1);
      const { stats } = await build([dense, lone, sparse, { kind, depth: 6, samples: sphere(6) }, lone]);
      assertEquals(stats.sortedRegions, 3);
    },
  );

  testOnDevice(`Bitmaps and sorting give the same ${kind} of the same samples`, async () => {
    const jobs = [sphere(5), scattered(40, 5), full(3)].map((samples, i) => {
      return { kind, depth: [5, 5, 3][i]!, samples };
    });
    const { trees, stats } = await build(jobs);
    assertEquals(stats.sortedRegions, 0);
    assertEquals((await buildSorted(jobs)).trees, trees);
  });

  testOnDevice(
    `A scattered region of the kind ${kind} with transparent and very many samples of a cell is mended`,
    async () => {
      const { keys, colors, materials } = scattered(3000, 8);
      const crowd = {
        keys: Uint32Array.of(...keys, ...new Array(1500).fill(777)),
        colors: Uint32Array.of(...colors, ...Array.from({ length: 1500 }, (_, i) => 0xff000000 + i)),
        materials: Uint8Array.of(...materials, ...Array.from({ length: 1500 }, (_, i) => i % 3)),
      };
      const { sortedRegions, retries } = (await build([{ kind, depth: 8, samples: crowd }])).stats;
      // To be sorted, and once more without the repeats.
      assertEquals([sortedRegions, retries], [1, 2]);
      const faint = {
        keys,
        colors: colors.map((color, i) => i % 7 === 0 ? color & 0xffffff : color),
        materials,
      };
      assertEquals((await build([{ kind, depth: 8, samples: faint }])).stats.sortedRegions, 1);
    },
  );
}

testOnDevice("More scattered regions than fit a word become several groups of one submit", async () => {
  const jobs = Array.from({ length: 260 }, (_, i) => {
    const samples = paint(Array.from({ length: 90 }, (_, j) => (j * 8 ** 8 / 90 + i * 5) >>> 0));
    return { kind: "esvo" as const, depth: 8, samples };
  });
  const { stats } = await build(jobs);
  assertEquals(stats.sortedRegions, 260);
  assertEquals(stats.retries, 1);
});
