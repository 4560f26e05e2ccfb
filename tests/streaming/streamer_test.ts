import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeMorton, regionKey } from "../../src/space/mod.ts";
import { look, StreamFixture, wholeView } from "./stream_fixture.ts";
import { runs } from "../support/runs.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;

Deno.test("a registered client gets what it sees, once", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  fixture.paint(30, 30, 30, GREEN);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(5000);
  assertEquals(client.frames.length, 2);
  const frame = client.shown.get(fixture.morton(1, 1, 1))!;
  assertEquals([[...frame.keys].length, frame.colors[0]], [1, RED]);
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

Deno.test("a finished build goes out at once, without waiting for the cycle", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(0);
  assertEquals(client.frames.map((frame) => frame.colors[0]), [RED, GREEN]);
  fixture.streamer.dispose();
});

Deno.test("a region that appears in view is streamed although the camera stands still", async () => {
  const fixture = new StreamFixture();
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  fixture.paint(9, 9, 9, RED);
  await fixture.clock.advanceAsync(5);
  assertEquals([...client.shown.keys()], [fixture.morton(9, 9, 9)]);
  fixture.streamer.dispose();
});

Deno.test("what is not in view is not sent, and moving away and back sends it as it is then", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(look([1, 1, 60], [1, 1, 100]));
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.frames.length, 0);
  fixture.streamer.updateViewport(client.connection, wholeView());
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.frames.length, 1);
  fixture.streamer.updateViewport(client.connection, look([1, 1, 60], [1, 1, 100]));
  await fixture.clock.advanceAsync(1000);
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.frames.length, 1, "nothing of what is out of view");
  fixture.streamer.updateViewport(client.connection, wholeView());
  await fixture.clock.advanceAsync(1000);
  assertEquals(client.frames.map((frame) => frame.header.version), [1, 2]);
  fixture.streamer.dispose();
});

Deno.test("an emptied region is told by an empty frame, also to one who looked away meanwhile", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const stays = fixture.connect(wholeView());
  const looksAway = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  fixture.streamer.updateViewport(looksAway.connection, look([1, 1, 60], [1, 1, 100]));
  await fixture.clock.advanceAsync(100);
  fixture.paint(1, 1, 1, 0);
  await fixture.clock.advanceAsync(100);
  assertEquals([stays.shown.size, looksAway.shown.size], [0, 1]);
  fixture.streamer.updateViewport(looksAway.connection, wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(looksAway.shown.size, 0, "no ghost is left");
  fixture.streamer.dispose();
});

Deno.test("coming nearer brings a finer LOD of the same version, going away a coarser one", async () => {
  const fixture = new StreamFixture();
  for (let x = 0; x < 8; x++) fixture.paint(x, 0, 0, RED);
  const client = fixture.connect(wholeView(30));
  for (const distance of [60, 120, 30]) {
    await fixture.clock.advanceAsync(50);
    fixture.streamer.updateViewport(client.connection, wholeView(distance));
  }
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.map((frame) => [frame.header.lod, frame.keys.length]), [[0, 8], [1, 4], [2, 2], [
    0,
    8,
  ]]);
  assertEquals(new Set(client.frames.map((frame) => frame.header.version)).size, 1);
  fixture.streamer.dispose();
});

Deno.test("one client edits, and the other's decoded world equals the server's", async () => {
  const fixture = new StreamFixture();
  const clients = [fixture.connect(wholeView(30)), fixture.connect(wholeView(31))];
  for (let i = 0; i < 200; i++) {
    fixture.paint((i * 7) % 32, (i * 11) % 32, (i * 5) % 32, i % 5 === 0 ? 0 : 0xff000000 + i);
    if (i % 10 === 0) await fixture.clock.advanceAsync(3);
  }
  await fixture.clock.advanceAsync(200);
  for (const client of clients) {
    let voxels = 0;
    for (const [key, region] of fixture.world.regions) {
      const frame = client.shown.get(key & (2 ** 21 - 1));
      assertEquals(frame?.version ?? region.version, region.version);
      const { samples } = fixture.world.snapshot(key);
      assertEquals(frame?.keys ?? new Uint32Array(), samples.keys);
      assertEquals(frame?.colors ?? new Uint32Array(), samples.colors);
      voxels += samples.keys.length;
    }
    assertEquals(voxels, fixture.world.voxelCount);
  }
  assert(
    clients[0]!.handed.some((bytes) => clients[1]!.handed.includes(bytes)),
    "frames are encoded once and shared",
  );
  fixture.streamer.dispose();
});

