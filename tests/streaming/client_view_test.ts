import { assert, assertEquals } from "@std/assert";
import { CachedRegion, RegionCache } from "../../src/cache/mod.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { ClientView, type ViewContext } from "../../src/streaming/client_view.ts";
import { FrameLedger } from "../../src/streaming/ledger.ts";
import { RegionTables } from "../../src/streaming/region_table.ts";
import { streamFeatures } from "../../src/streaming/stream_features.ts";
import { WorldStream } from "../../src/streaming/world_stream.ts";
import { builtRegion, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;

/** A view of its own of a fixture's world, with all that it asks for. */
function setUp() {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const cache = new RegionCache({ maxBytes: 1 << 24, ttlMs: 1000, now: () => fixture.clock.monotonic() });
  const ledger = new FrameLedger();
  const stream = new WorldStream(fixture.world, "esvo", 1, fixture.lodRule, () => {});
  const asked: RegionKey[] = [];
  const told: [RegionKey, number][] = [];
  const context: ViewContext = {
    cache,
    ledger,
    tables: new RegionTables(),
    maxRegionsPerView: 1000,
    requestBuild: (_stream, key) => asked.push(key),
    interestChanged: (_stream, key) => told.push([key, view.sizeOf(key)]),
  };
  const style = { codec: 2, features: streamFeatures([]), coarseLod: 3 } as const;
  const view: ClientView = new ClientView(
    stream,
    { ...style, viewport: wholeView(), known: () => new Map() },
    context,
  );
  /** Puts the region as it is now into the cache and tells the view; answers whether it is owed. */
  const build = (key: RegionKey): boolean => {
    const region = new CachedRegion(builtRegion(fixture.world, key, "esvo"));
    cache.put(stream.cacheKey(key), region);
    return view.owed.onBuilt(key, region);
  };
  return { fixture, cache, ledger, view, build, asked, told };
}

Deno.test("a region that changes again and again before it is sent stands in line once", () => {
  const { fixture, view, build, ledger } = setUp();
  const key = fixture.paint(1, 1, 1, RED);
  view.compute(0);
  for (let i = 0; i < 1000; i++) {
    fixture.paint(1, 1, 1, RED + i);
    assert(build(key));
  }
  assertEquals(view.owed.count, 1);
  let looked = 0;
  let frames = 0;
  while (!view.owed.isEmpty) {
    looked++;
    if (view.owed.next() !== undefined) frames++;
  }
  assertEquals([looked, frames, view.owed.count], [1, 1, 0]);
  const { owed, superseded } = ledger.snapshot(0);
  assertEquals([owed, superseded], [1000, 999]);
  fixture.streamer.dispose();
});

Deno.test("whoever is told of a region that comes into view can ask at once how large it is there", () => {
  const { fixture, view, asked, told } = setUp();
  const keys = [fixture.paint(1, 1, 1, RED), fixture.paint(16, 16, 30, RED)];
  view.compute(0);
  assertEquals(asked.length, 2);
  assertEquals(new Set(told.map(([key]) => key)), new Set(keys));
  assert(told.every(([, size]) => size > 0));
  assertEquals(told[0]![0], keys[1], "the nearest and most central first");
  assertEquals(asked[0], keys[1]);
  view.setViewport(look([1, 1, 60], [1, 1, 100]));
  view.compute(1);
  assertEquals(told.slice(2).map(([, size]) => size), [0, 0]);
  fixture.streamer.dispose();
});

Deno.test("what is owed keeps being owed in a new view, in that view's order", () => {
  const { fixture, view, build } = setUp();
  const keys = [0, 8, 16, 24].map((x) => fixture.paint(x, 16, 30, RED));
  view.compute(0);
  for (const key of keys) build(key);
  view.setViewport(look([28, 16, 60], [28, 16, 16]));
  view.compute(1);
  const order = [];
  while (!view.owed.isEmpty) order.push(view.owed.next()!.key);
  assertEquals(order.slice(0, 2), [keys[3], keys[2]]);
  fixture.streamer.dispose();
});

Deno.test("a camera that moves all the time does not let a busy server send the centre of its views alone", () => {
  const { fixture, view, build } = setUp();
  const keys = [0, 8, 16, 24].map((x) => fixture.paint(x, 16, 30, RED));
  view.compute(0);
  for (const key of keys) build(key);
  while (!view.owed.isEmpty) view.owed.next();
  const taken = new Map(keys.map((key) => [key, 0]));
  for (let turn = 1; turn <= 40; turn++) {
    // All of it changes, there is time for one frame, and the camera has moved on.
    [0, 8, 16, 24].forEach((x, i) => {
      fixture.paint(x, 16, 30, RED + turn);
      build(keys[i]!);
    });
    const { key } = view.owed.next()!;
    taken.set(key, taken.get(key)! + 1);
    view.setViewport(look([4 + turn % 3, 16, 60], [4 + turn % 3, 16, 16]));
    view.compute(turn);
  }
  assertEquals([...taken.values()], [10, 10, 10, 10]);
  assertEquals(view.owed.count, 3);
  fixture.streamer.dispose();
});

Deno.test("a view that is released pins nothing, wants nothing and is owed nothing", () => {
  const { fixture, cache, view, build } = setUp();
  const key = fixture.paint(1, 1, 1, RED);
  view.compute(0);
  build(key);
  view.setViewport(wholeView(31));
  view.release();
  assertEquals([view.wantedCount, view.owed.count, view.owed.isEmpty, view.isStale], [0, 0, true, false]);
  assertEquals([cache.stats().pinnedCount, view.sizeOf(key), view.wantedLod(key)], [0, 0, -1]);
  assertEquals([view.owed.sent(key), view.wantedPayloads(key), build(key)], [
    { version: 0, lod: 0 },
    [],
    false,
  ]);
  assertEquals(view.owed.resend([key, regionKey(2, 5)]), 0);
  fixture.streamer.dispose();
});
