import { assert, assertEquals } from "@std/assert";
import { regionMorton } from "../../src/space/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { builtRegion, type FakeClient, look, StreamFixture, wholeView } from "./stream_fixture.ts";

/** One test for each defect that a known server of this kind had in its streaming, named after what it would catch. */

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const NOWHERE = look([1, 1, 60], [1, 1, 100]);

/** A viewport, and how often a view was computed from it. */
function counted(viewport: Viewport): { viewport: Viewport; computed(): number } {
  let count = 0;
  const { lookAt, ...others } = viewport;
  const watched = {
    ...others,
    get lookAt() {
      count++;
      return lookAt;
    },
  };
  // A computation reads it several times, always as often.
  return { viewport: watched, computed: () => count };
}

function colors(client: FakeClient): number[] {
  return client.frames.map((frame) => frame.colors[0] ?? 0);
}

Deno.test("a region that became visible during a build is reported as new: visibility has no side effects", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const near = fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(NOWHERE);
  await fixture.clock.advanceAsync(10);
  const built = builtRegion(fixture.world, near, "esvo");
  // The camera turns to it while it is built; whoever asks what is seen meanwhile changes nothing.
  fixture.streamer.updateViewport(client.connection, wholeView());
  for (let i = 0; i < 3; i++) {
    fixture.streamer.wantedKinds(fixture.world, near, 1);
    fixture.streamer.wantedPayloads(fixture.world, near, "esvo");
    fixture.streamer.interestIn(fixture.world, near);
    fixture.streamer.regionsInView(fixture.world, "esvo", wholeView());
  }
  fixture.streamer.onBuilt(built);
  await fixture.clock.advanceAsync(10);
  assertEquals(colors(client), [RED]);
  fixture.streamer.dispose();
});

Deno.test("what is skipped by backpressure is sent later, in its newest version", async () => {
  const fixture = new StreamFixture({ maxPendingSendsPerClient: 1 });
  const client = fixture.connect(wholeView());
  for (let i = 0; i < 8; i++) fixture.paint((i % 4) * 8, (i >> 2) * 8, 0, RED);
  client.isStuck = true;
  await fixture.clock.advanceAsync(500);
  assertEquals(client.frames.length, 1);
  for (let i = 0; i < 8; i++) fixture.paint((i % 4) * 8, (i >> 2) * 8, 0, GREEN);
  await fixture.clock.advanceAsync(500);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(100);
  assertEquals([...client.shown.values()].map((region) => region.colors[0]), Array(8).fill(GREEN));
  fixture.streamer.dispose();
});

Deno.test("an emptied region leaves no ghost, whatever a client holds of it and has missed", async () => {
  for (const features of [[], ["refinements", "deltas", "bundles"]] as const) {
    const fixture = new StreamFixture({ depth: 4 });
    for (let i = 0; i < 40; i++) fixture.paint(i % 16, i >> 4, 1, RED + i);
    const clients = [30, 90, 120].map((distance) =>
      fixture.connect(wholeView(distance), "esvo", { features })
    );
    const tets = fixture.connect(wholeView(), "esvt", { features });
    await fixture.clock.advanceAsync(100);
    clients[1]!.isStuck = true;
    fixture.paint(1, 1, 1, GREEN);
    await fixture.clock.advanceAsync(10);
    fixture.world.apply({ kind: "clear" });
    await fixture.clock.advanceAsync(10);
    [clients[1]!.isStuck, clients[1]!.bufferedAmount] = [false, 0];
    await fixture.clock.advanceAsync(200);
    for (const client of [...clients, tets]) {
      assertEquals([client.shown.size, client.held.size], [0, 1]);
      assertEquals(client.frames.at(-1)!.header.payloadBytes, 0);
    }
    fixture.paint(1, 1, 1, GREEN);
    await fixture.clock.advanceAsync(200);
    assert([...clients, tets].every(({ shown }) => shown.size === 1), "and it can come back");
    fixture.streamer.dispose();
  }
});