Deno.test("a client that does not read holds back only itself, and then gets the newest version alone", async () => {
  const fixture = new StreamFixture({ maxPendingSendsPerClient: 3 });
  for (let i = 0; i < 6; i++) fixture.paint(i * 5, 1, 1, RED);
  const slow = fixture.connect(wholeView());
  const fast = fixture.connect(wholeView());
  slow.isStuck = true;
  await fixture.clock.advanceAsync(100);
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 6; i++) fixture.paint(i * 5, 1, 1, GREEN + round);
    await fixture.clock.advanceAsync(100);
  }
  assertEquals(slow.frames.length, 3, "no more than maxPendingSendsPerClient wait in its socket");
  assertEquals([...fast.shown.values()].every((frame) => frame.colors[0] === GREEN + 4), true);
  slow.isStuck = false;
  slow.bufferedAmount = 0;
  const before = slow.frames.length;
  await fixture.clock.advanceAsync(100);
  assertEquals([...slow.shown.values()].every((frame) => frame.colors[0] === GREEN + 4), true);
  assertEquals(slow.frames.length - before, slow.shown.size, "old versions were not sent");
  fixture.streamer.dispose();
});

Deno.test("what is owed when its region leaves the view is neither sent nor forgotten by the ledger", async () => {
  const fixture = new StreamFixture({ maxPendingSendsPerClient: 2 });
  for (let i = 0; i < 6; i++) fixture.paint(i * 5, 1, 1, RED);
  const client = fixture.connect(wholeView());
  client.isStuck = true;
  await fixture.clock.advanceAsync(100);
  const regions = fixture.world.regions.size;
  const waiting = fixture.streamer.ledger();
  assertEquals([waiting.owed, waiting.delivered, waiting.pending], [regions, 2, regions - 2]);
  fixture.streamer.updateViewport(client.connection, look([0, 0, 90], [0, 0, 200]));
  await fixture.clock.advanceAsync(100);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(100);
  const ended = fixture.streamer.ledger();
  assertEquals([ended.delivered, ended.leftView, ended.pending], [2, regions - 2, 0]);
  fixture.streamer.dispose();
});

Deno.test("a world that has content when it is added is streamed like any other", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  await fixture.clock.advanceAsync(0);
  fixture.streamer.removeWorld(fixture.world);
  fixture.streamer.addWorld(fixture.world);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(client.shown.size, 1);
  fixture.streamer.dispose();
});

Deno.test("a socket that holds maxBufferedBytesPerClient gets no more frames until it drains", async () => {
  const fixture = new StreamFixture({ maxBufferedBytesPerClient: 100 });
  for (let i = 0; i < 6; i++) fixture.paint(i * 5, 1, 1, RED);
  const client = fixture.connect(wholeView());
  client.isStuck = true;
  await fixture.clock.advanceAsync(100);
  const sentBytes = client.raw.reduce((sum, frame) => sum + frame.length, 0);
  assert(sentBytes >= 100 && sentBytes - client.raw.at(-1)!.length < 100, `${sentBytes} bytes wait`);
  assert(client.frames.length < fixture.world.regions.size);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(100);
  assertEquals(client.shown.size, fixture.world.regions.size);
  fixture.streamer.dispose();
});

Deno.test("a wanted region that is not in the cache is asked for, and asked for again if nothing comes", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.requested, [key]);
  await fixture.clock.advanceAsync(2500);
  assert(fixture.requested.length >= 2);
  fixture.build(key);
  await fixture.clock.advanceAsync(0);
  assertEquals(client.frames.length, 1);
  fixture.streamer.dispose();
});

Deno.test("the LODs that clients want of a region are known while it is built", async () => {
  const fixture = new StreamFixture();
  const key = fixture.paint(16, 16, 16, RED);
  fixture.connect(wholeView(30));
  fixture.connect(wholeView(120));
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.streamer.wantedPayloads(fixture.world, key, "esvo"), [0, 2]);
  assertEquals(
    fixture.streamer.wantedPayloads(fixture.world, regionKey(2, encodeMorton(3, 3, 3)), "esvo"),
    [],
  );
  assertEquals(fixture.streamer.interestIn(fixture.world, key).seen, 2);
  fixture.streamer.dispose();
});

Deno.test("a deleted world tells its clients and closes them; its regions leave the cache", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  fixture.streamer.removeWorld(fixture.world);
  assertEquals(client.closeCode, 4004);
  assertEquals(JSON.parse(client.texts[0]!).data.code, "WORLD_NOT_FOUND");
  const { pinnedCount, unpinnedCount, totalBytes } = fixture.cache.stats();
  assertEquals([pinnedCount, unpinnedCount, totalBytes], [0, 0, 0]);
  fixture.streamer.dispose();
});

