import { assertEquals } from "@std/assert";
import { BuildNews } from "../../src/streaming/build_news.ts";
import { Broadcast } from "../../src/streaming/broadcast.ts";
import type { ClientStream } from "../../src/streaming/client_stream.ts";
import { CachedRegion } from "../../src/cache/mod.ts";
import { readFrameHeader } from "../../src/protocol/mod.ts";
import { sharedStyle } from "../../src/streaming/frame_choice.ts";
import { streamFeatures } from "../../src/streaming/stream_features.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { builtRegion, type FakeClient, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;

/** A region of a fixture's world, painted and built so many times: its versions. */
function versions(count: number): { fixture: StreamFixture; regions: CachedRegion[] } {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const regions = Array.from({ length: count }, (_, i) => {
    const key = fixture.paint(1, 1, 1, RED + i);
    return new CachedRegion(builtRegion(fixture.world, key, "esvo"));
  });
  return { fixture, regions };
}

/** Someone who only notes what he hears. */
function listener(hear: (news: readonly BuildNews[], maySend: boolean) => boolean): ClientStream {
  return {
    hear: (news: readonly BuildNews[], _nowMs: number, maySend: boolean) => hear(news, maySend),
  } as unknown as ClientStream;
}

Deno.test("of several builds of a region in one task every client hears of the newest alone", () => {
  const { fixture, regions } = versions(3);
  const heard: number[] = [];
  const broadcast = new Broadcast({ clock: new ManualClock(), onWork() {}, onError() {} });
  const audience = new Set([listener((news) => {
    heard.push(...news.map(({ region }) => region.version));
    return false;
  })]);
  for (const region of regions) broadcast.add(audience, region.key, region);
  assertEquals(broadcast.isEmpty, false);
  broadcast.run(0, 8);
  broadcast.run(0, 8);
  assertEquals([heard, broadcast.isEmpty], [[regions.at(-1)!.version], true]);
  fixture.streamer.dispose();
});

Deno.test("who heard last hears first the next time", () => {
  const { fixture, regions } = versions(1);
  const order: string[] = [];
  const audience = new Set(["a", "b", "c"].map((name) =>
    listener(() => {
      order.push(name);
      return false;
    })
  ));
  const broadcast = new Broadcast({ clock: new ManualClock(), onWork() {}, onError() {} });
  for (let i = 0; i < 2; i++) {
    broadcast.add(audience, regions[0]!.key, regions[0]!);
    broadcast.run(0, 8);
  }
  assertEquals(order.slice(3), order.slice(0, 3).reverse());
  fixture.streamer.dispose();
});

Deno.test("defect: who heard last hears first the next time in each of two worlds", () => {
  const { fixture, regions } = versions(1);
  const orders: string[][] = [[], []];
  const audiences = orders.map((order) =>
    new Set(["a", "b", "c"].map((name) =>
      listener(() => {
        order.push(name);
        return false;
      })
    ))
  );
  const broadcast = new Broadcast({ clock: new ManualClock(), onWork() {}, onError() {} });
  for (let i = 0; i < 2; i++) {
    for (const audience of audiences) broadcast.add(audience, regions[0]!.key, regions[0]!);
    broadcast.run(0, 8);
  }
  for (const order of orders) assertEquals(order.slice(3), order.slice(0, 3).reverse());
  fixture.streamer.dispose();
});

Deno.test("when the turn is over clients are told but sent nothing, and one that fails keeps nothing from the others", () => {
  const { fixture, regions } = versions(1);
  const clock = new ManualClock();
  const may: boolean[] = [];
  const [worked, failed]: [number[], number[]] = [[], []];
  const clients = Array.from({ length: 40 }, (_, i) =>
    listener((_news, maySend) => {
      may.push(maySend);
      clock.block(1);
      if (may.length === 3) throw new Error("broken");
      return i % 2 === 0;
    }));
  const broadcast = new Broadcast({
    clock,
    onWork: (client) => worked.push(clients.indexOf(client)),
    onError: (client) => failed.push(clients.indexOf(client)),
  });
  broadcast.add(new Set(clients), regions[0]!.key, regions[0]!);
  const endMs = clock.monotonic() + 8;
  while (broadcast.run(clock.monotonic(), endMs));
  assertEquals(may.length, 40);
  assertEquals(may.indexOf(false) > 0 && !may.slice(may.indexOf(false)).includes(true), true);
  assertEquals([failed.length, worked.every((i) => i % 2 === 0)], [1, true]);
  fixture.streamer.dispose();
});