Deno.test("a slow client stalls nobody: the others are sent everything in the turn in which it changes", async () => {
  const fixture = new StreamFixture({ maxPendingSendsPerClient: 2 });
  fixture.paint(1, 1, 1, RED);
  const slow = Array.from({ length: 20 }, () => fixture.connect(wholeView()));
  const fast = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(10);
  for (const client of slow) client.isStuck = true;
  for (let i = 0; i < 50; i++) {
    fixture.paint(1, 1, 1, GREEN + i);
    await fixture.clock.advanceAsync(0);
    assertEquals(fast.frames.length, i + 2);
  }
  assert(
    slow.every(({ raw }) => raw.length === 3),
    "backpressure engages: no more than two wait in a socket",
  );
  fixture.streamer.dispose();
});

Deno.test("frames are encoded once and shared by all who are at the same LOD", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const clients = Array.from({ length: 10 }, (_, i) => fixture.connect(wholeView(i < 5 ? 30 : 120)));
  await fixture.clock.advanceAsync(10);
  const arrays = new Set(clients.flatMap(({ handed }) => handed));
  assertEquals(arrays.size, 2);
  fixture.streamer.dispose();
});

Deno.test("nothing is computed for a client whose camera and regions stand still", async () => {
  const fixture = new StreamFixture();
  const key = fixture.paint(1, 1, 1, RED);
  const { viewport, computed } = counted(wholeView());
  const client = fixture.connect(viewport);
  await fixture.clock.advanceAsync(100);
  const once = computed();
  assert(once > 0);
  await fixture.clock.advanceAsync(10_000);
  for (let i = 0; i < 20; i++) {
    fixture.paint(1, 1, 1, GREEN + i);
    fixture.streamer.interestIn(fixture.world, key);
    await fixture.clock.advanceAsync(100);
  }
  assertEquals([client.frames.length, computed()], [21, once], "a build is no reason either");
  fixture.paint(30, 1, 1, RED);
  await fixture.clock.advanceAsync(100);
  assertEquals(computed(), 2 * once, "a region that was not there before is");
  fixture.streamer.dispose();
});

Deno.test("a region that changes during each of its builds is still published, each build as it ends", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const client = fixture.connect(wholeView());
  const key = fixture.paint(1, 1, 1, RED);
  await fixture.clock.advanceAsync(0);
  for (let i = 0; i < 10; i++) {
    const built = builtRegion(fixture.world, key, "esvo");
    fixture.paint(1, 1, 1, GREEN + i);
    fixture.streamer.onBuilt(built);
    await fixture.clock.advanceAsync(0);
  }
  assertEquals(colors(client), [RED, ...Array.from({ length: 9 }, (_, i) => GREEN + i)]);
  fixture.streamer.dispose();
});

Deno.test("a changed region that is seen and cached is built and sent again, not left as it was", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.settle(100);
  fixture.paint(1, 1, 1, GREEN);
  fixture.requested.length = 0;
  await fixture.clock.advanceAsync(2500);
  assert(fixture.requested.includes(key), "its old build in the cache keeps nobody from asking");
  await fixture.settle(100);
  assertEquals(colors(client), [RED, GREEN]);
  fixture.streamer.dispose();
});

Deno.test("a build that failed, was refused or got lost is asked for again", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  for (let i = 0; i < 5; i++) {
    await fixture.clock.advanceAsync(1200);
    assertEquals(fixture.requested.splice(0)[0], key);
  }
  fixture.build(key);
  await fixture.clock.advanceAsync(2500);
  assertEquals([client.frames.length, fixture.requested.length], [1, 0]);
  fixture.streamer.dispose();
});

