import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { BatchBuilder } from "../../../src/build/gpu/batch_builder.ts";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { emptyTree, type Samples, TREE_KINDS } from "../../../src/tree/mod.ts";
import { paint, toList, toSamples } from "../samples.ts";
import { assertBuilt, assertSameTree, copyJob, sharedBuilder } from "./batch_fixture.ts";
import { scattered, sphere } from "./batch_samples.ts";
import { sharedDevice, testOnDevice } from "./test_device.ts";

/** Many samples of one cell, all different. */
function crowd(count: number): Samples {
  return {
    keys: new Uint32Array(count).fill(3),
    colors: Uint32Array.from({ length: count }, (_, i) => (0xff000000 | (i * 0x3f1)) >>> 0),
    materials: Uint8Array.from({ length: count }, (_, i) => 200 - i % 3),
  };
}

function joined(...parts: Samples[]): Samples {
  return toSamples(parts.flatMap(toList));
}

/** Every channel at its most: the sums of all of them are the largest there are. */
function brightest(keys: number[]): Samples {
  return {
    keys: Uint32Array.from(keys),
    colors: new Uint32Array(keys.length).fill(0xffffffff),
    materials: new Uint8Array(keys.length).fill(255),
  };
}

testOnDevice(
  "Scattered points exceed the guess: that is told, tried again with more room, and nothing is cut",
  async () => {
    for (const kind of TREE_KINDS) {
      for (const depth of [6, 7, 8]) {
        const stats = await assertBuilt([{ kind, depth, samples: scattered(5000, depth) }]);
        assert(stats.retries > 0, `${kind} of depth ${depth} took ${stats.retries} retries`);
      }
    }
  },
);

testOnDevice("Both kinds exceed the guess in one batch beside regions that do not", async () => {
  const batch = TREE_KINDS.flatMap((kind): BatchJob[] => [
    { kind, depth: 6, samples: sphere(6) },
    { kind, depth: 8, samples: scattered(4000, 8) },
    { kind, depth: 4, samples: paint([]) },
    { kind, depth: 5, samples: scattered(1000, 5) },
  ]);
  const { retries } = await assertBuilt(batch);
  assert(retries > 0);
});

testOnDevice("A surface fits the guess at once", async () => {
  const batch = TREE_KINDS.map((kind) => ({ kind, depth: 6, samples: sphere(6) }));
  assertEquals((await assertBuilt(batch)).retries, 0);
});

testOnDevice("A key that no region has fails its own job and no other", async () => {
  for (const kind of TREE_KINDS) {
    for (const key of [512, 4096, 2 ** 24, 2 ** 32 - 1]) {
      const batch: BatchJob[] = [
        { kind, depth: 6, samples: sphere(5) },
        { kind, depth: 3, samples: paint([5, key, 7]) },
        { kind, depth: 4, samples: paint([100, 4095]) },
      ];
      const { outcomes } = await (await sharedBuilder()).submit(batch).collect();
      assertInstanceOf(outcomes[1], RangeError);
      assertEquals(
        outcomes[1].message,
        `Cannot build a region of depth 3: key ${key} of sample 1 is not below 512`,
      );
      assertSameTree(outcomes[0]!, batch[0]!, "the first");
      assertSameTree(outcomes[2]!, batch[2]!, "the third");
    }
  }
});

testOnDevice("Jobs that cannot be built at all fail alone, with what is wrong with them", async () => {
  const good: BatchJob = { kind: "esvo", depth: 3, samples: paint([1]) };
  const { keys, colors, materials } = paint([1, 2]);
  const batch = [
    { ...good, depth: 2 },
    { ...good, depth: 9 },
    { ...good, depth: 3.5 },
    { ...good, kind: "cube" as "esvo" },
    { ...good, samples: { keys, colors: colors.slice(1), materials } },
    { ...good, samples: { keys, colors, materials: materials.slice(1) } },
    good,
  ];
  const { outcomes } = await (await sharedBuilder()).submit(batch).collect();
  assertEquals(outcomes.map((outcome) => outcome instanceof RangeError ? outcome.message : "a tree"), [
    "Cannot build a region of depth 2 on the GPU, expected a whole number from 3 to 8",
    "Cannot build a region of depth 9 on the GPU, expected a whole number from 3 to 8",
    "Cannot build a region of depth 3.5 on the GPU, expected a whole number from 3 to 8",
    "Cannot build a tree of kind cube, expected esvo or esvt",
    "Samples need as many colours and materials as keys: 2 keys, 1 colours, 2 materials",
    "Samples need as many colours and materials as keys: 2 keys, 2 colours, 1 materials",
    "a tree",
  ]);
});

