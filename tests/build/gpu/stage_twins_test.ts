import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import type { Capacities } from "../../../src/build/gpu/capacities.ts";
import { TREE_KINDS, type TreeKind } from "../../../src/tree/mod.ts";
import { runs, suiteOrProof } from "../../support/runs.ts";
import { paint } from "../samples.ts";
import { HARD_SHAPES, jobs, scattered } from "./batch_samples.ts";
import { compareEachStage, compareWhole } from "./stage_comparison.ts";
import { sharedRunner, testOnDevice } from "./test_device.ts";
import { buildWithTwins, planBuild } from "./twin_builder.ts";
import { TWINS } from "./twins/twins.ts";

/** Around what a workgroup, and a block of a scan, hold: one, as many as fit, and one more. */
const COUNTS = suiteOrProof([1, 256, 257, 2048, 2049], [1, 255, 256, 257, 2047, 2048, 2049, 4097]);

/** One region of each depth, a shape after the other. */
function mixedDepths(kind: TreeKind): BatchJob[] {
  const shapes = Object.values(HARD_SHAPES);
  return shapes.map((make, i) => ({ kind, depth: 3 + i % 6, samples: make(3 + i % 6) }));
}

for (const kind of TREE_KINDS) {
  testOnDevice(`Each stage of a build of ${kind} makes on the device what its twin makes`, async () => {
    const runner = await sharedRunner();
    const batch = mixedDepths(kind);
    const { room } = buildWithTwins(batch);
    const sorted = buildWithTwins(batch, { isSorted: true });
    const compared = new Set<string>();
    for (const options of [{ room }, { room, hasAttributes: false }, { room: sorted.room, isSorted: true }]) {
      const { recorder } = planBuild(batch, options);
      for (const name of await compareEachStage(runner, recorder)) compared.add(name);
    }
    const others = kind === "esvt" ? [] : [...TWINS.keys()].filter((name) => /tet|cubes/.test(name));
    assertEquals(compared.union(new Set(others)), new Set(TWINS.keys()));
  });

  testOnDevice(
    `Each stage of a build of ${kind} that does not fit does so, too`,
    async () => {
      const runner = await sharedRunner();
      const batch = [{ kind, depth: 8, samples: scattered(4000, 8) }, {
        kind,
        depth: 4,
        samples: paint([1, 2, 3]),
      }];
      await compareEachStage(runner, planBuild(batch).recorder);
      for (const isSorted of [false, true]) {
        const { room } = buildWithTwins(batch, { isSorted });
        const whole = room.tets ?? room.voxels;
        // A sort has room for as many voxels as there are samples, and for nodes of all leaves.
        const lacks: Partial<Capacities>[] = [{ nodes: whole.leaves + 10 }, { masks: 100 }];
        if (!isSorted || kind === "esvt") lacks.push({ leaves: 100 });
        for (const lack of lacks) {
          const less = { ...whole, ...lack };
          const own = room.tets ? { ...room, tets: less } : { ...room, voxels: less };
          await compareWhole(runner, planBuild(batch, { room: own, isSorted }).recorder);
        }
      }
    },
  );

  testOnDevice(
    `After a whole build of ${kind} every buffer is on the device what the twins have`,
    async () => {
      const runner = await sharedRunner();
      for (const count of COUNTS) {
        const depths = count > 2000 ? [3, 8] : [3, 4, 5, 6, 7, 8];
        const batch = depths.map((depth) => {
          return {
            kind,
            depth,
            samples: paint(Array.from({ length: count }, (_, i) => (i * 7919) % 8 ** depth)),
          };
        });
        await compareWhole(runner, planBuild(batch, buildWithTwins(batch)).recorder);
      }
    },
  );

  testOnDevice(
    `After whole builds of ${kind} of random samples every buffer is what the twins have`,
    async () => {
      const runner = await sharedRunner();
      const batches = fc.array(jobs(300, [kind]).filter(({ samples }) => samples.keys.length > 0), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(batches, async (batch) => {
          await compareWhole(runner, planBuild(batch, buildWithTwins(batch)).recorder);
        }),
        { numRuns: runs(6) },
      );
    },
  );
}
