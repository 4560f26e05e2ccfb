import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import type { HeldRegion } from "../../src/protocol/mod.ts";
import { regionMorton } from "../../src/space/mod.ts";
import { decodeLevel, type Tree, type TreeKind } from "../../src/tree/mod.ts";
import { runs } from "../support/runs.ts";
import { type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const NOWHERE = look([1, 1, 60], [1, 1, 100]);

/** A fixture in which every dirty region is built by itself, as the build service does. */
function setUp(): StreamFixture {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  fixture.paint(30, 30, 30, GREEN);
  return fixture;
}

/** Formats of the frames that came: 1 for ESVO, 2 for ESVT. */
function formats(client: FakeClient): number[] {
  return client.frames.map(({ header }) => header.format);
}

function sameAs(frame: HeldRegion | undefined, tree: Tree): boolean {
  const { keys, colors } = decodeLevel(tree, 0);
  return frame !== undefined && keys.join() === frame.keys.join() && colors.join() === frame.colors.join();
}

Deno.test("clients of both kinds see one world side by side, each in its own", async () => {
  const fixture = setUp();
  const octrees = fixture.connect(wholeView(), "esvo");
  const tetrees = fixture.connect(wholeView(), "esvt");
  await fixture.clock.advanceAsync(100);
  assertEquals([formats(octrees), formats(tetrees)], [[1, 1], [2, 2]]);
  for (const [region, { version }] of fixture.world.regions) {
    const { samples } = fixture.world.snapshot(region);
    const octree = octrees.shown.get(regionMorton(region))!;
    const tetree = tetrees.shown.get(regionMorton(region))!;
    assertEquals(octree.keys, samples.keys);
    assert(sameAs(tetree, buildEsvt(samples, 3)), "the tetrahedra of the same voxels");
    assertEquals([octree.version, tetree.version], [version, version]);
  }
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

Deno.test("an edit reaches clients of both kinds at once", async () => {
  const fixture = setUp();
  const clients = [fixture.connect(wholeView(), "esvo"), fixture.connect(wholeView(), "esvt")];
  await fixture.clock.advanceAsync(100);
  const before = clients.map(({ frames }) => frames.length);
  fixture.paint(2, 2, 2, GREEN);
  await fixture.clock.advanceAsync(0);
  assertEquals(clients.map(({ frames }) => frames.length), before.map((count) => count + 1));
  assertEquals(clients.map(({ frames }) => frames.at(-1)!.header.version), [2, 2]);
  fixture.streamer.dispose();
});

Deno.test("what is not seen in a kind is not built in it, and an old build of it is replaced when it is seen again", async () => {
  const fixture = setUp();
  const octrees = fixture.connect(wholeView(), "esvo");
  const tetrees = fixture.connect(wholeView(), "esvt");
  await fixture.clock.advanceAsync(100);
  fixture.streamer.updateViewport(tetrees.connection, NOWHERE);
  await fixture.clock.advanceAsync(100);
  const region = fixture.paint(1, 1, 1, GREEN);
  assertEquals(fixture.streamer.wantedKinds(fixture.world, region, 3), ["esvo"]);
  await fixture.clock.advanceAsync(100);
  assertEquals(octrees.shown.get(regionMorton(region))!.version, 2);
  fixture.requestedKinds.length = 0;
  fixture.streamer.updateViewport(tetrees.connection, wholeView());
  await fixture.clock.advanceAsync(100);
  const newest = tetrees.shown.get(regionMorton(region))!;
  assertEquals([newest.version, newest.colors[0]], [2, GREEN], "not the build of before");
  assertEquals(fixture.requestedKinds, ["esvt"], "and only what was old was asked for");
  fixture.streamer.dispose();
});

Deno.test("which kinds are to be built: those that are seen, else the world's own, less what is there", async () => {
  const fixture = setUp();
  const { streamer, world } = fixture;
  const [region] = [...world.regions.keys()];
  assertEquals(streamer.wantedKinds(world, region!, 2), ["esvo"], "nobody looks");
  const tetrees = fixture.connect(wholeView(), "esvt");
  await fixture.clock.advanceAsync(100);
  assertEquals(streamer.wantedKinds(world, region!, 2), ["esvt"]);
  assertEquals(streamer.wantedKinds(world, region!, 1), [], "the version that is in the cache");
  const octrees = fixture.connect(wholeView(), "esvo");
  await fixture.clock.advanceAsync(100);
  assertEquals(streamer.wantedKinds(world, region!, 2), ["esvo", "esvt"]);
  assertEquals(streamer.interestIn(world, region!).seen, 2, "whatever the kind");
  assertEquals([
    streamer.wantedPayloads(world, region!, "esvo"),
    streamer.wantedPayloads(world, region!, "esvt"),
  ], [
    [0],
    [0],
  ]);
  streamer.remove(tetrees.connection);
  assertEquals(streamer.wantedKinds(world, region!, 2), ["esvo"]);
  assertEquals(streamer.wantedPayloads(world, region!, "esvt"), []);
  streamer.remove(octrees.connection);
  streamer.removeWorld(world);
  assertEquals(fixture.cache.stats().totalBytes, 0, "of a world that goes, both kinds leave the cache");
  streamer.dispose();
});

Deno.test("registering in the other kind moves the client, and it gets everything anew", async () => {
  const fixture = setUp();
  const { streamer, world } = fixture;
  const client = fixture.connect(wholeView(), "esvo");
  await fixture.clock.advanceAsync(100);
  assertEquals(streamer.clientsByKind(), { esvo: 1, esvt: 0 });
  client.isStuck = true;
  streamer.register(client.connection, world, { viewport: wholeView(), codec: 2, kind: "esvt" });
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(100);
  assertEquals(formats(client), [1, 1, 2, 2]);
  assertEquals([streamer.clientsByKind(), streamer.clientCount], [{ esvo: 0, esvt: 1 }, 1]);
  assertEquals(streamer.streamOf(client.connection), { world, kind: "esvt", wanted: 2 });
  assertEquals(fixture.cache.stats().countByKind, { esvo: 2, esvt: 2 });
  const { delivered, deliveredByKind } = streamer.ledger();
  assertEquals([delivered, deliveredByKind], [4, { esvo: 2, esvt: 2 }]);
  streamer.dispose();
});

Deno.test("both kinds end up exact and the ledger adds up after any mix of edits, cameras and kinds", async () => {
  const step = fc.record({
    action: fc.constantFrom("paint", "paint", "erase", "look", "away", "kind", "stick", "drain", "wait"),
    client: fc.nat({ max: 2 }),
    at: fc.tuple(fc.nat({ max: 31 }), fc.nat({ max: 31 }), fc.nat({ max: 31 })),
    amount: fc.integer({ min: 1, max: 150 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const fixture = new StreamFixture({ maxPendingSendsPerClient: 2 });
      const { streamer, world, clock } = fixture;
      const kinds: TreeKind[] = ["esvo", "esvt", "esvo"];
      const clients = kinds.map((kind) => fixture.connect(wholeView(), kind));
      for (const { action, client: index, at, amount } of steps) {
        const client = clients[index]!;
        const { connection } = client;
        if (action === "paint") fixture.paint(...at, 0xff000000 + amount);
        else if (action === "erase") world.apply({ kind: "clear" });
        else if (action === "look") streamer.updateViewport(connection, wholeView(amount));
        else if (action === "away") streamer.updateViewport(connection, NOWHERE);
        else if (action === "stick") client.isStuck = true;
        else if (action === "drain") [client.isStuck, client.bufferedAmount] = [false, 0];
        else if (action === "wait") await clock.advanceAsync(amount);
        else {
          kinds[index] = kinds[index] === "esvo" ? "esvt" : "esvo";
          client.frames.length = 0;
          streamer.register(connection, world, { viewport: wholeView(), codec: 2, kind: kinds[index]! });
        }
      }
      for (const client of clients) {
        [client.isStuck, client.bufferedAmount] = [false, 0];
        streamer.updateViewport(client.connection, wholeView());
      }
      await clock.advanceAsync(1500);
      const { owed, delivered, superseded, leftView, dropped, pending } = streamer.ledger();
      const gone = Object.values(dropped).reduce((sum, frames) => sum + frames, 0);
      assertEquals([owed, pending], [delivered + superseded + leftView + gone + pending, 0]);
      clients.forEach(({ shown }, i) => {
        for (const region of world.regions.keys()) {
          const { samples } = world.snapshot(region);
          const frame = shown.get(regionMorton(region));
          if (samples.keys.length === 0) assertEquals(frame, undefined);
          else if (kinds[i] === "esvo") assertEquals(frame?.keys, samples.keys);
          else assert(sameAs(frame, buildEsvt(samples, 3)));
        }
      });
      streamer.dispose();
      assertEquals([clock.pending, fixture.cache.stats().pinnedCount], [0, 0]);
    }),
    { numRuns: runs(100) },
  );
});
