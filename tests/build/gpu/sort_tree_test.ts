import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { sortedRoom } from "../../../src/build/gpu/sorted_capacities.ts";
import { type Samples, TREE_KINDS, treeProblem } from "../../../src/tree/mod.ts";
import { runs } from "../../support/runs.ts";
import { paint, permute, toList, toSamples } from "../samples.ts";
import { full, HARD_SHAPES, jobs, scattered, sphere } from "./batch_samples.ts";
import { expectedTree } from "./expected_tree.ts";
import { buildSorted } from "./sort_build.ts";
import { testOnDevice } from "./test_device.ts";

const DEPTHS = [8, 3, 6, 5, 7, 4] as const;

async function assertBuilt(batch: readonly BatchJob[]): Promise<void> {
  const { trees } = await buildSorted(batch);
  batch.forEach((job, i) => assertEquals(trees[i], expectedTree(job), `region ${i}, depth ${job.depth}`));
}

for (const kind of TREE_KINDS) {
  testOnDevice(`Sorting builds ${kind} of hard shapes at mixed depths as the CPU does`, async () => {
    for (const [shape, make] of Object.entries(HARD_SHAPES)) {
      const batch = DEPTHS.map((depth) => ({ kind, depth, samples: make(depth) }));
      const { trees } = await buildSorted(batch);
      batch.forEach((job, i) => assertEquals(trees[i], expectedTree(job), `${shape}, depth ${job.depth}`));
    }
  });

  testOnDevice(`Sorting builds ${kind} of full, smooth and scattered regions as the CPU does`, async () => {
    await assertBuilt([
      { kind, depth: 6, samples: sphere(6) },
      { kind, depth: 4, samples: full(4) },
      { kind, depth: 8, samples: scattered(5000, 8) },
      { kind, depth: 5, samples: full(5) },
      { kind, depth: 7, samples: scattered(3000, 7) },
    ]);
  });

  testOnDevice(`Sorting builds ${kind} of random samples as the CPU does`, async () => {
    const batches = fc.array(jobs(150, [kind]).filter(({ samples }) => samples.keys.length > 0), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        const { trees } = await buildSorted(batch);
        assertEquals(trees, batch.map(expectedTree));
        for (const tree of trees) assertEquals(treeProblem(tree), undefined);
      }),
      { numRuns: runs(4) },
    );
  });

  testOnDevice(`Sorting builds as many ${kind} as fit a word together`, async () => {
    const batch = Array.from({ length: 256 }, (_, i) => {
      return { kind, depth: i % 5 === 0 ? 8 : 3 + i % 5, samples: paint([i, (i * 37) % 512, 511]) };
    });
    await assertBuilt(batch);
  });

  testOnDevice(`The order of the samples does not show in an ${kind}`, async () => {
    const samples = repeated(scattered(400, 6), 4);
    const [tree, permuted] = [samples, toSamples(permute(toList(samples), 5))].map((own) => {
      return buildSorted([{ kind, depth: 6, samples: own }]);
    });
    assertEquals((await tree)!.trees, (await permuted)!.trees);
  });

  testOnDevice(
    `Room that does not suffice for an ${kind} is told exactly, and the second try fits`,
    async () => {
      const batch = [{ kind, depth: 6, samples: scattered(900, 6) }, {
        kind,
        depth: 8,
        samples: scattered(700, 8),
      }];
      const { voxels, tets } = sortedRoom(
        kind,
        batch.map(({ depth, samples }) => {
          return { depth, samples: samples.keys.length };
        }),
      );
      const small = { leaves: 700, nodes: 1200, masks: 500, bricks: 0, uppers: 0 };
      const room = tets === undefined
        ? { voxels: { ...voxels, nodes: 1700, masks: 100 }, tets }
        : { voxels, tets: small };
      const { trees, retries } = await buildSorted(batch, room);
      assertEquals(trees, batch.map(expectedTree));
      // Nodes are only counted once there is room for the tetrahedra.
      assertEquals(retries, tets === undefined ? 1 : 2);
    },
  );
}