Deno.test("a crowd is told in parts, and who has not been told of a build when a newer one ends hears of that one alone", () => {
  const { fixture, regions: [old, newer, other] } = versions(3);
  const heard: number[][] = [];
  const crowd = new Set(Array.from({ length: 50 }, (_, i) => {
    heard.push([]);
    return listener((news) => {
      heard[i]!.push(...news.map(({ region }) => region.version));
      return false;
    });
  }));
  const others = new Set([...crowd].slice(0, 1));
  const broadcast = new Broadcast({ clock: new ManualClock(), onWork() {}, onError() {} });
  broadcast.add(crowd, old!.key, old!);
  assertEquals(broadcast.run(0, 8), true, "there are others left");
  const toldFirst = heard.filter(({ length }) => length > 0).length;
  assertEquals(toldFirst > 0 && toldFirst < 50, true);
  broadcast.add(crowd, newer!.key, newer!);
  broadcast.add(others, other!.key, other!);
  assertEquals(
    [broadcast.run(0, 8), broadcast.isEmpty],
    [false, false],
    "steps go before what came on the way",
  );
  assertEquals(heard.filter(([version]) => version === old!.version).length, toldFirst);
  assertEquals(heard.filter(([version]) => version === newer!.version).length, 50 - toldFirst);
  while (broadcast.run(0, 8));
  assertEquals(broadcast.isEmpty, true);
  assertEquals(heard.every((versions) => versions.includes(newer!.version)), true);
  assertEquals(
    heard.filter((versions) => versions.includes(other!.version)).length,
    1,
    "others have their own",
  );
  fixture.streamer.dispose();
});

Deno.test("clients that come and go while a crowd is told of a build end with its newest version, those who stay too", async () => {
  const fixture = new StreamFixture();
  const crowd = Array.from({ length: 70 }, () => fixture.connect(wholeView()));
  const key = fixture.paint(1, 1, 1, RED);
  await fixture.clock.advanceAsync(200);
  const sent = () => crowd.filter(({ raw }) => raw.length === 2).length;
  assertEquals(sent(), 0);
  fixture.paint(1, 1, 1, GREEN);
  await Promise.resolve();
  assertEquals(
    sent() > 0 && sent() < 70,
    true,
    `${sent()} of 70 have it before the event loop has had its turn`,
  );
  for (const { connection } of crowd.splice(20, 30)) fixture.streamer.remove(connection);
  crowd.push(fixture.connect(wholeView()));
  await fixture.clock.advanceAsync(0);
  const { version } = fixture.world.region(key)!;
  assertEquals(crowd.filter((client) => client.held.get(key)?.version === version).length, 41);
  const { owed, delivered, dropped, superseded, leftView, pending } = fixture.streamer.ledger();
  const lost = Object.values(dropped).reduce((sum, one) => sum + one, 0);
  assertEquals([owed - delivered - lost - superseded - leftView, pending], [0, 0]);
  fixture.streamer.dispose();
});