Deno.test("a world whose trees are shallower than the coarsest LOD is streamed down to its roots", async () => {
  const fixture = new StreamFixture({
    lodRule: { thresholds: [1, 2, 3, 4, 5, 6], maxLod: 6, hysteresis: 0 },
  });
  for (let x = 0; x < 8; x++) fixture.paint(x, 0, 0, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map((frame) => [frame.header.lod, frame.keys.length]), [[3, 1]]);
  fixture.streamer.dispose();
});

Deno.test("a fault in one client's stream closes that client alone", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const clients = [0, 1, 2].map(() => fixture.connect(wholeView()));
  Object.defineProperty(clients[1]!.connection.outbox, "hasRoomForFrame", {
    get: () => {
      throw new Error("the connection is out of its mind");
    },
  });
  await fixture.clock.advanceAsync(100);
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(100);
  assertEquals(clients.map((client) => client.closeCode), [undefined, 1011, undefined]);
  assertEquals(clients.map((client) => client.frames.length), [2, 0, 2]);
  fixture.streamer.dispose();
});

Deno.test("of many viewports in a second only as many are computed as allowed, the newest in the end", async () => {
  const fixture = new StreamFixture({ maxViewportUpdatesPerSecond: 5 });
  for (let x = 0; x < 8; x++) fixture.paint(x, 0, 0, RED);
  const client = fixture.connect(wholeView(30));
  await fixture.clock.advanceAsync(0);
  for (let i = 0; i < 100; i++) {
    fixture.streamer.updateViewport(client.connection, wholeView(i % 2 === 0 ? 120 : 30));
    await fixture.clock.advanceAsync(10);
  }
  fixture.streamer.updateViewport(client.connection, wholeView(60));
  await fixture.clock.advanceAsync(250);
  assert(client.frames.length <= 8, `${client.frames.length} frames`);
  assertEquals(client.frames.at(-1)!.header.lod, 1);
  fixture.streamer.dispose();
});

Deno.test("the ledger adds up after any mix of edits, cameras, stuck sockets and leaving clients", async () => {
  const step = fc.record({
    action: fc.constantFrom(
      "paint",
      "paint",
      "erase",
      "camera",
      "away",
      "stick",
      "drain",
      "leave",
      "join",
      "wait",
    ),
    client: fc.nat({ max: 2 }),
    at: fc.tuple(fc.nat({ max: 31 }), fc.nat({ max: 31 }), fc.nat({ max: 31 })),
    amount: fc.integer({ min: 1, max: 150 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const fixture = new StreamFixture({ maxPendingSendsPerClient: 2 });
      const clients = [0, 1, 2].map(() => fixture.connect(wholeView()));
      const everyone = [...clients];
      for (const { action, client: index, at, amount } of steps) {
        const client = clients[index]!;
        const { connection } = client;
        if (action === "paint") fixture.paint(...at, 0xff000000 + amount);
        else if (action === "erase") fixture.world.apply({ kind: "clear" });
        else if (action === "camera") fixture.streamer.updateViewport(connection, wholeView(amount));
        else if (action === "away") {
          fixture.streamer.updateViewport(connection, look([0, 0, 90], [0, 0, 200]));
        } else if (action === "stick") client.isStuck = true;
        else if (action === "drain") [client.isStuck, client.bufferedAmount] = [false, 0];
        else if (action === "leave") fixture.streamer.remove(connection);
        else if (action === "join") everyone.push(clients[index] = fixture.connect(wholeView(amount)));
        else await fixture.clock.advanceAsync(amount);
      }
      await fixture.clock.advanceAsync(300);
      for (const client of everyone) [client.isStuck, client.bufferedAmount] = [false, 0];
      await fixture.clock.advanceAsync(300);
      const { owed, delivered, superseded, leftView, dropped, pending } = fixture.streamer.ledger();
      const gone = Object.values(dropped).reduce((sum, frames) => sum + frames, 0);
      assertEquals(owed, delivered + superseded + leftView + gone + pending);
      assertEquals(pending, 0, "with all sockets drained nothing is pending");
      const shown = clients[0]!;
      fixture.streamer.updateViewport(shown.connection, wholeView());
      await fixture.clock.advanceAsync(300);
      if (fixture.streamer.streamOf(shown.connection) !== undefined) {
        const voxels = [...shown.shown.values()].reduce((sum, frame) => sum + frame.keys.length, 0);
        assertEquals(voxels, fixture.world.voxelCount, "and the client shows exactly the world");
      }
      fixture.streamer.dispose();
      assertEquals(fixture.clock.pending, 0);
      assertEquals(fixture.cache.stats().pinnedCount, 0);
    }),
    { numRuns: runs(150) },
  );
});
