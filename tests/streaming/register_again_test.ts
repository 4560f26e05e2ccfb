import { assert, assertEquals } from "@std/assert";
import { readPart } from "../../src/protocol/part.ts";
import type { Registration } from "../../src/streaming/mod.ts";
import { ClientView } from "../../src/streaming/client_view.ts";
import { type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;

/** A layer of noise through 16 deep regions, all built. */
function noisy(options: ConstructorParameters<typeof StreamFixture>[0] = {}): StreamFixture {
  const fixture = new StreamFixture({ depth: 5, ...options });
  const positions = new Uint32Array(3 * 128 * 128);
  const colors = new Uint32Array(128 * 128);
  for (let i = 0; i < colors.length; i++) {
    positions.set([i % 128, Math.floor(i / 128), 63], 3 * i);
    colors[i] = (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0;
  }
  fixture.world.apply({ kind: "patch", cells: { positions, colors } });
  return fixture;
}

function again(
  fixture: StreamFixture,
  { connection }: FakeClient,
  registration: Partial<Registration> = {},
  world = fixture.world,
): void {
  fixture.streamer.register(connection, world, {
    viewport: wholeView(),
    codec: 2,
    kind: "esvo",
    ...registration,
  });
}

Deno.test("who registers again and again gets no second burst: maxClientBytesPerSecond holds for the connection", async () => {
  const fixture = noisy({ maxClientBytesPerSecond: 20_000 });
  const client = fixture.connect(wholeView(), "esvo", { codec: 1 });
  for (let ms = 0; ms <= 3000; ms += 50) {
    again(fixture, client, { codec: 1 });
    await fixture.clock.advanceAsync(50);
    const allowed = 20 * (ms + 50 + 251) + 8000;
    assert(client.receivedBytes <= allowed, `${client.receivedBytes} of ${allowed} bytes`);
  }
  assert(client.receivedBytes >= 20 * 2500, "and no less");
  fixture.streamer.dispose();
});

Deno.test("who registers again and again has no more views computed than maxViewportUpdatesPerSecond", async () => {
  const { compute } = ClientView.prototype;
  let computed = 0;
  ClientView.prototype.compute = function (nowMs) {
    computed++;
    compute.call(this, nowMs);
  };
  try {
    const fixture = new StreamFixture({ maxViewportUpdatesPerSecond: 10 });
    fixture.paint(1, 1, 1, RED);
    const client = fixture.connect(wholeView());
    for (let ms = 0; ms < 1000; ms += 10) {
      again(fixture, client);
      await fixture.clock.advanceAsync(10);
    }
    assert(computed >= 9 && computed <= 11, `${computed} views in a second`);
    assertEquals(client.shown.size, 1);
    fixture.streamer.dispose();
  } finally {
    ClientView.prototype.compute = compute;
  }
});

Deno.test("a view that takes long to compute is computed the less often", async () => {
  const { compute } = ClientView.prototype;
  const atMs: number[] = [];
  const fixture = new StreamFixture({ maxViewportUpdatesPerSecond: 30 });
  ClientView.prototype.compute = function (nowMs) {
    atMs.push(nowMs);
    compute.call(this, nowMs);
    fixture.clock.block(20);
  };
  try {
    fixture.paint(1, 1, 1, RED);
    const client = fixture.connect(wholeView());
    for (let i = 0; i < 100; i++) {
      fixture.streamer.updateViewport(client.connection, wholeView(30 + i));
      await fixture.clock.advanceAsync(10);
    }
    assert(atMs.length >= 4 && atMs.length <= 7, `${atMs.length} views`);
    assert(atMs.every((at, i) => i === 0 || at - atMs[i - 1]! >= 200), atMs.join(" "));
    fixture.streamer.dispose();
  } finally {
    ClientView.prototype.compute = compute;
  }
});

Deno.test("who takes nothing is closed in time although it registers again and again", async () => {
  const fixture = noisy({ maxPendingSendsPerClient: 2, slowConsumerTimeoutMs: 30_000 });
  const stuck = fixture.connect(wholeView());
  const reader = fixture.connect(wholeView());
  stuck.isStuck = true;
  for (let s = 0; s < 29; s++) {
    if (s % 5 === 4) {
      for (const client of [stuck, reader]) again(fixture, client);
      // Once more before the view is known.
      await fixture.clock.advanceAsync(0);
      for (const client of [stuck, reader]) again(fixture, client);
    }
    await fixture.clock.advanceAsync(1000);
  }
  assertEquals([stuck.closeCode, reader.closeCode], [undefined, undefined]);
  await fixture.clock.advanceAsync(2000);
  assertEquals([stuck.closeCode, reader.closeCode], [4009, undefined]);
  const told = stuck.texts.map((text) => JSON.parse(text).data.state);
  assertEquals(told, ["held"], "and it was told once");
  fixture.streamer.dispose();
});

Deno.test("a long frame goes on at the pace of the link when its client registers again, and is sent once", async () => {
  const fixture = noisy({ maxBulkMessageBytes: 1024, maxClientBytesPerSecond: 8000 });
  const near = look([16, 4, 30], [16, 4, 0]);
  const client = fixture.connect(near, "esvo", { features: ["parts"], codec: 1 });
  await fixture.clock.advanceAsync(0);
  const { parts, part } = readPart(client.raw.at(-1)!);
  assert(client.frames.length === 0 && part < parts - 3, `${part} of ${parts} parts`);
  const first = client.receivedBytes;
  again(fixture, client, { viewport: near, features: ["parts"], codec: 1 });
  await fixture.clock.advanceAsync(0);
  assert(client.receivedBytes <= first + 1024, "nothing is sent ahead of its time");
  await fixture.clock.advanceAsync(60_000);
  const mortons = client.frames.map(({ header }) => header.morton);
  assertEquals(mortons.length, new Set(mortons).size, "no region comes twice");
  assertEquals(mortons.length, fixture.streamer.streamOf(client.connection)!.wanted);
  const { owed, delivered, superseded, dropped } = fixture.streamer.ledger();
  assertEquals(owed, delivered + superseded + dropped.moved);
  fixture.streamer.dispose();
});

Deno.test("a frame whose rest a socket did not take is sent again by the stream that took it over", async () => {
  const fixture = noisy({ maxBulkMessageBytes: 1024, maxClientBytesPerSecond: 8000 });
  const client = fixture.connect(look([4, 4, 60], [4, 4, 16]), "esvo", { features: ["parts"], codec: 1 });
  await fixture.clock.advanceAsync(0);
  const { outbox } = client.connection;
  const sendFrame = outbox.sendFrame.bind(outbox);
  again(fixture, client, { features: ["parts"], codec: 1 });
  let failures = 1;
  outbox.sendFrame = (message, frames) => --failures >= 0 ? false : sendFrame(message, frames);
  // What was there of it is of no use to the client, which would otherwise be told of an error.
  const receive = client.send.bind(client);
  client.send = (data) => {
    try {
      receive(data);
    } catch {
      receive(data);
    }
  };
  await fixture.clock.advanceAsync(120_000);
  assertEquals(client.shown.size, 16);
  assertEquals(fixture.streamer.ledger().dropped["send-failed"], 1);
  fixture.streamer.dispose();
});

Deno.test("a long frame is ended at once when its client goes to another world, before that world's first", async () => {
  const fixture = noisy({ maxBulkMessageBytes: 1024, maxClientBytesPerSecond: 8000 });
  const other = fixture.worlds.create("other", {
    level: 2,
    depth: 3,
    bounds: { min: [0, 0, 0], max: [32, 32, 32] },
  });
  fixture.streamer.addWorld(other);
  const client = fixture.connect(wholeView(), "esvo", { features: ["parts"], codec: 1 });
  await fixture.clock.advanceAsync(0);
  assertEquals(client.frames.length, 0);
  again(fixture, client, {}, other);
  assertEquals(client.frames.length, 1, "before it is told that it has moved");
  fixture.streamer.dispose();
});

Deno.test("a client that leaves in the middle of a long frame is sent no more of it", async () => {
  const fixture = noisy({ maxBulkMessageBytes: 1024, maxClientBytesPerSecond: 8000 });
  const client = fixture.connect(wholeView(), "esvo", { features: ["parts"], codec: 1 });
  await fixture.clock.advanceAsync(0);
  const { length } = client.raw;
  assert(length > 0 && client.frames.length === 0);
  fixture.streamer.remove(client.connection);
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.raw.length, length);
  fixture.streamer.dispose();
});
