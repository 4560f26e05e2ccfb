import { assert, assertEquals } from "@std/assert";
import { cacheKey, RegionCache } from "../../src/cache/mod.ts";
import { encodeMorton, type RegionKey } from "../../src/space/mod.ts";
import { ClientView, type ViewContext } from "../../src/streaming/client_view.ts";
import { FrameLedger } from "../../src/streaming/ledger.ts";
import { RegionTables } from "../../src/streaming/region_table.ts";
import { streamFeatures } from "../../src/streaming/stream_features.ts";
import { WorldStream } from "../../src/streaming/world_stream.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;

/** Something in each of the 16 regions of one layer. */
function layer(options: ConstructorParameters<typeof StreamFixture>[0] = {}): StreamFixture {
  const fixture = new StreamFixture(options);
  for (let i = 0; i < 16; i++) fixture.paint((i % 4) * 8, (i >> 2) * 8, 8, RED + i);
  return fixture;
}

function told(client: FakeClient): Record<string, unknown>[] {
  return client.texts.map((text) => JSON.parse(text)).filter(({ type }) => type === "BACKPRESSURE")
    .map(({ data }) => data);
}

const MIDDLE = [1, 2].flatMap((x) => [1, 2].map((y) => encodeMorton(x, y, 1)));
const ascending = (a: number, b: number) => a - b;

Deno.test("of a view wider than maxRegionsPerView the centre is sent, and the client is told once how much is left out", async () => {
  const fixture = layer({ maxRegionsPerView: 4 });
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(5000);
  assertEquals([...client.shown.keys()].sort(ascending), [...MIDDLE].sort(ascending));
  assertEquals(fixture.streamer.streamOf(client.connection)!.wanted, 4);
  assertEquals(told(client), [{ state: "held", reason: "view", held_regions: 12, finest_lod: 0 }]);
  // Registering again tells nothing anew.
  fixture.streamer.register(client.connection, fixture.world, {
    viewport: wholeView(31),
    codec: 2,
    kind: "esvo",
  });
  await fixture.clock.advanceAsync(1000);
  assertEquals(told(client).length, 1);
  fixture.streamer.updateViewport(client.connection, look([4, 4, 20], [4, 4, 0]));
  await fixture.clock.advanceAsync(1000);
  assertEquals(told(client).slice(1), [{
    state: "released",
    reason: "view",
    held_regions: 0,
    finest_lod: 0,
  }]);
  const { held, released } = fixture.streamer.pressureStats();
  assertEquals([held.view, released.view], [1, 1]);
  fixture.streamer.dispose();
  assertEquals(fixture.cache.stats().pinnedCount, 0);
});

/** A view of its own of a world with 1,600 regions in one layer. */
function setUp(viewport: Viewport) {
  const fixture = new StreamFixture();
  const world = fixture.worlds.create("wide", {
    level: 6,
    depth: 3,
    bounds: { min: [0, 0, 0], max: [512, 512, 512] },
  });
  const positions = new Uint32Array(3 * 1600);
  for (let i = 0; i < 1600; i++) positions.set([8 * (i % 40), 8 * Math.floor(i / 40), 0], 3 * i);
  world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(1600).fill(RED) } });
  const cache = new RegionCache({ maxBytes: 1 << 24, ttlMs: 1000, now: () => 0 });
  const asked: RegionKey[] = [];
  const told: RegionKey[] = [];
  const context: ViewContext = {
    cache,
    ledger: new FrameLedger(),
    tables: new RegionTables(),
    maxRegionsPerView: 1 << 20,
    requestBuild: (_stream, key) => asked.push(key),
    interestChanged: (_stream, key) => told.push(key),
  };
  const stream = new WorldStream(world, "esvo", 1, fixture.lodRule, () => {});
  const style = { codec: 2, features: streamFeatures([]), coarseLod: 3 } as const;
  const view = new ClientView(stream, { ...style, viewport, known: () => new Map() }, context);
  /** Regions that are pinned. */
  const pins = () => [...world.regions.keys()].filter((key) => cache.pins(stream.cacheKey(key)) > 0).length;
  return { view, asked, told, pins };
}

const WIDE = look([160, 160, 600], [160, 160, 0]);

