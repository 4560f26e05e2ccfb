import { assert, assertEquals } from "@std/assert";
import { key, paint, settle, setUpService } from "./service_fixture.ts";

const REGIONS = 64;

Deno.test("a builder with room for everything is fed in slices, each of the pump's budget of time", async () => {
  const { builder, clock, service, world } = setUpService({ slots: 1000, startMs: 1 });
  for (let morton = 0; morton < REGIONS; morton++) paint(world, morton, 1);
  await settle();
  assertEquals(builder.started, 8);
  for (let slice = 2; slice <= 8; slice++) {
    await clock.advanceAsync(0);
    assertEquals(builder.started, 8 * slice);
  }
  service.dispose();
  assertEquals(clock.pending, 0);
});

Deno.test("results that come all at once are published in slices, too, and none is lost", async () => {
  const { builder, built, clock, service, world } = setUpService({ slots: 1000, publishMs: 1 });
  for (let morton = 0; morton < REGIONS; morton++) paint(world, morton, 1);
  await settle();
  assertEquals(builder.jobs.length, REGIONS);
  await clock.advanceAsync(0);
  await builder.finishAtOnce();
  assertEquals(built.length, 8);
  assertEquals(service.stats().inFlight, REGIONS - 8, "what is not published is still on its way");
  for (let slice = 2; slice <= 8; slice++) await clock.advanceAsync(0);
  assertEquals(built.length, REGIONS);
  assertEquals([world.dirty.size, service.isIdle], [0, true]);
  service.dispose();
});

Deno.test("a queue that is smaller than the builder's slots still takes in every dirty region", async () => {
  const { builder, built, service, world } = setUpService({ slots: 1000, maxQueueDepth: 4 });
  for (let morton = 0; morton < REGIONS; morton++) paint(world, morton, 1);
  await settle();
  await builder.finishAll();
  assertEquals(new Set(built.map((region) => region.key)).size, REGIONS);
  assertEquals(world.dirty.size, 0);
  service.dispose();
});

Deno.test("emptied regions, which need no builder, are published in slices as well", async () => {
  const { builder, built, clock, service, world } = setUpService({ slots: 1000, publishMs: 1 });
  for (let morton = 0; morton < REGIONS; morton++) paint(world, morton, 1);
  await settle();
  await builder.finishAtOnce();
  await clock.advanceAsync(200);
  built.length = 0;
  world.apply({ kind: "clear" });
  await settle();
  assert(built.length <= 8, `${built.length} at once`);
  await clock.advanceAsync(200);
  assertEquals(built.map(({ tree }) => tree.counts[0]), new Array(REGIONS).fill(0));
  service.dispose();
});

for (const reason of ["lost", "device", "unavailable"] as const) {
  Deno.test(`a build that ended as ${reason} is no fault of its region: the pause does not grow`, async () => {
    const { builder, built, clock, service, world } = setUpService({ random: () => 1 });
    paint(world, 1, 1);
    await settle();
    for (let time = 0; time < 10; time++) {
      await builder.failAll(reason);
      await clock.advanceAsync(249);
      assertEquals(builder.jobs.length, 0, "not at once");
      await clock.advanceAsync(1);
      assertEquals(builder.jobs.length, 1, "and not much later");
    }
    await builder.failAll();
    await clock.advanceAsync(499);
    assertEquals(builder.jobs.length, 0);
    await clock.advanceAsync(1);
    assertEquals(builder.jobs.length, 1, "and a failure of its own counts as the first");
    await builder.finishAll();
    assertEquals(built.map((region) => region.key), [key(1)]);
    assertEquals(service.stats().failedBuilds, 11);
    service.dispose();
  });
}

Deno.test("the pause after a fault of the backend is jittered, down to the least time between two builds", async () => {
  const { builder, clock, service, world } = setUpService({ random: () => 0 });
  paint(world, 1, 1);
  await settle();
  await builder.failAll("device");
  await clock.advanceAsync(99);
  assertEquals(builder.started, 1);
  await clock.advanceAsync(1);
  assertEquals(builder.started, 2);
  service.dispose();
});

Deno.test("a builder that can build nothing is not offered the whole queue, and all of it later", async () => {
  const { builder, built, clock, service, world } = setUpService({ slots: 2, random: () => 1 });
  for (let morton = 0; morton < REGIONS; morton++) paint(world, morton, 1);
  await settle();
  assertEquals(builder.started, 2);
  await builder.failAll("unavailable");
  await clock.advanceAsync(249);
  assertEquals(builder.started, 2, "it is left alone");
  await clock.advanceAsync(1);
  assertEquals(builder.started, 4, "and tried again");
  while (builder.jobs.length > 0) {
    await builder.finishAll();
    await clock.advanceAsync(250);
  }
  assertEquals(new Set(built.map((region) => region.key)).size, REGIONS);
  service.dispose();
  assertEquals(clock.pending, 0);
});

Deno.test("when publishing throws, the other regions go on", async () => {
  let thrown = 0;
  const { builder, service, world } = setUpService({
    onBuilt: () => {
      if (thrown++ === 0) throw new Error("nobody can show this");
    },
  });
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  await settle();
  await builder.finishAll();
  assertEquals([thrown, world.dirty.size, service.isIdle], [3, 0, true]);
  service.dispose();
});