Deno.test("a version counts as sent only when it was: what a socket did not take is sent again", async () => {
  const fixture = new StreamFixture();
  const client = fixture.connect(wholeView(), "esvo", { features: ["bundles", "refinements", "deltas"] });
  const { outbox } = client.connection;
  const sendFrame = outbox.sendFrame.bind(outbox);
  let isFailing = false;
  outbox.sendFrame = (message, frames) => !isFailing && sendFrame(message, frames);
  for (let i = 0; i < 4; i++) fixture.paint(i * 8, 1, 1, RED);
  await fixture.clock.advanceAsync(100);
  isFailing = true;
  for (let i = 0; i < 4; i++) fixture.paint(i * 8, 1, 1, GREEN);
  await fixture.clock.advanceAsync(10);
  isFailing = false;
  await fixture.clock.advanceAsync(200);
  assertEquals([...client.shown.values()].map((region) => region.colors[0]), Array(4).fill(GREEN));
  fixture.streamer.dispose();
});

Deno.test("farther means coarser: the LOD grows with the distance", async () => {
  const fixture = new StreamFixture();
  for (const z of [1, 12, 20, 30]) fixture.paint(16, 16, z, RED);
  const client = fixture.connect({ ...wholeView(70), farPlane: 1000 });
  await fixture.clock.advanceAsync(10);
  const lodOf = (z: number) => client.shown.get(fixture.morton(16, 16, z))!.lod;
  assertEquals([30, 20, 12, 1].map(lodOf), [0, 1, 1, 1]);
  fixture.streamer.dispose();
});

Deno.test("a viewport or an acknowledgement that comes late does not bring a client back that has left", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const client = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(10);
  fixture.streamer.remove(client.connection);
  fixture.streamer.remove(client.connection);
  assertEquals(fixture.streamer.updateViewport(client.connection, wholeView(31)), false);
  assertEquals(fixture.streamer.acknowledge(client.connection, 10), false);
  fixture.paint(1, 1, 1, GREEN);
  await fixture.clock.advanceAsync(1500);
  const { pinnedCount } = fixture.cache.stats();
  assertEquals([fixture.streamer.clientCount, client.frames.length, pinnedCount], [0, 1, 0]);
  fixture.streamer.dispose();
});

Deno.test("who subscribes gets what is there already, and what is built later, without asking again", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  await fixture.clock.advanceAsync(10);
  fixture.autoBuild = false;
  const late = fixture.paint(30, 30, 1, GREEN);
  const client = fixture.connect(wholeView());
  await fixture.settle(50);
  assert(client.shown.has(regionMorton(late)) && client.shown.size === 2);
  fixture.streamer.dispose();
});

Deno.test("a client that moves to another view in the middle of a message in parts still gets whole messages", async () => {
  const fixture = new StreamFixture({ depth: 5, maxBulkMessageBytes: 512, maxPendingSendsPerClient: 2 });
  const cells = { positions: new Uint32Array(3 * 1024), colors: new Uint32Array(1024) };
  for (let i = 0; i < 1024; i++) {
    cells.positions.set([i % 32, i >> 5, 1], 3 * i);
    cells.colors[i] = (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0;
  }
  fixture.world.apply({ kind: "patch", cells });
  const client = fixture.connect(wholeView(), "esvo", { features: ["parts"] });
  client.isStuck = true;
  await fixture.clock.advanceAsync(20);
  assertEquals([client.raw.length, client.frames.length], [2, 0], "two parts of several");
  // Parts of one message come with nothing in between, also from a stream that has another one before it.
  const registration = { viewport: wholeView(60), codec: 2, kind: "esvo", features: ["parts"] } as const;
  fixture.streamer.register(client.connection, fixture.world, registration);
  [client.isStuck, client.bufferedAmount] = [false, 0];
  await fixture.clock.advanceAsync(200);
  assertEquals(client.frames.map(({ header }) => header.lod), [0, 1]);
  const { owed, delivered } = fixture.streamer.ledger();
  assertEquals([owed, delivered], [2, 2]);
  fixture.streamer.dispose();
});
