import { assert, assertEquals } from "@std/assert";
import { type FakeClient, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;

/** A world with something in six regions. */
function sixRegions(options: ConstructorParameters<typeof StreamFixture>[0] = {}): StreamFixture {
  const fixture = new StreamFixture(options);
  for (let i = 0; i < 4; i++) fixture.paint(i * 8, 1, 1, RED);
  for (let i = 0; i < 2; i++) fixture.paint(i * 8, 9, 1, RED);
  return fixture;
}

function told(client: FakeClient): Record<string, unknown>[] {
  return client.texts.map((text) => JSON.parse(text)).filter(({ type }) => type === "BACKPRESSURE")
    .map(({ data }) => data);
}

Deno.test("a client that falls behind is told how much is held back and when it will be closed, and when it has caught up", async () => {
  const fixture = sixRegions({ maxPendingSendsPerClient: 2 });
  const client = fixture.connect(wholeView());
  client.isStuck = true;
  await fixture.clock.advanceAsync(1950);
  assertEquals(told(client), [], "not at once");
  await fixture.clock.advanceAsync(150);
  const [held] = told(client);
  assertEquals([held!.state, held!.reason, held!.held_regions, held!.finest_lod], ["held", "slow", 4, 0]);
  const left = held!.close_after_ms as number;
  assert(left > 27_000 && left <= 28_000, `${left} ms`);
  assertEquals(fixture.streamer.pressureStats().slowClients, 1);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(200);
  assertEquals(told(client).slice(1), [{
    state: "released",
    reason: "slow",
    held_regions: 0,
    finest_lod: 0,
  }]);
  assertEquals(client.shown.size, 6);
  await fixture.clock.advanceAsync(60_000);
  assertEquals([told(client).length, client.closeCode], [2, undefined]);
  const { held: heldCounts, released, closed, slowClients } = fixture.streamer.pressureStats();
  assertEquals([heldCounts.slow, released.slow, closed, slowClients], [1, 1, { slow: 0, failing: 0 }, 0]);
  fixture.streamer.dispose();
});

Deno.test("a client that takes nothing for slowConsumerTimeoutMs is closed with 4009, and the others never notice", async () => {
  const fixture = sixRegions({ maxPendingSendsPerClient: 2 });
  const stuck = fixture.connect(wholeView());
  const others = [fixture.connect(wholeView()), fixture.connect(wholeView())];
  stuck.isStuck = true;
  const delays: number[] = [];
  for (let i = 0; i < 320; i++) {
    const before = others.map(({ frames }) => frames.length);
    fixture.paint(1, 1, 1, GREEN + i);
    await fixture.clock.advanceAsync(0);
    delays.push(...others.map(({ frames }, at) => frames.length - before[at]!));
    await fixture.clock.advanceAsync(100);
    if (i === 298) assertEquals(stuck.closeCode, undefined);
  }
  assert(delays.slice(2).every((frames) => frames === 1), "each change reaches the others in its own turn");
  assertEquals([stuck.closeCode, ...others.map(({ closeCode }) => closeCode)], [4009, undefined, undefined]);
  assertEquals([fixture.streamer.clientCount, fixture.streamer.pressureStats().closed.slow], [2, 1]);
  const { owed, delivered, superseded, dropped } = fixture.streamer.ledger();
  assert(dropped.closed > 0);
  assertEquals(owed, delivered + superseded + dropped.closed);
  fixture.streamer.dispose();
  assertEquals([fixture.clock.pending, fixture.cache.stats().pinnedCount], [0, 0]);
});

Deno.test("a slow client that takes a message now and then is not closed", async () => {
  const fixture = sixRegions({ maxPendingSendsPerClient: 1, slowConsumerTimeoutMs: 1000 });
  const client = fixture.connect(wholeView());
  client.isStuck = true;
  for (let i = 0; i < 10; i++) {
    fixture.paint(1, 1, 1, GREEN + i);
    fixture.paint(9, 1, 1, GREEN + i);
    await fixture.clock.advanceAsync(900);
    client.bufferedAmount = 0;
  }
  assertEquals(client.closeCode, undefined);
  for (const x of [1, 9, 17]) fixture.paint(x, 1, 1, GREEN + 10);
  await fixture.clock.advanceAsync(2000);
  assertEquals(client.closeCode, 4009, "one that stops taking any is");
  fixture.streamer.dispose();
});

Deno.test("a client that acknowledges nothing gets no more than the first window, is told and closed, and its timers go", async () => {
  const fixture = new StreamFixture({ depth: 5, slowConsumerTimeoutMs: 5000 });
  const colors = Uint32Array.from(
    { length: 16_384 },
    (_, i) => (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0,
  );
  const positions = new Uint32Array(3 * colors.length);
  for (let i = 0; i < colors.length; i++) positions.set([i % 128, Math.floor(i / 128), 63], 3 * i);
  fixture.world.apply({ kind: "patch", cells: { positions, colors } });
  const client = fixture.connect(wholeView(), "esvo", { features: ["flow", "parts"] });
  await fixture.clock.advanceAsync(1000);
  const first = client.receivedBytes;
  assert(first > 0 && first <= 32_768 + 16_384, `${first} bytes`);
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.receivedBytes, first);
  for (let i = 0; i < 20; i++) {
    fixture.streamer.acknowledge(client.connection, client.receivedBytes);
    await fixture.clock.advanceAsync(50);
  }
  assertEquals(client.shown.size, 16, "and all once it does");
  client.held.clear();
  fixture.streamer.register(client.connection, fixture.world, {
    viewport: wholeView(),
    codec: 2,
    kind: "esvo",
    features: ["flow"],
  });
  await fixture.clock.advanceAsync(7000);
  assertEquals([client.closeCode, told(client)[0]!.reason], [4009, "slow"]);
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

Deno.test("a client whose socket fails five times in a row is closed with 4009, and what it was owed is accounted for", async () => {
  const fixture = sixRegions();
  const broken = fixture.connect(wholeView());
  const other = fixture.connect(wholeView());
  broken.isBroken = true;
  await fixture.clock.advanceAsync(1000);
  assertEquals([broken.closeCode, other.closeCode, other.shown.size], [4009, undefined, 6]);
  assertEquals(fixture.streamer.pressureStats().closed, { slow: 0, failing: 1 });
  const { sendFailures, pool } = fixture.streamer.bulkStats();
  assertEquals([sendFailures, pool.lent], [5, 0]);
  const { owed, delivered, superseded, dropped, pending } = fixture.streamer.ledger();
  assertEquals(owed, delivered + superseded + dropped["send-failed"] + dropped.closed);
  assertEquals([delivered, pending, dropped["send-failed"]], [6, 0, 5]);
  fixture.streamer.dispose();
  assertEquals([fixture.clock.pending, fixture.cache.stats().pinnedCount], [0, 0]);
});

Deno.test("a failed flush returns its buffer once, and its frames are owed anew", async () => {
  const fixture = sixRegions();
  const broken = fixture.connect(wholeView(), "esvo", { features: ["bundles"] });
  const { outbox } = broken.connection;
  const sendFrame = outbox.sendFrame.bind(outbox);
  let failures = 3;
  outbox.sendFrame = (message, frames) => --failures >= 0 ? false : sendFrame(message, frames);
  const others = [1, 2, 3].map(() => fixture.connect(wholeView(), "esvo", { features: ["bundles"] }));
  await fixture.clock.advanceAsync(500);
  for (const client of [broken, ...others]) assertEquals([client.shown.size, client.bundleSizes], [6, [6]]);
  const { pool, sendFailures } = fixture.streamer.bulkStats();
  assertEquals([sendFailures, pool], [3, { lent: 0, free: 1, made: 1 }]);
  const { owed, delivered, dropped } = fixture.streamer.ledger();
  assertEquals([owed, delivered, dropped["send-failed"]], [42, 24, 18]);
  assertEquals(broken.closeCode, undefined, "three failures are not five");
  fixture.streamer.dispose();
});

Deno.test("a client that is closed because it does not read what it is told keeps nothing pinned", async () => {
  const fixture = sixRegions({ maxPendingSendsPerClient: 2, backpressureAfterMs: 100 });
  const client = fixture.connect(wholeView());
  client.isStuck = true;
  await fixture.clock.advanceAsync(50);
  // As the connection does that finds its control lane full.
  client.connection.outbox.sendText = () => fixture.streamer.remove(client.connection);
  fixture.paint(17, 17, 17, RED);
  fixture.streamer.updateViewport(client.connection, wholeView(31));
  await fixture.clock.advanceAsync(1000);
  assertEquals(fixture.streamer.clientCount, 0);
  assertEquals(fixture.cache.stats().pinnedCount, 0);
  assertEquals(fixture.streamer.ledger().pending, 0);
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

Deno.test("failures count only in a row: a socket that takes something in between is not given up", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  const { outbox } = client.connection;
  const sendFrame = outbox.sendFrame.bind(outbox);
  let tries = 0;
  // Four of five fail.
  outbox.sendFrame = (message, frames) => ++tries % 5 === 0 && sendFrame(message, frames);
  for (let i = 0; i < 5; i++) {
    fixture.paint(1, 1, 1, GREEN + i);
    await fixture.clock.advanceAsync(500);
  }
  assertEquals([client.closeCode, client.frames.length, tries], [undefined, 5, 25]);
  assertEquals(fixture.streamer.pressureStats().closed.failing, 0);
  fixture.streamer.dispose();
});

Deno.test("a client whose socket stays full is looked at ever more seldom, up to a bound", async () => {
  const fixture = new StreamFixture({ streamingIntervalMs: 10_000 });
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(50);
  const atMs: number[] = [];
  const { outbox } = client.connection;
  Object.defineProperty(outbox, "hasRoomForFrame", {
    get: () => {
      if (atMs.at(-1) !== fixture.clock.monotonic()) atMs.push(fixture.clock.monotonic());
      return false;
    },
  });
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(2000);
  const pauses = atMs.slice(1).map((at, i) => at - atMs[i]!);
  assertEquals(pauses.slice(0, 6), [5, 10, 20, 40, 80, 80]);
  assert(pauses.every((ms) => ms <= 80), "a socket that drains is never left for longer");
  assert(atMs.length <= 30, `${atMs.length} looks in two seconds`);
  fixture.streamer.dispose();
});
