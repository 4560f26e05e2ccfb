import { assert, assertEquals } from "@std/assert";
import type { RegionStreamer } from "../../src/streaming/mod.ts";
import { regionBounds, type RegionKey, regionMorton } from "../../src/space/mod.ts";
import { look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const NOWHERE = look([1, 1, 60], [1, 1, 100]);

Deno.test("how large a region is to those who see it counts when its build is asked for", async () => {
  const asked: { seen: number; size: number }[] = [];
  const fixture: StreamFixture = new StreamFixture({
    requestBuild: (world, key) => asked.push(fixture.streamer.interestIn(world, key)),
  });
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, RED);
  fixture.connect(wholeView(30));
  await fixture.clock.advanceAsync(0);
  const { min, max } = regionBounds(fixture.world.grid, key);
  const centre = min.map((low, axis) => (low + max[axis]!) / 2);
  const distance = Math.hypot(centre[0]! - 16, centre[1]! - 16, centre[2]! - 62);
  assertEquals(asked.length, 1);
  assertEquals(asked[0]!.seen, 1);
  assert(Math.abs(asked[0]!.size - (max[0] - min[0]) / distance) < 1e-9, `size ${asked[0]!.size}`);
  fixture.streamer.dispose();
});

Deno.test("interest is told when a region enters a view, leaves it, or changes its LOD, and is right by then", async () => {
  const told: [RegionKey, number, number][] = [];
  const fixture: StreamFixture = new StreamFixture({
    onInterestChanged: (world, key) => {
      const { seen, size } = fixture.streamer.interestIn(world, key);
      told.push([key, seen, size]);
    },
  });
  const key = fixture.paint(16, 16, 16, RED);
  const client = fixture.connect(wholeView(30));
  await fixture.clock.advanceAsync(10);
  const other = fixture.connect(wholeView(30), "esvt");
  await fixture.clock.advanceAsync(10);
  for (const view of [wholeView(31), wholeView(120), NOWHERE]) {
    fixture.streamer.updateViewport(client.connection, view);
    await fixture.clock.advanceAsync(10);
  }
  fixture.streamer.remove(other.connection);
  assertEquals(told.map(([region, seen]) => [region, seen]), [[key, 1], [key, 2], [key, 2], [key, 1], [
    key,
    0,
  ]]);
  const sizes = told.map(([, , size]) => size);
  assert(
    sizes[1]! > 1.9 * sizes[0]! && sizes[2]! < sizes[1]! && sizes[2]! > sizes[0]! && sizes[4] === 0,
    sizes.join(" "),
  );
  fixture.streamer.dispose();
});

Deno.test("a kind is wanted whose region is there only coarser than somebody is to have it", async () => {
  const fixture = new StreamFixture({ depth: 5, cacheBytes: 20_000 });
  fixture.autoBuild = false;
  const colors = Uint32Array.from(
    { length: 4096 },
    (_, i) => (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0,
  );
  const positions = new Uint32Array(3 * colors.length);
  for (let i = 0; i < colors.length; i++) positions.set([i % 128, (i >> 7) % 32, 63], 3 * i);
  fixture.world.apply({ kind: "patch", cells: { positions, colors } });
  const client = fixture.connect(wholeView(30));
  await fixture.settle(1000);
  assert(fixture.cache.heldLod > 0);
  const [key] = [...fixture.world.regions.keys()];
  const { version } = fixture.world.region(key!)!;
  assertEquals(fixture.streamer.wantedKinds(fixture.world, key!, version), [], "as fine as memory allows");
  for (const region of fixture.world.regions.keys()) {
    if (regionMorton(region) !== regionMorton(key!)) {
      fixture.world.apply({ kind: "clear", regions: [region] });
    }
  }
  const before = fixture.requested.length;
  for (const region of [...fixture.world.dirty]) fixture.build(region);
  assertEquals(fixture.cache.heldLod, 0);
  assertEquals(fixture.streamer.wantedKinds(fixture.world, key!, version), ["esvo"]);
  await fixture.clock.advanceAsync(200);
  assertEquals(fixture.requested.slice(before), [key!], "and asked for within a cycle");
  await fixture.settle(200);
  assertEquals(client.held.get(key!)!.lod, 0);
  fixture.streamer.dispose();
});

Deno.test("an older build that ends after a newer one changes nothing", async () => {
  const fixture = new StreamFixture();
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  const olds: Parameters<RegionStreamer["onBuilt"]>[0][] = [];
  const onBuilt = fixture.streamer.onBuilt.bind(fixture.streamer);
  fixture.streamer.onBuilt = (built) => {
    olds.push(built);
    onBuilt(built);
  };
  for (const color of [RED, GREEN]) {
    fixture.paint(1, 1, 1, color);
    await fixture.clock.advanceAsync(10);
  }
  const before = client.frames.length;
  onBuilt(olds[0]!);
  await fixture.clock.advanceAsync(2000);
  assertEquals([client.frames.length, client.wentBack], [before, []]);
  const late = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(late.frames[0]!.colors[0], GREEN);
  fixture.streamer.dispose();
});

Deno.test("a world that is taken away drops its clients' frames and its regions, and listens no more", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  fixture.streamer.removeWorld(fixture.world);
  fixture.streamer.removeWorld(fixture.world);
  await fixture.clock.advanceAsync(100);
  assertEquals([client.closeCode, fixture.streamer.clientCount], [4004, 0]);
  fixture.autoBuild = false;
  const key = fixture.paint(30, 1, 1, RED);
  assertEquals(fixture.streamer.interestIn(fixture.world, key), { seen: 0, size: 0 });
  assertEquals(fixture.streamer.wantedKinds(fixture.world, key, 1), ["esvo"]);
  assertEquals(fixture.cache.stats().pinnedCount, 0);
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});
