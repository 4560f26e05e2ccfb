import { assert, assertEquals } from "@std/assert";
import { key, paint, type ServiceSetup, settle, setUpService } from "./service_fixture.ts";

const BACKFILL_MS = 10_000;

/** Builds everything that may be built now. */
async function finishAll({ builder, clock }: ServiceSetup): Promise<void> {
  await settle();
  await builder.finishAll();
  await clock.advanceAsync(0);
}

/** Tells the service that a region is seen by so many from now on. */
function see({ seen, service, world }: ServiceSetup, morton: number, clients: number): void {
  seen.set(key(morton), clients);
  service.reprioritise(world, key(morton));
}

Deno.test("a camera that moves changes the order of what waits", async () => {
  const setup = setUpService();
  const { builder, built, sizes, service, world } = setup;
  paint(world, 0, 1);
  await settle();
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  for (const [morton, size] of [[1, 0.1], [2, 1], [3, 0.4]] as const) {
    sizes.set(key(morton), size);
    service.reprioritise(world, key(morton));
  }
  sizes.set(key(1), 8);
  service.reprioritise(world, key(1));
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [0, 1, 2, 3].map(key));
  service.dispose();
});

Deno.test("interest is asked for only where it can change something", async () => {
  let asked = 0;
  const setup = setUpService({ onInterest: () => asked++ });
  const { service, world } = setup;
  paint(world, 1, 1);
  paint(world, 2, 1);
  await finishAll(setup);
  asked = 0;
  for (let morton = 0; morton < 64; morton++) service.reprioritise(world, key(morton));
  assertEquals(asked, 0, "none of them waits");
  service.dispose();
});

Deno.test("a build that was asked for only because somebody looked is cancelled when nobody does any more", async () => {
  const setup = setUpService();
  const { builder, clock, service, world } = setup;
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  await finishAll(setup);
  await clock.advanceAsync(1000);
  for (const morton of [1, 2, 3]) service.request(world, key(morton), "esvo");
  await settle();
  see(setup, 2, 0);
  see(setup, 3, 0);
  see(setup, 3, 1);
  service.request(world, key(3), "esvo");
  await builder.finishAll();
  assertEquals(builder.started, 3 + 2, "1 was being built, 3 was looked at again");
  assertEquals([service.stats().cancellations, service.isIdle], [2, true]);
  service.dispose();
});

Deno.test("a request for what nobody looks at, or only did before its turn, is not built", async () => {
  const setup = setUpService();
  const { builder, clock, seen, service, world } = setup;
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  await finishAll(setup);
  await clock.advanceAsync(1000);
  seen.set(key(1), 0);
  service.request(world, key(1), "esvo");
  service.request(world, key(2), "esvo");
  service.request(world, key(3), "esvo");
  assertEquals(service.stats().queueDepth, 2, "the first is not even taken in");
  // Whoever looked at it went without a word.
  seen.set(key(3), 0);
  await finishAll(setup);
  assertEquals([builder.started, service.stats().cancellations], [4, 2]);
  service.dispose();
});

Deno.test("a dirty region that nobody sees any more goes to the back, but is built", async () => {
  const setup = setUpService();
  const { builder, built, service, world } = setup;
  paint(world, 0, 1);
  await settle();
  for (const morton of [1, 2, 3]) paint(world, morton, 1);
  see(setup, 1, 0);
  await builder.finishAll();
  assertEquals(built.map((region) => region.key), [0, 2, 3, 1].map(key));
  assertEquals([world.dirty.size, service.stats().cancellations], [0, 0]);
  service.dispose();
});

Deno.test("an import that nobody watches is built ahead, all of it and at once", async () => {
  const setup = setUpService({ defaultSeen: 0, slots: 4 });
  const { built, service, world } = setup;
  for (let morton = 0; morton < 64; morton++) paint(world, morton, 1);
  await finishAll(setup);
  assertEquals([built.length, world.dirty.size], [64, 0]);
  service.dispose();
});

/** Lets regions change ten times a second for some time and builds what is started. */
async function fly(setup: ServiceSetup, seconds: number, mortons: readonly number[]): Promise<number> {
  const before = setup.builder.started;
  for (let tick = 0; tick < seconds * 10; tick++) {
    for (const morton of mortons) paint(setup.world, morton, tick + 1, tick % 8);
    await setup.clock.advanceAsync(100);
    await setup.builder.finishAll();
  }
  return setup.builder.started - before;
}

Deno.test("a flock that nobody sees costs a build a region now and then, less and less often", async () => {
  const setup = setUpService({ defaultSeen: 0, slots: 4 });
  assertEquals(await fly(setup, 9, [1, 2, 3]), 3, "built ahead, once");
  const first = await fly(setup, 100, [1, 2, 3]);
  assert(first >= 3 && first <= 3 * 3, `${first} builds in 100 s of 3000 changes`);
  const later = await fly(setup, 200, [1, 2, 3]);
  assert(later >= 3 && later <= 3 * 2, `${later} builds in 200 s of 6000 changes`);
  setup.service.dispose();
});

Deno.test("a world in which more is dirty than the queue holds is not left alone, or it would answer BUSY", async () => {
  const setup = setUpService({ defaultSeen: 0, slots: 4, maxQueueDepth: 10 });
  const { service, world } = setup;
  const some = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const paintAll = async (mortons: readonly number[], color: number) => {
    for (const morton of mortons) paint(world, morton, color);
    await finishAll(setup);
    await setup.clock.advanceAsync(1000);
  };
  await paintAll([...some, 10], 1);
  await paintAll(some, 2);
  assertEquals(world.dirty.size, 10, "they rest");
  await paintAll([10], 2);
  await finishAll(setup);
  assert(world.dirty.size <= 10, `${world.dirty.size} dirty`);
  service.dispose();
});

