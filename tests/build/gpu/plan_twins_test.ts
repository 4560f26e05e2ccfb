import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../../../src/build/gpu/stages.ts";
import type { Stage } from "../../../src/gpu/mod.ts";
import { TREE_KINDS, treeProblem } from "../../../src/tree/mod.ts";
import { testWith } from "../../support/needs.ts";
import { modelNeeds } from "../../support/real_models.ts";
import { runs, suiteOrProof } from "../../support/runs.ts";
import { cutIntoRegions, treeModelVoxels } from "../model_regions.ts";
import { paint } from "../samples.ts";
import { full, HARD_SHAPES, jobs, scattered } from "./batch_samples.ts";
import { expectedTree } from "./expected_tree.ts";
import { buildWithTwins, planBuild } from "./twin_builder.ts";
import { runTwins } from "./twins/run_twins.ts";
import { TWINS } from "./twins/twins.ts";

const DEPTHS = [3, 4, 5, 6, 7, 8] as const;
/** Sorting does not go by depth as bitmaps do: the least, one between and the most show what it does. */
const SORTED_DEPTHS: readonly number[] = suiteOrProof<readonly number[]>([3, 6, 8], DEPTHS);

Deno.test("every stage has a twin whose parameters are the stage's bindings, in the same order", () => {
  const stages = [BUILD_STAGES, SHAPE_STAGES, SORTED_STAGES].flatMap((some): Stage[] => Object.values(some));
  assertEquals(new Set(stages.map(({ name }) => name)), new Set(TWINS.keys()));
  for (const { name, source } of stages) {
    const [, parameters] = /^function \w+\(([^)]*)\)/.exec(String(TWINS.get(name)))!;
    const [dispatch, ...buffers] = parameters!.split(",").map((parameter) => parameter.trim());
    assert(/^_?dispatch$/.test(dispatch!), name);
    const snakeCase = buffers.map((buffer) =>
      buffer.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    );
    assertEquals(snakeCase, source.bindings.map((binding) => binding.name), name);
  }
});

for (const kind of TREE_KINDS) {
  for (const [shape, make] of Object.entries(HARD_SHAPES)) {
    Deno.test(`Plan and twins build ${kind} of ${shape} at every depth as the CPU does, within their buffers`, () => {
      const whole = DEPTHS.map((depth) => ({ kind, depth, samples: make(depth) }));
      for (const isSorted of [false, true]) {
        const batch = isSorted ? whole.filter(({ depth }) => SORTED_DEPTHS.includes(depth)) : whole;
        const { trees } = buildWithTwins(batch, { isWatched: true, isSorted });
        trees.forEach((tree, i) => assertEquals(tree, expectedTree(batch[i]!), `depth ${batch[i]!.depth}`));
      }
    });
  }

  Deno.test(`Plan and twins build ${kind} of random samples as the CPU does, regions of any depths together`, () => {
    const batches = fc.array(jobs(120, [kind]).filter(({ samples }) => samples.keys.length > 0), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(batches, (batch) => {
        const { trees } = buildWithTwins(batch);
        assertEquals(trees, batch.map(expectedTree));
        assertEquals(buildWithTwins(batch, { isSorted: true }).trees, trees);
        for (const tree of trees) assertEquals(treeProblem(tree), undefined);
      }),
      { numRuns: runs(6) },
    );
  });

  Deno.test(`Plan and twins build ${kind} of a full region and of scattered points as the CPU does`, () => {
    const batch = [full(4), scattered(3000, 8), full(3), scattered(500, 6)].map((samples, i) => {
      return { kind, depth: [4, 8, 3, 6][i]!, samples };
    });
    const expected = batch.map(expectedTree);
    assertEquals(buildWithTwins(batch).trees, expected);
    const sorted = buildWithTwins(batch, { isSorted: true });
    assertEquals(sorted.trees, expected);
    if (kind === "esvo") {
      assertEquals(sorted.retries, 0, "the room of a sort is what an octree can need at most");
    }
  });

  Deno.test(`Plan and twins build ${kind} of one region of each depth alone, and of 63 to 65 regions`, () => {
    const samples = paint([0, 5, 511]);
    const batches = DEPTHS.map((depth) => [{ kind, depth, samples }]);
    for (const count of [63, 64, 65, 127]) batches.push(Array(count).fill({ kind, depth: 3, samples }));
    batches.push(Array(256).fill({ kind, depth: 5, samples }));
    for (const batch of batches) {
      const expected = expectedTree(batch[0]!);
      for (const isSorted of [false, true]) {
        const { trees } = buildWithTwins(batch, { isSorted });
        assertEquals(trees.length, batch.length);
        for (const tree of trees) assertEquals(tree, expected);
      }
    }
  });

  testWith(modelNeeds, `Plan and twins build ${kind} of a real model's regions as the CPU does`, async () => {
    const regions = cutIntoRegions(await treeModelVoxels(), 6).slice(0, 4);
    const batch = regions.map((samples) => ({ kind, depth: 6, samples }));
    const { trees, retries } = buildWithTwins(batch);
    assertEquals(trees, batch.map(expectedTree));
    assertEquals(retries, 0, "the guess is made for such regions");
  });

  Deno.test(`Nothing that a buffer held before shows in an ${kind}`, () => {
    const batch = [paint([1, 2, 511]), paint([7, 500])].map((samples) => ({ kind, depth: 6, samples }));
    for (const isSorted of [false, true]) {
      const { recorder } = planBuild(batch, { isSorted });
      const [first, second] = [0, 0xffffffff].map((garbage) => runTwins(recorder, { garbage }));
      assertEquals(first, second);
    }
  });

  Deno.test(`Without colours and materials the plan builds the same masks and counts of an ${kind}`, () => {
    const batch = [4, 6, 8].map((depth) => ({ kind, depth, samples: scattered(300, depth) }));
    const { room } = buildWithTwins(batch);
    const [whole, shape] = [true, false].map((hasAttributes) => {
      return runTwins(planBuild(batch, { room, hasAttributes }).recorder).map((bytes) =>
        new Uint32Array(bytes)
      );
    });
    assertEquals(shape!.at(-2), whole!.at(-2), "headers");
    const { nodes, masks } = room.tets ?? room.voxels;
    const maskWords = Math.ceil(masks / 4);
    assertEquals(shape!.at(-1)!.subarray(0, maskWords), whole!.at(-1)!.subarray(0, maskWords));
    assert(whole!.at(-1)!.subarray(maskWords).some((word) => word !== 0));
    assert(shape!.at(-1)!.subarray(maskWords).every((word) => word === 0), `${nodes} nodes`);
  });
}
