import { assert, assertEquals } from "@std/assert";
import { CachedRegion } from "../../src/cache/mod.ts";
import {
  encodeKnown,
  FEATURES,
  type HeldRegion,
  type KnownRegion,
  LOD_NONE,
  readKnown,
} from "../../src/protocol/mod.ts";
import { type RegionKey, regionMorton } from "../../src/space/mod.ts";
import { emptyHash, hashSamples } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { builtRegion, type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const FEW = FEATURES.filter((feature) => feature !== "flow");

/** A world of 40 filled regions, and a client that holds them all. */
async function setUp(): Promise<{ fixture: StreamFixture; before: FakeClient }> {
  const fixture = new StreamFixture();
  for (let i = 0; i < 40; i++) fixture.paint((i % 4) * 8, ((i >> 2) % 4) * 8, (i >> 4) * 8, RED + i);
  const before = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(before.held.size, 40);
  fixture.streamer.remove(before.connection);
  await fixture.clock.advanceAsync(100);
  return { fixture, before };
}

/** What a client says of all that it holds. */
function told(held: ReadonlyMap<RegionKey, HeldRegion>): KnownRegion[] {
  return [...held].map(([key, region]) => ({
    morton: regionMorton(key),
    version: region.version,
    lod: region.lod,
    hash: region.levels === 0 ? emptyHash() : hashSamples(region),
  }));
}

function messages(type: "KNOWN" | "VERIFY", { id, epoch, grid }: World, regions: readonly KnownRegion[]) {
  const target = { kind: "esvo", level: grid.level, world: id, epoch } as const;
  return encodeKnown(type, target, regions, 65_536).map(readKnown);
}

/** Comes again with what `before` held, and says so. */
function resume(
  fixture: StreamFixture,
  before: FakeClient,
  change: (regions: KnownRegion[]) => KnownRegion[] = (regions) => regions,
): FakeClient {
  const client = fixture.socket();
  for (const [key, held] of before.held) client.held.set(key, held);
  fixture.streamer.register(client.connection, fixture.world, {
    viewport: wholeView(),
    codec: 2,
    kind: "esvo",
    features: FEW,
    known: messages("KNOWN", fixture.world, change(told(client.held))),
  });
  return client;
}

function verify(fixture: StreamFixture, client: FakeClient, regions = told(client.held)) {
  const results = messages("VERIFY", fixture.world, regions).map((message) =>
    fixture.streamer.verify(client.connection, message)!
  );
  return {
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    wrong: results.reduce((sum, { wrong }) => sum + wrong, 0),
  };
}

function regionsSent({ frames }: FakeClient): number {
  return new Set(frames.map(({ header }) => header.morton)).size;
}

/** Spoils one colour of a region that the client holds. */
function spoil(client: FakeClient, key: RegionKey): void {
  const held = client.held.get(key)!;
  client.held.set(key, { ...held, colors: held.colors.map((color) => color ^ 0x10) });
}

function assertHoldsWorld({ world }: StreamFixture, client: FakeClient): void {
  for (const [key, { version }] of world.regions) {
    const { samples } = world.snapshot(key);
    const held = client.held.get(key)!;
    assertEquals([held.version, held.keys, held.colors], [version, samples.keys, samples.colors]);
  }
}

Deno.test("who comes again to an unchanged world is sent nothing", async () => {
  const { fixture, before } = await setUp();
  const client = resume(fixture, before);
  await fixture.clock.advanceAsync(3000);
  assertEquals([client.raw.length, fixture.streamer.ledger().pending], [0, 0]);
  assertEquals(verify(fixture, client), { checked: 40, wrong: 0 });
  fixture.streamer.dispose();
});

Deno.test("who comes again is sent what has changed, emptied and appeared meanwhile, and only that", async () => {
  const { fixture, before } = await setUp();
  fixture.paint(1, 1, 1, GREEN);
  fixture.paint(8, 0, 0, 0);
  fixture.paint(25, 25, 25, GREEN);
  const client = resume(fixture, before);
  await fixture.clock.advanceAsync(3000);
  assertEquals(regionsSent(client), 3);
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("claims of another epoch, kind, world or level are not believed", async () => {
  const { fixture, before } = await setUp();
  const [message] = messages("KNOWN", fixture.world, told(before.held));
  const wrong = [
    { ...message!, epoch: (message!.epoch ^ 1) >>> 0 },
    { ...message!, kind: "esvt" as const },
    { ...message!, world: "other" },
    { ...message!, level: 3 },
  ];
  for (const known of wrong) {
    const client = fixture.socket();
    fixture.streamer.register(client.connection, fixture.world, {
      viewport: wholeView(),
      codec: 2,
      kind: "esvo",
      known: [known],
    });
    await fixture.clock.advanceAsync(200);
    assertEquals(client.frames.length, 40);
    assertEquals(fixture.streamer.verify(client.connection, known), undefined, "nor compared");
  }
  fixture.streamer.dispose();
});

Deno.test("a group whose hashes do not add up is sent again in full, whether its trees are at hand or not", async () => {
  for (const isCached of [true, false]) {
    const { fixture, before } = await setUp();
    if (!isCached) await fixture.clock.advanceAsync(120_000);
    assertEquals(fixture.cache.stats().unpinnedCount, isCached ? 40 : 0);
    spoil(before, [...before.held.keys()][3]!);
    const client = resume(fixture, before);
    await fixture.settle(2000);
    assertEquals(regionsSent(client), 40, "one group of up to 64 regions");
    assertHoldsWorld(fixture, client);
    fixture.streamer.dispose();
  }
});

Deno.test("what changes while a client is away cannot be compared, and VERIFY heals it afterwards", async () => {
  const { fixture, before } = await setUp();
  const keys = [...before.held.keys()];
  spoil(before, keys[3]!);
  fixture.paint(1, 1, 1, GREEN);
  const client = resume(fixture, before);
  await fixture.clock.advanceAsync(500);
  assertEquals(client.frames.length, 1, "the group was believed, as one of it was of an old version");
  assertEquals(verify(fixture, client), { checked: 40, wrong: 40 });
  await fixture.clock.advanceAsync(500);
  assertEquals(verify(fixture, client).wrong, 0);
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("defect: who claims and registers again and again takes a tenth of the time with it at most", async () => {
  const { fixture, before } = await setUp();
  const [message] = messages("KNOWN", fixture.world, told(before.held));
  let compared = 0;
  const costly = {
    ...message!,
    get kind() {
      compared++;
      fixture.clock.block(20);
      return message!.kind;
    },
  };
  const client = fixture.socket();
  for (const [key, held] of before.held) client.held.set(key, held);
  const startMs = fixture.clock.monotonic();
  for (let i = 0; i < 200; i++) {
    fixture.streamer.register(client.connection, fixture.world, {
      viewport: wholeView(),
      codec: 2,
      kind: "esvo",
      features: FEW,
      known: [costly],
    });
    await fixture.clock.advanceAsync(10);
  }
  const part = compared * 20 / (fixture.clock.monotonic() - startMs);
  assert(compared > 1 && part < 0.11, `${compared} times, ${part} of the time`);
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.frames.length, 0, "and what it holds is believed in the end");
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("versions that never were and regions that never were are not believed", async () => {
  const { fixture, before } = await setUp();
  const client = resume(fixture, before, (regions) => [
    ...regions.slice(0, 39).map(({ morton, lod }, i) => ({ morton, lod, version: i < 10 ? 1000 : 1 })),
    { morton: 63, version: 7, lod: 0 },
  ]);
  await fixture.clock.advanceAsync(500);
  assertEquals(regionsSent(client), 11);
  fixture.streamer.dispose();
});

Deno.test("what a client says it holds finer or coarser than it wants is brought to what it wants", async () => {
  const { fixture, before } = await setUp();
  const far = fixture.connect(wholeView(120), "esvo", { features: FEW });
  await fixture.clock.advanceAsync(200);
  assert([...far.held.values()].every(({ lod }) => lod === 2));
  const client = resume(fixture, far);
  await fixture.clock.advanceAsync(200);
  assertHoldsWorld(fixture, client);
  assertEquals(
    new Set(client.frames.map(({ header }) => header.flags)),
    new Set([0x10]),
    "refinements alone",
  );
  const away = fixture.socket();
  for (const [key, held] of before.held) away.held.set(key, held);
  fixture.streamer.register(away.connection, fixture.world, {
    viewport: wholeView(120),
    codec: 2,
    kind: "esvo",
    known: messages("KNOWN", fixture.world, told(away.held)),
  });
  await fixture.clock.advanceAsync(200);
  assert([...away.held.values()].every(({ lod }) => lod === 2));
  fixture.streamer.dispose();
});

Deno.test("a client never goes back to an older build that happens to lie in the cache", async () => {
  const { fixture } = await setUp();
  const keeper = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  fixture.streamer.remove(keeper.connection);
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, GREEN);
  // The newest version was had from elsewhere, coarser than it is wanted now; the cache has the one before.
  const client = fixture.socket();
  const version = fixture.world.region(key)!.version;
  fixture.streamer.register(client.connection, fixture.world, {
    viewport: wholeView(),
    codec: 2,
    kind: "esvo",
    known: messages("KNOWN", fixture.world, [{ morton: regionMorton(key), version, lod: 1 }]),
  });
  await fixture.clock.advanceAsync(1500);
  assert(!client.frames.some(({ header }) => header.morton === regionMorton(key)), "nothing old is sent");
  await fixture.settle(500);
  assertEquals(client.held.get(key)!.version, version);
  fixture.streamer.dispose();
});

Deno.test("VERIFY finds what a client has lost, or holds in another version or LOD, and what is spoilt", async () => {
  const { fixture, before } = await setUp();
  const client = resume(fixture, before);
  await fixture.clock.advanceAsync(100);
  const keys = [...client.held.keys()];
  const [lost, old, coarse, spoilt] = keys as [RegionKey, RegionKey, RegionKey, RegionKey];
  const say = (changes: Partial<Record<RegionKey, Partial<KnownRegion>>>) =>
    told(client.held).map((region, i) => ({ ...region, ...changes[keys[i]!] }));
  const wrong = [];
  for (
    const change of [{ [lost]: { version: 0, lod: LOD_NONE } }, { [old]: { version: 99 } }, {
      [coarse]: { lod: 1 },
    }]
  ) {
    wrong.push(verify(fixture, client, say(change)).wrong);
    await fixture.clock.advanceAsync(2500);
  }
  assertEquals(wrong.slice(0, 2), [1, 1]);
  assert(wrong[2]! >= 1);
  const before2 = client.frames.length;
  spoil(client, spoilt);
  assertEquals(
    verify(fixture, client, say({ [lost]: { version: 0, lod: LOD_NONE } })).wrong,
    40,
    "found beside a lost one",
  );
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.length - before2 >= 40, true);
  assertEquals(verify(fixture, client).wrong, 0);
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("emptied regions are held as empty, at LOD 0, and agree", async () => {
  const { fixture, before } = await setUp();
  fixture.world.apply({ kind: "clear" });
  const client = resume(fixture, before);
  await fixture.clock.advanceAsync(500);
  assertEquals([client.shown.size, client.held.size], [0, 40]);
  assertEquals(verify(fixture, client).wrong, 0);
  const again = resume(fixture, client);
  await fixture.clock.advanceAsync(500);
  assertEquals(again.raw.length, 0);
  fixture.streamer.dispose();
});

Deno.test("what was known counts for the first view only: what comes into view later is sent", async () => {
  const { fixture, before } = await setUp();
  const client = fixture.socket();
  fixture.streamer.register(client.connection, fixture.world, {
    viewport: look([1, 1, 60], [1, 1, 100]),
    codec: 2,
    kind: "esvo",
    known: messages("KNOWN", fixture.world, told(before.held)),
  });
  await fixture.clock.advanceAsync(100);
  fixture.streamer.updateViewport(client.connection, wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.length, 40);
  fixture.streamer.dispose();
});

Deno.test("defect: VERIFY of an honest client takes nothing that is on its way for wrong, with flow and without", async () => {
  for (const features of [FEATURES, FEW]) {
    const { fixture } = await setUp();
    const client = fixture.connect(wholeView(), "esvo", { features });
    const acknowledge = () => fixture.streamer.acknowledge(client.connection, client.receivedBytes);
    for (let i = 0; i < 20; i++) {
      await fixture.clock.advanceAsync(50);
      acknowledge();
    }
    let onTheirWay = 0;
    // The network takes 50 ms: what the client holds is what it was sent until then.
    for (let i = 0; i < 40; i++) {
      const before = told(client.held);
      const receivedBytes = client.receivedBytes;
      for (let j = 0; j < 10; j++) fixture.paint((j % 4) * 8 + 1, (j >> 2) * 8 + 1, 1, GREEN + i);
      await fixture.clock.advanceAsync(50);
      onTheirWay += client.receivedBytes - receivedBytes;
      assertEquals(verify(fixture, client, before), { checked: 40, wrong: 0 });
      fixture.streamer.acknowledge(client.connection, receivedBytes);
    }
    assert(onTheirWay > 10_000, `${onTheirWay} bytes`);
    const old = told(client.held).map((region) => ({ ...region, version: 1 }));
    await fixture.clock.advanceAsync(2500);
    acknowledge();
    assertEquals(verify(fixture, client, old).wrong, 10, "once all of it has arrived it is wrong");
    await fixture.clock.advanceAsync(2500);
    acknowledge();
    assertEquals(verify(fixture, client).wrong, 0);
    assertHoldsWorld(fixture, client);
    fixture.streamer.dispose();
  }
});

Deno.test("VERIFY finds at once what is lost, what never was and what is spoilt, while frames are on their way", async () => {
  const { fixture, before } = await setUp();
  const client = resume(fixture, before);
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.length, 1);
  const held = told(client.held);
  const change = (i: number, fields: Partial<KnownRegion>) =>
    held.map((region, at) => at === i ? { ...region, ...fields } : region);
  assertEquals(verify(fixture, client, change(5, { version: 0, lod: LOD_NONE })).wrong, 1);
  assertEquals(verify(fixture, client, change(6, { version: 9 })).wrong, 1);
  spoil(client, [...client.held.keys()][7]!);
  assert(verify(fixture, client).wrong >= 38);
  await fixture.clock.advanceAsync(100);
  assertHoldsWorld(fixture, client);
  fixture.streamer.dispose();
});

Deno.test("what is handed over and still waits in the socket is on its way, however long", async () => {
  const { fixture, before } = await setUp();
  const client = resume(fixture, before);
  const old = told(client.held);
  client.isStuck = true;
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(10_000);
  assertEquals(verify(fixture, client, old).wrong, 0);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  assertEquals(verify(fixture, client, old).wrong, 1);
  fixture.streamer.dispose();
});

Deno.test("a LOD that a client holds from before counts for the hysteresis: it is not sent again for a camera on a threshold", async () => {
  const lodRule = { thresholds: [75, 110], maxLod: 2, hysteresis: 0.2 };
  const fixture = new StreamFixture({ lodRule });
  fixture.paint(16, 16, 16, RED);
  const near = fixture.connect(wholeView(30), "esvo", { features: FEW });
  await fixture.clock.advanceAsync(100);
  assertEquals([...near.held.values()].map(({ lod }) => lod), [0]);
  fixture.streamer.remove(near.connection);
  const viewport = wholeView(66);
  const fresh = fixture.connect(viewport, "esvo", { features: FEW });
  await fixture.clock.advanceAsync(100);
  assertEquals(
    [...fresh.held.values()].map(({ lod }) => lod),
    [1],
    "beyond the threshold by less than the margin",
  );
  const client = fixture.socket();
  for (const [key, held] of near.held) client.held.set(key, held);
  const known = messages("KNOWN", fixture.world, told(client.held));
  fixture.streamer.register(client.connection, fixture.world, {
    viewport,
    codec: 2,
    kind: "esvo",
    features: FEW,
    known,
  });
  await fixture.clock.advanceAsync(2000);
  assertEquals(client.raw.length, 0);
  fixture.streamer.dispose();
});

Deno.test("defect: one message has no more nodes hashed than 2^20, and those after it find what it left", async () => {
  const fixture = new StreamFixture();
  let hashedNodes = 0;
  for (let i = 0; i < 64; i++) {
    const key = fixture.paint((i % 4) * 8, ((i >> 2) % 4) * 8, (i >> 4) * 8, RED);
    const region = new CachedRegion(builtRegion(fixture.world, key, "esvt"));
    fixture.cache.put(2 * 2 ** 24 + key, region);
    let isHashed = false;
    region.hashedNodes = () => isHashed ? 0 : 2 ** 16;
    region.levelHash = () => {
      hashedNodes += region.hashedNodes(0);
      isHashed = true;
      return { lo: 1, hi: 2 };
    };
  }
  const client = fixture.connect(wholeView(), "esvt");
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.held.size, 64);
  const claims = [...client.held].map(([key, { version, lod }]) => (
    { morton: regionMorton(key), version, lod, hash: { lo: 1, hi: 1 } }
  ));
  const perMessage: number[][] = [];
  for (let i = 0; i < 4; i++) {
    hashedNodes = 0;
    const { id, epoch, grid } = fixture.world;
    const target = { kind: "esvt", level: grid.level, world: id, epoch } as const;
    const [message] = encodeKnown("VERIFY", target, claims, 65_536).map(readKnown);
    const { wrong } = fixture.streamer.verify(client.connection, message!)!;
    perMessage.push([hashedNodes, wrong]);
  }
  assertEquals(perMessage, [[2 ** 20, 0], [2 ** 20, 0], [2 ** 20, 0], [2 ** 20, 64]]);
  fixture.streamer.dispose();
});