testOnDevice("Nodes of 65 leaves and more have the commonest material, the lowest of equals", async () => {
  const shapes = [[64, 2], [65, 2], [66, 2], [300, 3], [512, 256], [512, 1]] as const;
  const batch = shapes.map(([count, materials]) => {
    const keys = Uint32Array.from({ length: count }, (_, i) => i);
    const own = Uint8Array.from(keys, (key) => 255 - key % materials);
    return {
      kind: "esvo" as const,
      depth: 5,
      samples: { keys, colors: keys.map(() => 0xff808080), materials: own },
    };
  });
  await assertBuilt(batch);
});

testOnDevice(
  "128 samples of a cell, the most that may be, have the mean colour and the commonest of all materials",
  async () => {
    const crowds = [
      (i: number) => i < 2 ? 255 : i,
      (i: number) => 255 - i,
      (i: number) => i % 2 + 6,
    ];
    const batch = crowds.map((materialOf, cell) => {
      const { keys, colors, materials } = paint([3, 9, 4095]);
      const samples = {
        keys: Uint32Array.of(...keys, ...new Array(128).fill(7 + cell)),
        colors: Uint32Array.of(
          ...colors,
          ...Array.from({ length: 128 }, (_, i) => (i * 0x9e3779b1 | 1 << 24) >>> 0),
        ),
        materials: Uint8Array.of(
          ...materials,
          ...Array.from({ length: 128 }, (_, i) => materialOf(i)),
        ),
      };
      return { kind: "esvo" as const, depth: 4, samples };
    });
    // The last crowd has one sample more, as its cell is painted, too.
    const { trees, faults } = await buildSorted(batch.slice(0, 2));
    assertEquals(faults.hasRepeats, false);
    trees.forEach((tree, i) => assertEquals(tree, expectedTree(batch[i]!), `crowd ${i}`));
    assertEquals((await buildSorted(batch.slice(2))).faults.hasRepeats, true);
  },
);

testOnDevice("Faults of samples are told as on the path of bitmaps", async () => {
  const job = { kind: "esvo", depth: 4 } as const;
  const good = paint([1, 2, 700]);
  const faultsOf = async (samples: Samples) => {
    const { faults } = await buildSorted([{ ...job, samples: good }, { ...job, samples }]);
    return faults;
  };
  const none = { hasBadKeys: false, hasTransparent: false, hasRepeats: false };
  assertEquals(await faultsOf(good), none);
  assertEquals(await faultsOf(paint([3, 4096])), { ...none, hasBadKeys: true });
  assertEquals(await faultsOf({ ...paint([3]), colors: Uint32Array.of(5) }), {
    ...none,
    hasTransparent: true,
  });
  assertEquals(await faultsOf(paint(new Array(128).fill(9))), none);
  assertEquals(await faultsOf(paint(new Array(129).fill(9))), { ...none, hasRepeats: true });
});

testOnDevice("A guess of room holds for points at random", async () => {
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (const kind of TREE_KINDS) {
    for (const depth of [6, 8]) {
      const samples = paint(Array.from({ length: 4000 }, () => Math.floor(random() * 8 ** depth)));
      const { retries } = await buildSorted([{ kind, depth, samples }]);
      assertEquals(retries, 0, `${kind}, depth ${depth}`);
    }
  }
});

function repeated({ keys, colors, materials }: Samples, times: number): Samples {
  const length = keys.length * times;
  return {
    keys: Uint32Array.from({ length }, (_, i) => keys[i % keys.length]!),
    colors: Uint32Array.from(
      { length },
      (_, i) => (colors[i % keys.length]! ^ (i * 0x030507)) >>> 0 | 0x01000000,
    ),
    materials: Uint8Array.from({ length }, (_, i) => materials[i % keys.length]! ^ (i % 3)),
  };
}
