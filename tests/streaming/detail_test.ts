import { assert, assertEquals } from "@std/assert";
import { type Feature, FEATURES, FLAG_DELTA, FLAG_REFINEMENT } from "../../src/protocol/mod.ts";
import { encodeMorton } from "../../src/space/mod.ts";
import { type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;

/** A world with a wall of noise through the 16 regions of one layer, all built. */
function walled(options: ConstructorParameters<typeof StreamFixture>[0] = {}): StreamFixture {
  const fixture = new StreamFixture(options);
  fixture.autoBuild = false;
  const edge = 4 * 2 ** fixture.world.grid.depth;
  const positions: number[] = [];
  const colors: number[] = [];
  for (let i = 0; i < edge ** 2; i++) {
    positions.push(i % edge, Math.floor(i / edge), edge / 2 - 1);
    colors.push((0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0);
  }
  fixture.world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.from(positions), colors: Uint32Array.from(colors) },
  });
  fixture.buildAll();
  fixture.autoBuild = true;
  return fixture;
}

/** What came, in short: the LOD, `+` before a refinement, `d` before a delta. */
function sorts({ frames }: FakeClient, from = 0): string {
  return frames.slice(from).map(({ header: { lod, flags } }) =>
    `${flags === FLAG_REFINEMENT ? "+" : flags === FLAG_DELTA ? "d" : ""}${lod}`
  ).join(" ");
}

function assertHoldsWorld(fixture: StreamFixture, client: FakeClient): void {
  for (const [key, { version }] of fixture.world.regions) {
    const { samples } = fixture.world.snapshot(key);
    const held = client.held.get(key);
    assertEquals([held?.version, held?.lod], [version, 0]);
    assertEquals([held?.keys, held?.colors], [samples.keys, samples.colors]);
  }
}

