import { assert, assertEquals } from "@std/assert";
import { SORTED_STAGES } from "../../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../../src/build/gpu/stages.ts";
import type { Recording, Stage } from "../../src/gpu/mod.ts";
import { TREE_KINDS } from "../../src/tree/mod.ts";
import { sphere } from "../build/gpu/batch_samples.ts";
import { buildWithTwins, planBuild } from "../build/gpu/twin_builder.ts";
import { runTwins } from "../build/gpu/twins/run_twins.ts";
import { paint } from "../build/samples.ts";
import { testWith } from "../support/needs.ts";
import { type ComputePage, openComputePage } from "./compute_page.ts";
import { browserNeeds } from "./viewer_fixture.ts";

const STAGES: readonly Stage[] = [
  ...Object.values({ ...BUILD_STAGES, ...SORTED_STAGES }),
  SHAPE_STAGES.brickNodes,
  SHAPE_STAGES.upperNodes,
];

/** Names of stages that the browser refuses, with file and line. */
async function refusals(page: ComputePage, stages: readonly Stage[]): Promise<string[]> {
  const found = await page.compile(stages);
  return found.map(({ stage, line, message }) => {
    const { place } = stages.find(({ name }) => name === stage)!.source.locate(line);
    return `${place}: ${message}`;
  });
}

testWith(
  browserNeeds,
  "the browser's compiler takes every shader, and builds both kinds with them as the twins do",
  async () => {
    await using page = await openComputePage();
    assertEquals(await refusals(page, STAGES), []);
    for (const kind of TREE_KINDS) {
      const batch = [sphere(4), paint([1, 2, 3, 7, 8 ** 6 - 1])].map((samples, i) => {
        return { kind, depth: [4, 6][i]!, samples };
      });
      for (const isSorted of [false, true]) {
        const { room } = buildWithTwins(batch, { isSorted });
        const recording: Recording = planBuild(batch, { room, isSorted }).recorder;
        const expected = runTwins(recording).map((bytes) => [...new Uint32Array(bytes)]);
        assertEquals(await page.run(recording), expected, kind);
      }
    }
  },
);

testWith(browserNeeds, "the browser's compiler refuses a barrier that not all threads reach", async () => {
  await using page = await openComputePage();
  const { source } = BUILD_STAGES.scanBlocks;
  const barrier = "workgroupBarrier();";
  assert(source.code.includes(barrier));
  const code = source.code.replace(barrier, `if (local == 0u) { ${barrier} }`);
  const broken = { name: "broken", source: { code, bindings: source.bindings } } as unknown as Stage;
  const found = await page.compile([broken]);
  assertEquals(found.length, 1);
  assert(/uniform control flow/.test(found[0]!.message), found[0]!.message);
});
