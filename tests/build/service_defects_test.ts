import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededRandom } from "../../src/observe/mod.ts";
import { decodeLevel, hashSamples, sameHash } from "../../src/tree/mod.ts";
import { runs } from "../support/runs.ts";
import { key, paint, settle, setUpService } from "./service_fixture.ts";

/* Each of these would have caught a defect of the original system, which its name tells. */

Deno.test("a region that is built already is built again after every change (original: never refreshed while cached)", async () => {
  const { builder, built, clock, service, world } = setUpService();
  for (let version = 1; version <= 5; version++) {
    paint(world, 1, version);
    await clock.advanceAsync(100);
    await builder.finishAll();
    assertEquals(built.at(-1)!.version, version);
    assertEquals(decodeLevel(built.at(-1)!.tree, 0).colors[0], (0xff000000 | version) >>> 0);
  }
  service.dispose();
});

Deno.test("a region that changes during each of its builds is shown all the same (original: every result was discarded)", async () => {
  const { builder, built, clock, service, world } = setUpService();
  paint(world, 1, 1);
  await settle();
  for (let change = 2; change <= 40; change++) {
    assert(builder.jobs.length === 1);
    paint(world, 1, change);
    await builder.finishAll();
    await clock.advanceAsync(100);
  }
  assertEquals(built.length, 39);
  assert(built.every(({ version }, i) => version === i + 1), "one for each build, none older than before");
  service.dispose();
});

Deno.test("what waits is taken in the queue's order, and the queue is empty afterwards (original: first in, first out, and every request leaked)", async () => {
  const { builder, built, seen, service, world } = setUpService({ defaultSeen: 0 });
  paint(world, 0, 1);
  await settle();
  for (let morton = 1; morton < 64; morton++) {
    if (morton % 4 === 0) seen.set(key(morton), 1);
    paint(world, morton, 1);
  }
  assertEquals(service.stats().queueDepth, 63);
  await settle();
  await builder.finishAll();
  const order = built.slice(1).map((region) => seen.get(region.key) ?? 0);
  assertEquals(order, [...order].sort((a, b) => b - a));
  assertEquals([service.stats().queueDepth, service.isIdle, order.length], [0, true, 63]);
  service.dispose();
});

for (const reason of ["a full queue", "an error", "a fault of the backend", "a stale result"] as const) {
  Deno.test(`${reason} does not keep a region from being asked for (original: blocked until the next retry)`, async () => {
    const { builder, built, clock, service, world } = setUpService({ maxQueueDepth: 1, random: () => 0 });
    paint(world, 1, 1);
    await settle();
    await builder.finishAll();
    await clock.advanceAsync(1000);
    if (reason === "a full queue") {
      for (const morton of [2, 3]) paint(world, morton, 1);
      await settle();
      paint(world, 4, 1);
    }
    service.request(world, key(1), "esvo");
    await settle();
    if (reason === "an error") await builder.failAll();
    if (reason === "a fault of the backend") await builder.failAll("lost");
    if (reason === "a stale result") paint(world, 1, 2);
    const before = built.filter((region) => region.key === key(1)).length;
    for (let i = 0; i < 5; i++) {
      await builder.finishAll();
      await clock.advanceAsync(100);
    }
    const after = built.filter((region) => region.key === key(1));
    assert(after.length > before, "within half a second");
    assertEquals(after.at(-1)!.version, world.region(key(1))!.version);
    service.dispose();
  });
}

Deno.test("whatever fails, is late, moves or is refused: once it is quiet every region is built as it is, and bounds hold", async () => {
  const step = fc.record({
    action: fc.constantFrom("paint", "paint", "paint", "see", "request", "finish", "fail", "lose", "wait"),
    morton: fc.nat({ max: 11 }),
    number: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      async (steps, maxQueueDepth, seed) => {
        const { builder, built, clock, seen, service, world } = setUpService({
          slots: 2,
          maxQueueDepth,
          defaultSeen: 0,
          random: seededRandom(seed),
        });
        for (const { action, morton, number } of steps) {
          const region = key(morton);
          if (action === "paint") paint(world, morton, number + 1, number);
          else if (action === "see") {
            seen.set(region, number >> 1);
            service.reprioritise(world, region);
          } else if (action === "request") service.request(world, region, "esvo");
          else if (action === "finish" && builder.jobs.length > 0) await builder.finish();
          else if (action === "fail") await builder.failAll();
          else if (action === "lose") await builder.failAll("lost");
          else await clock.advanceAsync(number * 60);
          const { queueDepth, inFlight } = service.stats();
          assert(queueDepth >= 0 && queueDepth <= maxQueueDepth && inFlight <= 2);
        }
        // Longer than any pause: that of a breaker, and the first ones of regions that nobody sees.
        for (let ms = 0; ms < 200_000; ms += 5000) {
          await clock.advanceAsync(5000);
          await builder.finishAll();
        }
        assertEquals([world.dirty.size, service.isIdle], [0, true]);
        for (const [region, { version }] of world.regions) {
          const newest = built.findLast((one) => one.key === region)!;
          assertEquals(newest.version, version);
          assert(sameHash(hashSamples(decodeLevel(newest.tree, 0)), world.snapshot(region).hash));
        }
        const versions = new Map<number, number>();
        for (const { key: region, version } of built) {
          assert(version >= (versions.get(region) ?? 0), "versions never go back");
          versions.set(region, version);
        }
        const { openBreakers, halfOpenBreakers } = service.stats();
        assertEquals([openBreakers, halfOpenBreakers], [0, 0]);
        service.dispose();
        assertEquals(clock.pending, 0);
      },
    ),
    { numRuns: runs(60) },
  );
});
