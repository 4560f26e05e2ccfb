import { assert, assertEquals, assertRejects } from "@std/assert";
import { seededRandom, systemClock } from "../../src/observe/mod.ts";
import { startDemo } from "../../src/sources/mod.ts";
import { createGrid } from "../../src/space/mod.ts";
import { World } from "../../src/world/mod.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { DEFAULT_IMPORT_LIMITS, DEFAULT_WORLD_LIMITS } from "../support/limits.ts";

const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);

function emptyWorld(): World {
  return new World({ id: "main", grid: GRID, epoch: 1, limits: DEFAULT_WORLD_LIMITS });
}

testWith(modelNeeds, "the demo scene is the tree, and a flock around its crown", async () => {
  const world = emptyWorld();
  const flock = await startDemo({
    limits: DEFAULT_IMPORT_LIMITS,
    world,
    clock: systemClock,
    random: seededRandom(1),
  });
  flock.stop();
  assertEquals([world.voxelCount, world.entityCount], [768_068, 48]);
  const { min, max } = world.contentBounds()!;
  for (const { position: [x, y, z] } of flock.birds()) {
    assert(y > min[1] + (max[1] - min[1]) / 2, "a bird below the crown");
    assert(Math.hypot(x - 512, z - 512) < 300, "a bird far from the tree");
  }
});

testWith(modelNeeds, "a demo that is given up leaves the world as it was", async () => {
  const world = emptyWorld();
  const controller = new AbortController();
  world.onChange(() => controller.abort(new Error("stop")));
  const options = {
    limits: DEFAULT_IMPORT_LIMITS,
    world,
    clock: systemClock,
    random: seededRandom(1),
    signal: controller.signal,
  };
  await assertRejects(() => startDemo(options), Error, "stop");
  assertEquals([world.voxelCount, world.entityCount], [0, 0]);
});