testOnDevice("Transparent samples are no voxels, alone or among others, and cost one retry", async () => {
  const clear: Samples = { ...paint([6, 7]), colors: Uint32Array.of(5, 0x00ffffff) };
  const mixed = paint([1, 2, 3, 400]);
  mixed.colors[1] = 0x00123456;
  for (const kind of TREE_KINDS) {
    const batch = [clear, mixed, sphere(3)].map((samples) => ({ kind, depth: 3, samples }));
    const { outcomes, stats } = await (await sharedBuilder()).submit(batch).collect();
    assertEquals(outcomes[0], emptyTree(kind, 3));
    assertSameTree(outcomes[1]!, batch[1]!, "with a transparent one");
    assertSameTree(outcomes[2]!, batch[2]!, "without");
    assertEquals(stats.retries, 1);
  }
});

testOnDevice(
  "A cell of thousands of samples is merged on the host, one of a hundred on the device",
  async () => {
    for (const kind of TREE_KINDS) {
      assertEquals((await assertBuilt([{ kind, depth: 4, samples: crowd(128) }])).retries, 0);
      for (const count of [129, 5000]) {
        const batch = [{ kind, depth: 4, samples: crowd(count) }, { kind, depth: 5, samples: sphere(5) }];
        assertEquals((await assertBuilt(batch)).retries, 1);
      }
    }
  },
);

testOnDevice("A cell of a hundred samples of as many materials gets the commonest one", async () => {
  const samples = crowd(128);
  // Each material once, and the highest once more.
  samples.materials.set(samples.materials.map((_, i) => i < 2 ? 255 : i));
  for (const kind of TREE_KINDS) {
    await assertBuilt([{ kind, depth: 4, samples }]);
    await assertBuilt([{ kind, depth: 8, samples: joined(scattered(5000, 8), samples) }]);
  }
});

testOnDevice("Faults of all sorts in one batch leave the good regions as they are", async () => {
  const batch = TREE_KINDS.flatMap((kind): BatchJob[] => [
    { kind, depth: 8, samples: scattered(3000, 8) },
    { kind, depth: 3, samples: paint([1, 9999]) },
    { kind, depth: 3, samples: { ...paint([6]), colors: Uint32Array.of(0) } },
    { kind, depth: 4, samples: crowd(3000) },
    { kind, depth: 6, samples: sphere(6) },
  ]);
  const { outcomes } = await (await sharedBuilder()).submit(batch).collect();
  outcomes.forEach((outcome, i) => {
    if (i % 5 === 1) assertInstanceOf(outcome, RangeError);
    else if (i % 5 === 2) assertEquals(outcome, emptyTree(batch[i]!.kind, 3));
    else assertSameTree(outcome, batch[i]!, `job ${i}`);
  });
});

testOnDevice("Sums of the brightest colours and equal counts of materials come out right", async () => {
  const keys = Array.from({ length: 8 ** 6 }, (_, i) => i);
  const halves = brightest(keys.slice(0, 4096));
  halves.materials.set(halves.materials.map((_, i) => i & 1 ? 255 : 254));
  await assertBuilt(TREE_KINDS.flatMap((kind) => [
    { kind, depth: 6, samples: brightest(keys) },
    { kind, depth: 6, samples: halves },
  ]));
});

testOnDevice("The samples of a batch are only read", async () => {
  const batch: BatchJob[] = TREE_KINDS.flatMap((kind) => [
    { kind, depth: 6, samples: scattered(3000, 6) },
    { kind, depth: 3, samples: { ...paint([3, 3, 6]), colors: Uint32Array.of(0, 0xff000001, 0xff000002) } },
  ]);
  const before = batch.map(copyJob);
  await (await sharedBuilder()).submit(batch).collect();
  assertEquals(batch, before);
});

testOnDevice("As many jobs make a batch as regions and voxels allow, and always one", async () => {
  const builder = await BatchBuilder.create(await sharedDevice(), {
    maxBatchVoxels: 10,
    maxBatchRegions: 3,
    maxPooledBytes: 0,
  });
  const of = (...counts: number[]) =>
    counts.map((count) => ({ kind: "esvo" as const, depth: 3, samples: paint(Array(count).keys()) }));
  assertEquals(builder.fit([]), 0);
  assertEquals(builder.fit(of(500, 1)), 1);
  assertEquals(builder.fit(of(5, 5, 1)), 2);
  assertEquals(builder.fit(of(0, 1, 2, 3)), 3);
  assertEquals(builder.fit(of(1, 500)), 1);
  builder.dispose();
});
