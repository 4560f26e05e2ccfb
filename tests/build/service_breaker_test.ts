import { assert, assertEquals } from "@std/assert";
import { key, paint, settle, setUpService } from "./service_fixture.ts";

Deno.test("a region that fails three times in a row is left alone for a minute, while others are built", async () => {
  const { builder, built, clock, service, world } = setUpService({ random: () => 1 });
  paint(world, 1, 1);
  await settle();
  for (const pauseMs of [500, 1000]) {
    await builder.failAll();
    assertEquals(service.stats().openBreakers, 0);
    await clock.advanceAsync(pauseMs);
  }
  await builder.failAll();
  assertEquals(service.stats().openBreakers, 1);
  paint(world, 2, 1);
  paint(world, 1, 2);
  service.request(world, key(1), "esvo");
  await clock.advanceAsync(59_999);
  assertEquals(builder.started, 4, "neither a change nor a request nor the backfill reaches it");
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [key(2)]);
  await clock.advanceAsync(1);
  assertEquals([builder.started, service.stats().halfOpenBreakers], [5, 1], "one trial");
  await builder.finishAll();
  assertEquals(built.map((region) => [region.key, region.version]), [[key(2), 1], [key(1), 2]]);
  const { failedBuilds, retries, openBreakers, halfOpenBreakers } = service.stats();
  assertEquals([failedBuilds, retries, openBreakers, halfOpenBreakers], [3, 3, 0, 0]);
  service.dispose();
});

Deno.test("a trial that fails leaves the region alone for another minute", async () => {
  const { builder, clock, service, world } = setUpService({ breakerFailures: 1 });
  paint(world, 1, 1);
  await settle();
  for (let trial = 1; trial <= 3; trial++) {
    await builder.failAll();
    await clock.advanceAsync(59_999);
    assertEquals([builder.started, service.stats().openBreakers], [trial, 1]);
    await clock.advanceAsync(1);
    assertEquals(builder.started, trial + 1);
  }
  service.dispose();
  assertEquals(clock.pending, 0);
});

Deno.test("faults of the backend open no region's breaker, however many", async () => {
  const { builder, clock, service, world } = setUpService({ random: () => 1 });
  paint(world, 1, 1);
  await settle();
  for (let time = 0; time < 10; time++) {
    await builder.failAll("device");
    await clock.advanceAsync(250);
  }
  assertEquals([service.stats().openBreakers, service.stats().retries], [0, 10]);
  service.dispose();
});

Deno.test("the failures of a region are remembered while it waits in the queue for long", async () => {
  const { builder, clock, seen, service, world } = setUpService({ random: () => 0.5 });
  paint(world, 1, 1);
  await settle();
  for (let time = 0; time < 2; time++) {
    await builder.failAll();
    await clock.advanceAsync(1000);
  }
  assertEquals(builder.jobs.length, 1);
  await builder.failAll("lost");
  // Something else has the only slot for longer than failures are remembered otherwise.
  paint(world, 2, 1);
  await settle();
  await clock.advanceAsync(100_000);
  assertEquals(builder.jobs.length, 1);
  seen.set(key(1), 9);
  await builder.finish();
  await builder.failAll();
  assertEquals(service.stats().openBreakers, 1, "the third of its own");
  service.dispose();
});

Deno.test("a world that goes takes its breakers along", async () => {
  const { builder, service, world, clock } = setUpService({ breakerFailures: 1 });
  paint(world, 1, 1);
  await settle();
  await builder.failAll();
  assertEquals(service.stats().openBreakers, 1);
  service.unwatch(world);
  assertEquals(service.stats().openBreakers, 0);
  service.dispose();
  assertEquals(clock.pending, 0);
});

Deno.test("a region that failed while somebody looked is not tried again once nobody does and it is not dirty", async () => {
  const { builder, clock, seen, service, world } = setUpService();
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  await clock.advanceAsync(1000);
  service.request(world, key(1), "esvo");
  await settle();
  await builder.failAll();
  seen.set(key(1), 0);
  await clock.advanceAsync(60_000);
  assertEquals([builder.started, service.isIdle], [2, true]);
  assert(service.stats().cancellations >= 1);
  service.dispose();
});