Deno.test("a look ends the rest of a region at once, and leaving begins it anew", async () => {
  const setup = setUpService({ defaultSeen: 0 });
  const { builder, built, clock, service, world } = setup;
  await fly(setup, 60, [1]);
  paint(world, 1, 0xabcdef);
  await finishAll(setup);
  assert(world.dirty.has(key(1)), "nobody sees it");
  see(setup, 1, 1);
  await finishAll(setup);
  assertEquals([built.at(-1)!.version, world.dirty.size], [world.region(key(1))!.version, 0]);
  const seen = await fly(setup, 2, [1]);
  assert(seen >= 15, `${seen} builds in 2 s while it is seen`);
  see(setup, 1, 0);
  await clock.advanceAsync(1000);
  await builder.finishAll();
  assertEquals(await fly(setup, 9, [1]), 1, "ahead, once");
  service.dispose();
});

Deno.test("a look ends the rest also if it is first known of by a change, or while the region is being built", async () => {
  for (const comes of ["with a change", "during the build"]) {
    const setup = setUpService({ defaultSeen: 0 });
    const { builder, clock, seen, service, world } = setup;
    paint(world, 1, 1);
    await settle();
    if (comes === "during the build") see(setup, 1, 1);
    await finishAll(setup);
    await clock.advanceAsync(1000);
    seen.set(key(1), 1);
    if (comes === "with a change") {
      paint(world, 1, 2);
      await finishAll(setup);
      await clock.advanceAsync(1000);
    }
    seen.set(key(1), 0);
    paint(world, 1, 3);
    await finishAll(setup);
    assertEquals([world.dirty.size, service.isIdle], [0, true], `a look that comes ${comes}`);
    assertEquals(builder.jobs.length, 0);
    service.dispose();
  }
});

Deno.test("edits that nobody sees, with long calms between them, are each built ahead at once", async () => {
  const setup = setUpService({ defaultSeen: 0 });
  const { clock, service, world } = setup;
  for (let edit = 1; edit <= 3; edit++) {
    paint(world, 1, edit);
    await finishAll(setup);
    assertEquals(world.dirty.size, 0);
    await clock.advanceAsync(6 * BACKFILL_MS);
  }
  paint(world, 1, 8);
  await finishAll(setup);
  paint(world, 1, 9);
  await clock.advanceAsync(1.5 * BACKFILL_MS);
  await finishAll(setup);
  assertEquals(world.dirty.size, 0, "and the next one waits no longer than after the first");
  service.dispose();
});

Deno.test("an edit that nobody saw is built at the latest with the second backfill after it", async () => {
  const setup = setUpService({ defaultSeen: 0 });
  const { builder, clock, service, world } = setup;
  paint(world, 1, 1);
  await finishAll(setup);
  await clock.advanceAsync(1000);
  paint(world, 1, 2);
  await finishAll(setup);
  assertEquals([builder.started, world.dirty.size], [1, 1]);
  await clock.advanceAsync(2 * BACKFILL_MS);
  await finishAll(setup);
  assertEquals([builder.started, world.dirty.size], [2, 0]);
  service.dispose();
});

Deno.test("a request that a full queue refused is built as it drains, though the region is not dirty (original: blocked for 10 s)", async () => {
  const setup = setUpService({ maxQueueDepth: 4 });
  const { builder, clock, service, world } = setup;
  for (let morton = 0; morton < 8; morton++) paint(world, morton, 1);
  await finishAll(setup);
  await clock.advanceAsync(1000);
  const before = [builder.started, service.stats().refusals] as const;
  for (let morton = 0; morton < 8; morton++) service.request(world, key(morton), "esvo");
  assertEquals(service.stats().refusals - before[1], 4);
  await finishAll(setup);
  assertEquals(builder.started - before[0], 8);
  assertEquals(service.isIdle, true);
  service.dispose();
});

Deno.test("refused requests that find the queue full again as it drains keep their turn", async () => {
  const setup = setUpService({ maxQueueDepth: 8, slots: 4 });
  const { builder, clock, service, world } = setup;
  for (let morton = 0; morton < 16; morton++) paint(world, morton, 1);
  await finishAll(setup);
  await clock.advanceAsync(1000);
  const before = builder.started;
  for (let morton = 0; morton < 16; morton++) service.request(world, key(morton), "esvo");
  await finishAll(setup);
  assertEquals([builder.started - before, service.isIdle], [16, true]);
  service.dispose();
});

Deno.test("waits and build times are told and summed up", async () => {
  const waits: number[] = [];
  const times: number[] = [];
  const setup = setUpService({ onWait: (ms) => waits.push(ms), onBuildTime: (ms) => times.push(ms) });
  const { builder, clock, service, world } = setup;
  paint(world, 1, 1);
  await settle();
  paint(world, 2, 1);
  await settle();
  await clock.advanceAsync(300);
  await builder.finishAll();
  assertEquals([waits, times], [[0, 300], [2, 2]]);
  const { avgWaitMs, maxWaitMs, avgBuildTimeMs } = service.stats();
  assertEquals([avgWaitMs, maxWaitMs, avgBuildTimeMs], [150, 300, 2]);
  service.dispose();
});
