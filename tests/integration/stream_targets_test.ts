import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { suiteOrProof } from "../support/runs.ts";
import { serverNeeds } from "./running_server.ts";
import { coarsePass, movingEntity, resumeElsewhere, resumeUnchanged, treeServer } from "./stream_measures.ts";

const STEPS = suiteOrProof(100, 2000);

testWith(serverNeeds, "the whole tree is shown coarse within 8 % of the bytes of its full view", async () => {
  await using server = await treeServer();
  const { coarseBytes, allBytes, regions, isFirst } = await coarsePass(server);
  assert(regions > 50, `${regions} regions are no view of a tree`);
  assert(isFirst, "a region was shown finer before all were shown coarse");
  assert(coarseBytes <= 0.08 * allBytes, `${coarseBytes} of ${allBytes} bytes are more than 8 %`);
});

testWith(
  serverNeeds,
  "who comes back to an unchanged world costs less than 1 % of the bytes of coming new",
  async () => {
    await using server = await treeServer();
    const { coldBytes, resumedBytes, frames } = await resumeUnchanged(server);
    assertEquals(frames, 0);
    assert(resumedBytes < 0.01 * coldBytes, `${resumedBytes} of ${coldBytes} bytes are not less than 1 %`);
  },
);

testWith(
  serverNeeds,
  "a small entity on its way through a region of 8 KB costs 5 % of it a step, and all see it right",
  async () => {
    await using server = await treeServer();
    const { fullBytes, stepBytes, fullSteps } = await movingEntity(server, STEPS);
    assert(fullBytes >= 8192);
    assertEquals([stepBytes.length, fullSteps], [STEPS, 0]);
    const mean = stepBytes.reduce((sum, bytes) => sum + bytes, 0) / STEPS;
    assert(mean <= 0.05 * fullBytes, `a step of ${mean} bytes is more than 5 % of ${fullBytes}`);
  },
);

testWith(
  serverNeeds,
  "what a client held of a server before its restart is no excuse: it is sent everything anew",
  async () => {
    await using before = await treeServer();
    await using after = await treeServer();
    const { frames, regions, epochs } = await resumeElsewhere(before, after);
    assertNotEquals(epochs[0], epochs[1]);
    assert(frames >= regions);
  },
);
