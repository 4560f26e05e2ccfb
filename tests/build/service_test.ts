import { assert, assertEquals } from "@std/assert";
import { createGrid } from "../../src/space/mod.ts";
import { decodeLevel } from "../../src/tree/mod.ts";
import { World } from "../../src/world/mod.ts";
import { DEFAULT_WORLD_LIMITS } from "../support/limits.ts";
import { key, paint, settle, setUpService } from "./service_fixture.ts";

Deno.test("a dirty region is built, published with its version and hash, and is then no longer dirty", async () => {
  const { builder, world, built, service } = setUpService();
  paint(world, 3, 7);
  await settle();
  assertEquals(built.length, 0);
  await builder.finishAll();
  assertEquals(built.map((region) => [region.key, region.version]), [[key(3), 1]]);
  assertEquals(built[0]!.hash, world.snapshot(key(3)).hash);
  assertEquals([...decodeLevel(built[0]!.tree, 0).colors], [0xff000007]);
  assertEquals(world.dirty.size, 0);
  assert(service.isIdle);
  service.dispose();
});

Deno.test("several changes of one turn make one build", async () => {
  const { builder, world, service } = setUpService();
  for (let x = 0; x < 8; x++) paint(world, 1, x, x);
  await settle();
  await builder.finishAll();
  assertEquals(builder.started, 1);
  service.dispose();
});

Deno.test("the newest finished build is published even if stale, and the region is built again", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  paint(world, 1, 2);
  paint(world, 1, 3);
  await builder.finishAll();
  assertEquals(built.map((region) => region.version), [1], "published although version 3 exists");
  assert(world.dirty.has(key(1)));
  await clock.advanceAsync(100);
  await builder.finishAll();
  assertEquals(
    built.map((region) => region.version),
    [1, 3],
    "one build in flight a region, and one more after it",
  );
  assertEquals(world.dirty.size, 0);
  service.dispose();
});

Deno.test("a region that changes all the time is built ten times a second and never starves", async () => {
  const { builder, clock, world, built, service } = setUpService();
  for (let ms = 0; ms < 1000; ms += 10) {
    paint(world, 1, ms);
    await clock.advanceAsync(10);
    await builder.finishAll();
  }
  assert(built.length >= 9 && built.length <= 11, `${built.length} builds in a second`);
  service.dispose();
});

Deno.test("what many see, or see large, is built first", async () => {
  const { builder, world, built, seen, sizes, service } = setUpService({ defaultSeen: 0 });
  paint(world, 0, 1);
  await settle();
  for (const [morton, clients, size] of [[2, 2, 0.25], [3, 1, 4], [5, 8, 0.25]] as const) {
    seen.set(key(morton), clients);
    sizes.set(key(morton), size);
  }
  for (const morton of [1, 2, 3, 5]) paint(world, morton, 1);
  await settle();
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [0, 3, 5, 2, 1].map(key));
  service.dispose();
});

Deno.test("what a full queue refuses stays dirty and refills it as it drains", async () => {
  const { builder, world, built, service } = setUpService({ maxQueueDepth: 2 });
  for (let morton = 0; morton < 8; morton++) paint(world, morton, 1);
  await settle();
  assertEquals(service.stats().refusals > 0, true);
  await builder.finishAll();
  assertEquals(new Set(built.map((region) => region.key)).size, 8);
  assertEquals(world.dirty.size, 0);
  service.dispose();
});

Deno.test("a seen region that evicts an unseen one from a full queue does not lose it", async () => {
  const { builder, world, built, seen, service } = setUpService({ maxQueueDepth: 2, defaultSeen: 0 });
  for (const morton of [0, 1]) paint(world, morton, 1);
  for (const morton of [5, 6, 7]) {
    seen.set(key(morton), 1);
    paint(world, morton, 1);
  }
  await settle();
  assert(service.stats().evictions > 0);
  await builder.finishAll();
  assertEquals(built.length, 5);
  service.dispose();
});