Deno.test("the whole view comes coarse first, the centre before the rim, and then the levels between", async () => {
  const fixture = walled();
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements"] });
  await fixture.clock.advanceAsync(50);
  assertEquals(sorts(client), `${"2 ".repeat(16)}${"+0 ".repeat(16)}`.trim());
  const mortons = client.frames.map(({ header }) => header.morton);
  const centre = [1, 2].flatMap((x) => [1, 2].map((y) => encodeMorton(x, y, 1)));
  const byValue = (a: number, b: number) => a - b;
  assertEquals(mortons.slice(0, 4).sort(byValue), [...centre].sort(byValue), "the four in the middle first");
  assertEquals(mortons.slice(16), mortons.slice(0, 16), "detail in the same order");
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("a client that turns gets its new centre first, and nothing of what it turned away from", async () => {
  const fixture = walled({ maxPendingSendsPerClient: 2 });
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements"] });
  client.isStuck = true;
  await fixture.clock.advanceAsync(20);
  assertEquals(client.frames.length, 2);
  fixture.streamer.updateViewport(client.connection, look([4, 4, 40], [4, 4, 0]));
  await fixture.clock.advanceAsync(20);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(200);
  const rest = client.frames.slice(2);
  assertEquals(rest[0]!.header.morton, encodeMorton(0, 0, 1));
  const wanted = fixture.streamer.streamOf(client.connection)!.wanted;
  assert(
    wanted < 16 && new Set(rest.map(({ header }) => header.morton)).size <= wanted,
    "stale work is dropped",
  );
  assert(fixture.streamer.ledger().leftView > 0);
  fixture.streamer.dispose();
});

Deno.test("the coarse pass shows the whole view in a small part of its bytes", async () => {
  const fixture = walled({
    depth: 5,
    coarseLod: 3,
    lodRule: { thresholds: [75, 110, 200], maxLod: 3, hysteresis: 0 },
  });
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements"] });
  await fixture.clock.advanceAsync(200);
  const bytes = client.raw.map(({ length }) => length);
  const coarse = bytes.slice(0, 16).reduce((sum, length) => sum + length, 0);
  assert(coarse < 0.08 * client.receivedBytes, `${coarse} of ${client.receivedBytes} bytes`);
  fixture.streamer.dispose();
});

Deno.test("a small change of a region held in full comes as a delta, also after other changes", async () => {
  const fixture = walled({ depth: 5 });
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements", "deltas"] });
  await fixture.clock.advanceAsync(200);
  for (const color of [GREEN, RED, 0, GREEN]) {
    const [frames, bytes] = [client.frames.length, client.receivedBytes];
    fixture.paint(3, 3, 63, color);
    await fixture.clock.advanceAsync(50);
    assertEquals(sorts(client, frames), "d0");
    assert(client.receivedBytes - bytes < 500, `${client.receivedBytes - bytes} bytes`);
  }
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("a client whose base is too old for a delta gets the whole region by itself", async () => {
  const fixture = walled({ depth: 5, maxPendingSendsPerClient: 1 });
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements", "deltas"] });
  await fixture.clock.advanceAsync(200);
  client.isStuck = true;
  for (let i = 0; i < 12; i++) {
    fixture.paint(i, 3, 63, GREEN);
    await fixture.clock.advanceAsync(10);
  }
  const frames = client.frames.length;
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(100);
  assertEquals(sorts(client, frames), "0", "one frame for twelve changes");
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("a LOD change sends another frame than before: fewer bytes when coarser, the added levels when finer", async () => {
  const fixture = walled({ depth: 5 });
  const client = fixture.connect(wholeView(120), "esvo", { features: ["refinements"] });
  await fixture.clock.advanceAsync(100);
  const bytesOf = (from: number) => client.raw.slice(from).reduce((sum, { length }) => sum + length, 0);
  const sizes = [client.receivedBytes];
  const seen = [sorts(client)];
  for (const distance of [30, 120]) {
    const before = client.frames.length;
    fixture.streamer.updateViewport(client.connection, wholeView(distance));
    await fixture.clock.advanceAsync(200);
    sizes.push(bytesOf(before));
    seen.push(sorts(client, before));
  }
  assertEquals(seen, ["2", "+0", "2"].map((sort) => `${sort} `.repeat(16).trim()));
  assertEquals(sizes[2], sizes[0]);
  assert(sizes[1]! > 4 * sizes[0]!);
  fixture.streamer.dispose();
});

Deno.test("each subset of features brings the same world, and nothing that was not granted", async () => {
  for (let bits = 0; bits < 2 ** FEATURES.length; bits++) {
    const features = FEATURES.filter((_, i) => (bits >> i) & 1);
    const fixture = walled({ depth: 4, maxBulkMessageBytes: 512, maxBundleFrames: 3 });
    const client = fixture.connect(wholeView(), "esvo", { features });
    for (let i = 0; i < 4; i++) {
      fixture.paint(i, 3, 31, GREEN);
      for (let part = 0; part < 10; part++) {
        await fixture.clock.advanceAsync(20);
        fixture.streamer.acknowledge(client.connection, client.receivedBytes);
      }
    }
    assertHoldsWorld(fixture, client);
    const has = (feature: Feature) => features.includes(feature);
    const flags = new Set(client.frames.map(({ header }) => header.flags));
    assertEquals([flags.has(FLAG_REFINEMENT), flags.has(FLAG_DELTA)], [has("refinements"), has("deltas")]);
    assertEquals(
      Math.max(...client.bundleSizes) > 1,
      has("bundles") && has("refinements"),
      "only coarse ones are short",
    );
    assertEquals(client.raw.some(({ length }) => length > 512), !has("parts"));
    fixture.streamer.dispose();
  }
});

Deno.test("what memory is too short for is sent coarser, told, and sent in full when there is room again", async () => {
  const fixture = walled({ depth: 5, cacheBytes: 150_000 });
  fixture.autoBuild = false;
  const client = fixture.connect(wholeView(), "esvo", { features: ["refinements"] });
  await fixture.settle(2000);
  const held = fixture.cache.heldLod;
  assert(held > 0 && fixture.streamer.streamOf(client.connection)!.wanted === 16);
  assert(
    [...client.shown.values()].every(({ lod }) => lod === held || lod === held - 1),
    "as fine as it was at first",
  );
  const told = client.texts.map((text) => JSON.parse(text).data);
  assertEquals(told.at(-1), { state: "held", reason: "memory", held_regions: 16, finest_lod: held });
  const late = fixture.connect(wholeView());
  await fixture.settle(2000);
  assertEquals(JSON.parse(late.texts.at(-1)!).data.reason, "memory", "who comes later is told too");
  assert([...late.shown.values()].every(({ lod }) => lod === held));
  fixture.streamer.remove(late.connection);
  // A closer look at one region leaves room for it in full.
  fixture.streamer.updateViewport(client.connection, look([4, 4, 40], [4, 4, 0]));
  await fixture.settle(3000);
  assertEquals(fixture.cache.heldLod, 0);
  assertEquals(JSON.parse(client.texts.at(-1)!).data, {
    state: "released",
    reason: "memory",
    held_regions: 0,
    finest_lod: 0,
  });
  const near = client.held.get(fixture.paint(3, 3, 63, RED))!;
  assertEquals(near.lod, 0);
  assertEquals(fixture.streamer.pressureStats().held.memory >= 2, true);
  fixture.streamer.dispose();
});

Deno.test("the server's depth bounds the LOD that is held back: trees of few levels are still streamed", async () => {
  for (const kind of ["esvo", "esvt"] as const) {
    const fixture = walled({
      cacheBytes: 4000,
      lodRule: { thresholds: [1, 2, 3, 4], maxLod: 8, hysteresis: 0 },
    });
    fixture.autoBuild = false;
    const client = fixture.connect(wholeView(), kind);
    await fixture.settle(2000);
    assert(fixture.cache.heldLod > 3);
    assertEquals([client.closeCode, client.shown.size], [undefined, 16]);
    const { owed } = fixture.streamer.ledger();
    await fixture.settle(3000);
    assertEquals(fixture.streamer.ledger().owed, owed, "and it comes to rest");
    fixture.streamer.dispose();
  }
});

Deno.test("a giant that a client sees is not built again and again for the detail that there is no memory for", async () => {
  const fixture = new StreamFixture({ depth: 5, cacheBytes: 60_000 });
  fixture.autoBuild = false;
  const positions = new Uint32Array(3 * 16_384);
  const colors = new Uint32Array(16_384);
  for (let i = 0; i < colors.length; i++) {
    positions.set([i % 32, (i >> 5) % 32, 2 * (i >> 10)], 3 * i);
    colors[i] = (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0;
  }
  fixture.world.apply({ kind: "patch", cells: { positions, colors } });
  const client = fixture.connect(wholeView());
  await fixture.settle(500);
  const [giant] = [...client.shown.values()];
  assert(giant!.lod > 0 && fixture.cache.heldLod === 0, `LOD ${giant!.lod}, held ${fixture.cache.heldLod}`);
  fixture.requested.length = 0;
  await fixture.clock.advanceAsync(10_000);
  assertEquals(fixture.requested, []);
  fixture.streamer.dispose();
});

Deno.test("what changes is remembered for deltas only while some client that takes them wants the region in full", async () => {
  const fixture = new StreamFixture();
  const kept: (boolean | undefined)[] = [];
  const put = fixture.cache.put.bind(fixture.cache);
  fixture.cache.put = (key, region, options) => {
    kept.push(options?.keepsDeltas);
    put(key, region, options);
  };
  fixture.paint(1, 1, 1, RED);
  const far = fixture.connect(wholeView(120), "esvo", { features: ["deltas"] });
  fixture.connect(wholeView(30));
  await fixture.clock.advanceAsync(50);
  fixture.paint(1, 1, 1, GREEN);
  fixture.streamer.updateViewport(far.connection, wholeView(30));
  await fixture.clock.advanceAsync(50);
  fixture.paint(1, 1, 1, RED);
  assertEquals(kept.slice(-2), [false, true]);
  fixture.streamer.dispose();
});