Deno.test("clients that hold the same share an answer, and one that holds something else gets its own", () => {
  const { fixture, regions: [region] } = versions(1);
  const news = new BuildNews(region!.key, region!);
  const plain = sharedStyle({ codec: 2, features: streamFeatures([]), coarseLod: 2 });
  const refined = sharedStyle({ codec: 2, features: streamFeatures(["refinements"]), coarseLod: 2 });
  assertEquals(sharedStyle({ codec: 2, features: streamFeatures([]), coarseLod: 2 }), plain);
  const first = news.choose(plain, 0, 0, 0);
  assertEquals(news.choose(plain, 0, 0, 0) === first, true);
  assertEquals(news.choose(plain, 0, 0, 1).lod, 1);
  assertEquals(news.choose(refined, 0, 0, 0).lod, 2);
  assertEquals(news.choose(refined, region!.version + 1, 0, 0).lod, 0);
  assertEquals(news.choose(refined, region!.version, 2, 0).lod, 0);
  const { flags } = readFrameHeader(news.choose(refined, region!.version, 2, 0).bytes);
  assertEquals([flags & 0x10, news.choose(plain, 0, 0, 0).lod], [0x10, 0]);
  fixture.streamer.dispose();
});

Deno.test("a client that has all gets a new build in the task that ends it; several at once share a bundle", async () => {
  const fixture = new StreamFixture();
  const plain = fixture.connect(wholeView());
  const bundled = fixture.connect(wholeView(), "esvo", { features: ["bundles"] });
  for (let i = 0; i < 3; i++) fixture.paint(1 + 8 * i, 1, 1, RED);
  await fixture.clock.advanceAsync(200);
  const messages = ({ raw }: FakeClient) => raw.length;
  const before = [messages(plain), messages(bundled)];
  for (let i = 0; i < 3; i++) fixture.paint(1 + 8 * i, 1, 1, GREEN);
  await Promise.resolve();
  assertEquals([messages(plain) - before[0]!, messages(bundled) - before[1]!], [3, 1]);
  assertEquals(bundled.bundleSizes.at(-1), 3);
  const { owed, delivered, pending } = fixture.streamer.ledger();
  assertEquals([owed - delivered, pending], [0, 0]);
  fixture.streamer.dispose();
});

Deno.test("builds beyond a client's share in one task wait for its turns", async () => {
  const fixture = new StreamFixture({ turnQuantumBytes: 1 });
  const client = fixture.connect(wholeView());
  for (let i = 0; i < 3; i++) fixture.paint(1 + 8 * i, 1, 1, RED);
  await fixture.clock.advanceAsync(200);
  const before = client.raw.length;
  const seen: number[] = [];
  const send = client.send.bind(client);
  client.send = (data) => {
    send(data);
    seen.push(fixture.streamer.ledger().owed - fixture.streamer.ledger().delivered);
  };
  for (let i = 0; i < 3; i++) fixture.paint(1 + 8 * i, 1, 1, GREEN);
  await fixture.clock.advanceAsync(50);
  assertEquals(client.raw.length - before, 3);
  // While the first was sent the others were not owed yet; they stood in line when the second was.
  assertEquals(seen, [1, 2, 1]);
  fixture.streamer.dispose();
});

Deno.test("a build of what a client holds already brings it nothing", async () => {
  const fixture = new StreamFixture();
  const client = fixture.connect(wholeView());
  const key = fixture.paint(1, 1, 1, RED);
  await fixture.clock.advanceAsync(200);
  const before = client.raw.length;
  fixture.streamer.onBuilt(builtRegion(fixture.world, key, "esvo"));
  await fixture.clock.advanceAsync(200);
  assertEquals([client.raw.length - before, fixture.streamer.ledger().pending], [0, 0]);
  fixture.streamer.dispose();
});

Deno.test("builds do not pass by the rate of a client that does not acknowledge", async () => {
  const bytesPerSecond = 2000;
  const fixture = new StreamFixture({ maxClientBytesPerSecond: bytesPerSecond });
  const client = fixture.connect(wholeView());
  for (let i = 0; i < 200; i++) {
    fixture.paint(1, 1, 1, RED + i);
    await fixture.clock.advanceAsync(5);
  }
  // A second at the rate, the quarter of one that an idle client may get at once, and a message that began within it.
  const longest = Math.max(...client.raw.map(({ length }) => length));
  assertEquals(
    client.receivedBytes <= 1.25 * bytesPerSecond + longest,
    true,
    `${client.receivedBytes} bytes`,
  );
  fixture.streamer.dispose();
});