Deno.test("a failed build is tried again after a growing, jittered pause, and others go on meanwhile", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  await builder.failAll();
  assertEquals(builder.started, 1, "not at once");
  assertEquals(service.stats().failedBuilds, 1);
  paint(world, 2, 1);
  await settle();
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [key(2)]);
  await clock.advanceAsync(500);
  assertEquals(builder.jobs.length, 1, "within twice the first pause");
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [key(2), key(1)]);
  assertEquals(world.dirty.size, 0);
  service.dispose();
});

Deno.test("the pause of a region that keeps failing doubles up to a minute", async () => {
  const { builder, clock, world, service } = setUpService({ random: () => 1, breakerFailures: 100 });
  paint(world, 1, 1);
  await settle();
  const pausesMs: number[] = [];
  for (let failures = 1; failures <= 10; failures++) {
    await builder.failAll();
    const failedAtMs = clock.monotonic();
    while (builder.jobs.length === 0) await clock.advanceAsync(250);
    pausesMs.push(clock.monotonic() - failedAtMs);
  }
  assertEquals(pausesMs, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  await builder.finishAll();
  paint(world, 1, 2);
  await clock.advanceAsync(100);
  assertEquals(builder.jobs.length, 1, "a success makes the failures forgotten");
  service.dispose();
});

Deno.test("a dirty region that the service never heard of is found by the backfill", async () => {
  /** A world whose changes nobody is told of. */
  class MuteWorld extends World {
    override onChange(): () => void {
      return () => {};
    }
  }
  const { builder, clock, built, service } = setUpService();
  const world = new MuteWorld({
    id: "mute",
    grid: createGrid({ min: [0, 0, 0], max: [32, 32, 32] }, 2, 3),
    epoch: 1,
    limits: DEFAULT_WORLD_LIMITS,
  });
  service.watch(world);
  paint(world, 1, 1);
  await clock.advanceAsync(9_999);
  assertEquals(builder.started, 0);
  await clock.advanceAsync(1);
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [key(1)]);
  service.dispose();
});

Deno.test("an emptied region is published as an empty tree without a builder", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  world.apply({ kind: "clear" });
  await clock.advanceAsync(100);
  assertEquals(builder.started, 1);
  assertEquals(built.map((region) => [region.version, region.tree.counts[0]]), [[1, 1], [2, 0]]);
  service.dispose();
});

Deno.test("a request builds a region that is not dirty", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  await builder.finishAll();
  await clock.advanceAsync(200);
  service.request(world, key(1), "esvo");
  await settle();
  await builder.finishAll();
  assertEquals(built.map((region) => region.version), [1, 1]);
  service.dispose();
});

Deno.test("a build of a world that was given up meanwhile is dropped, and dispose leaves no timer", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  paint(world, 2, 1);
  await settle();
  service.unwatch(world);
  await builder.finishAll();
  assertEquals(built.length, 0);
  assert(service.isIdle);
  service.dispose();
  assertEquals(clock.pending, 0);
});

Deno.test("a request for a region that is being built makes no second build of the same version", async () => {
  const { builder, clock, world, built, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  service.request(world, key(1), "esvo");
  await builder.finishAll();
  await clock.advanceAsync(500);
  assertEquals([builder.started, built.length], [1, 1]);
  service.dispose();
});

Deno.test("what nobody sees is not built while it could not be kept; what is seen is", async () => {
  let hasRoom = false;
  const { builder, clock, world, built, seen, service } = setUpService({
    hasRoom: () => hasRoom,
    defaultSeen: 0,
  });
  seen.set(key(2), 1);
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  await settle();
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [key(2)]);
  hasRoom = true;
  await clock.advanceAsync(10_000);
  await builder.finishAll();
  assertEquals(built.map((region) => region.key).sort(), [key(1), key(2), key(3)]);
  service.dispose();
});

Deno.test("the count of builds leaves out failures, and the mean time what no builder built", async () => {
  const { builder, clock, world, service } = setUpService();
  paint(world, 1, 1);
  await settle();
  await builder.failAll();
  await clock.advanceAsync(500);
  await builder.finishAll();
  world.apply({ kind: "clear" });
  await clock.advanceAsync(100);
  const { totalBuilds, failedBuilds, avgBuildTimeMs } = service.stats();
  assertEquals([totalBuilds, failedBuilds, avgBuildTimeMs], [2, 1, 2]);
  service.dispose();
});
