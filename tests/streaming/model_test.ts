import { assert } from "@std/assert";
import fc from "fast-check";
import { runs } from "../support/runs.ts";
import { Model } from "./model.ts";
import { calmPlan, type Plan, wildPlan } from "./model_plan.ts";

async function runAll(plan: Plan): Promise<Model> {
  const model = new Model(plan);
  for (const step of plan.steps) await model.run(step);
  await model.end();
  return model;
}

Deno.test("once things go quiet every client holds the world that it sees, whatever has happened before", async () => {
  await fc.assert(
    fc.asyncProperty(wildPlan, async (plan) => {
      await runAll(plan);
    }),
    { numRuns: runs(40) },
  );
});

Deno.test("those who look on while full regions are edited hold exactly the world by what has changed alone", async () => {
  let deltas = 0;
  await fc.assert(
    fc.asyncProperty(calmPlan, async (plan) => {
      deltas += (await runAll(plan)).fixture.streamer.bulkStats().framesByType.delta;
    }),
    { numRuns: runs(20) },
  );
  assert(deltas > 5, `${deltas} deltas`);
});