Deno.test("a wide view is put in line in pieces, its centre first, and each region is asked for once", () => {
  const { view, asked, told } = setUp(WIDE);
  view.compute(0);
  assertEquals([view.wantedCount, view.isLined], [1600, false]);
  assert(asked.length <= 256, `${asked.length} regions in one go`);
  let pieces = 0;
  while (!view.isLined) {
    const before = asked.length;
    view.lineMore();
    assert(asked.length - before <= 256);
    pieces++;
  }
  assertEquals([asked.length, new Set(asked).size, told.length], [1600, 1600, 1600]);
  assert(pieces >= 6);
  const { view: whole, asked: inOrder } = setUp(WIDE);
  whole.compute(0);
  assertEquals(asked.slice(0, inOrder.length), inOrder);
});

Deno.test("what a view had still to put in line when the camera moved is put in line with the next one, once", () => {
  const { view, asked, told, pins } = setUp(WIDE);
  for (let i = 0; i < 3; i++) {
    view.setViewport(look([160 + i, 160, 600], [160 + i, 160, 0]));
    view.compute(i);
  }
  while (!view.isLined) view.lineMore();
  assertEquals([asked.length, new Set(asked).size, told.length], [1600, 1600, 1600]);
  view.compute(9);
  assertEquals([view.isLined, asked.length, told.length], [true, 1600, 1600]);
  assertEquals(pins(), 1600);
  view.release();
  assertEquals(pins(), 0);
});

Deno.test("a view that is left or given up before all of it is in line pins what is in line, and then nothing", () => {
  const { view, pins } = setUp(WIDE);
  view.compute(0);
  assertEquals(pins(), 256);
  view.setViewport(look([160, 160, 150], [160, 160, 400]));
  view.compute(1);
  assertEquals([view.wantedCount, pins()], [0, 0]);
  view.setViewport(WIDE);
  view.compute(2);
  view.lineMore();
  assertEquals(pins(), 512);
  view.release();
  assertEquals(pins(), 0);
});

Deno.test("a pass over a wide view goes on where it was, also when the camera moves, and covers all of it", () => {
  const { view, asked } = setUp(WIDE);
  view.compute(0);
  while (!view.isLined) view.lineMore();
  asked.length = 0;
  view.owed.rewind();
  assertEquals(view.owed.reconcile(512), false);
  const first = asked.length;
  assert(first > 0 && first <= 512, `${first} regions in 512 slots`);
  // The camera comes nearer in the middle of the pass, and what it sees lies in a smaller table.
  view.setViewport(look([160, 160, 150], [160, 160, 0]));
  view.compute(1);
  while (!view.isLined) view.lineMore();
  const seen = view.wantedCount;
  assert(seen > 300 && seen < 1000, `${seen} regions in view`);
  const wanted = new Set(asked.slice(0, first).filter((key) => view.wantedLod(key) >= 0));
  const { length: lined } = asked;
  for (let passes = 0; !view.owed.reconcile(512); passes++) assert(passes < 10);
  for (const key of asked.slice(lined)) wanted.add(key);
  assert(seen - wanted.size <= 4, `${seen - wanted.size} of ${seen} regions missed at the seam`);
  const { length } = asked;
  assertEquals([view.owed.reconcile(512), asked.length], [true, length], "a pass that is over stays over");
});

Deno.test("comparing what clients want with what they were sent keeps to the budget of a turn, and all come to it", async () => {
  let asked = 0;
  let most = 0;
  const fixture: StreamFixture = layer({
    turnBudgetMs: 8,
    requestBuild: () => {
      asked++;
      fixture.clock.block(1);
    },
  });
  // Nothing is ever built, so every look at a client asks for all 16 regions, which takes 16 ms.
  fixture.cache.put = () => {};
  for (const key of fixture.world.regions.keys()) fixture.cache.delete(cacheKey(1, key));
  for (let i = 0; i < 4; i++) fixture.connect(wholeView());
  await fixture.clock.advanceAsync(500);
  assertEquals(asked, 64);
  const { setTimeout } = fixture.clock;
  fixture.clock.setTimeout = (fn, ms) =>
    setTimeout.call(fixture.clock, () => {
      const before = asked;
      fn();
      most = Math.max(most, asked - before);
    }, ms);
  await fixture.clock.advanceAsync(3500);
  assertEquals(most, 16, "one client at a time");
  assert(asked >= 3 * 64 && asked % 16 === 0, `${asked} regions asked for`);
  fixture.streamer.dispose();
});
