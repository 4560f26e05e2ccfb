import { assert, assertEquals } from "@std/assert";
import { churn } from "../prove/churn_part.ts";
import { crowd } from "../prove/crowd_part.ts";
import { needs, testWith } from "../support/needs.ts";

const crowdNeeds = await needs({ net: "127.0.0.1" }, { read: true }, { run: "deno" });

testWith(
  crowdNeeds,
  "a crowd on circling cameras is owed nothing in the end, and the one too many is closed with 4001",
  async () => {
    const { comparison, report, adds, streaming, refusedWith } = await crowd({
      clients: 20,
      regions: 300,
      viewportsPerSecond: 10,
      editsPerSecond: 100,
      warmSeconds: 0,
      seconds: 1,
      most: 22,
    });
    assert(report.measured > 500, `${report.measured} frames of changes`);
    assertEquals([comparison.wrong, report.closed, adds], [0, 0, true]);
    assertEquals([streaming, refusedWith], [22, 4001]);
  },
);

testWith(crowdNeeds, "of clients that come and go in every way nothing is left", async () => {
  const { report, isClean } = await churn({ rounds: 3, warmRounds: 0, roundSeconds: 0.5, atOnce: 8 });
  assert(report.deaths > 0 && report.farewells > 0 && report.subscriptions > 0);
  assert(isClean);
});
