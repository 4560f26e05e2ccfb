import { assert, assertEquals } from "@std/assert";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { ROW_WORKGROUPS } from "../../../src/gpu/mod.ts";
import { TREE_KINDS } from "../../../src/tree/mod.ts";
import { proveFactor } from "../../support/runs.ts";
import { paint } from "../samples.ts";
import { assertBuilt } from "./batch_fixture.ts";
import { allBricks, full } from "./batch_samples.ts";
import { testOnDevice } from "./test_device.ts";

testOnDevice("More bricks than one row of workgroups has are built right", async () => {
  const batch: BatchJob[] = [allBricks(8), paint(Array(40).keys()), allBricks(5)].map((samples, i) => {
    return { kind: "esvo", depth: [8, 6, 5][i]!, samples };
  });
  const bricks = batch.reduce(
    (sum, { samples }) => sum + new Set(samples.keys.map((key) => key >>> 9)).size,
    0,
  );
  assert(bricks > ROW_WORKGROUPS);
  const { sortedRegions } = await assertBuilt(batch);
  assertEquals(sortedRegions, 0, "sorting has no bricks");
});

if (proveFactor() > 1) {
  testOnDevice(
    "More bricks than a device runs workgroups along an axis are built right, both kinds",
    async () => {
      for (const kind of TREE_KINDS) {
        await assertBuilt(Array.from({ length: 3 }, () => ({ kind, depth: 8, samples: allBricks(8) })));
      }
    },
  );

  testOnDevice("Regions of 256^3 without a free cell are built right, both kinds", async () => {
    for (const kind of TREE_KINDS) await assertBuilt([{ kind, depth: 8, samples: full(8) }]);
  });

  testOnDevice("4,096 regions of 64^3 are one batch", async () => {
    const batch = Array.from({ length: 4096 }, (_, i): BatchJob => ({
      kind: TREE_KINDS[i % 2]!,
      depth: 6,
      samples: paint(Array.from({ length: 1 + i % 300 }, (_, k) => (k * 7919 * (i + 1)) % 8 ** 6)),
    }));
    await assertBuilt(batch);
  });
}
