import { assert, assertEquals } from "@std/assert";
import type { FrameCodec } from "../../src/protocol/mod.ts";
import type { TreeKind } from "../../src/tree/mod.ts";
import { type FakeClient, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const QUANTUM = 2048;

/** A deep world with a layer of noise through its 16 regions, some regions with many times the bytes of others. */
function noisy(options: ConstructorParameters<typeof StreamFixture>[0] = {}): StreamFixture {
  const fixture = new StreamFixture({ depth: 5, turnQuantumBytes: QUANTUM, ...options });
  fixture.autoBuild = false;
  const positions: number[] = [];
  const colors: number[] = [];
  for (let i = 0; i < 128 * 128; i++) {
    const [x, y] = [i % 128, Math.floor(i / 128)];
    if ((x >> 5) % 2 === 1 && (y % 32) > 4) continue;
    positions.push(x, y, 63);
    colors.push((0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0);
  }
  fixture.world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.from(positions), colors: Uint32Array.from(colors) },
  });
  fixture.buildAll();
  return fixture;
}

/** Bytes that each client has been sent whenever one more message leaves for any of them. */
function watch(clients: readonly FakeClient[]): number[][] {
  const history: number[][] = [];
  const bytes = clients.map(() => 0);
  clients.forEach((client, i) => {
    const send = client.send.bind(client);
    client.send = (data) => {
      send(data);
      if (typeof data !== "string") bytes[i] = bytes[i]! + data.length;
      history.push([...bytes]);
    };
  });
  return history;
}

Deno.test("equal clients are never more than a share and a message apart, whatever the sizes of their frames", async () => {
  const styles: { kind: TreeKind; codec: FrameCodec; features: ("bundles" | "parts" | "refinements")[] }[] = [
    { kind: "esvo", codec: 2, features: [] },
    { kind: "esvo", codec: 1, features: ["bundles", "parts"] },
    { kind: "esvt", codec: 2, features: ["parts"] },
    { kind: "esvo", codec: 1, features: [] },
    { kind: "esvo", codec: 2, features: ["bundles", "refinements"] },
  ];
  const fixture = noisy();
  for (const key of fixture.world.regions.keys()) fixture.requested.push(key);
  const clients = styles.map(({ kind, ...style }) => fixture.connect(wholeView(), kind, style));
  const history = watch(clients);
  await fixture.settle(500);
  const total = clients.map(({ receivedBytes }) => receivedBytes);
  const longest = Math.max(...clients.flatMap(({ raw }) => raw.map(({ length }) => length)));
  assert(longest > QUANTUM, `${longest} bytes`);
  let compared = 0;
  for (const bytes of history) {
    // The tetrahedra come a build later than the rest, and who has all of it is not compared any more.
    const equal = bytes.filter((sent, i) => sent > 0 && sent < total[i]! && styles[i]!.kind === "esvo");
    if (equal.length < 2) continue;
    compared++;
    const apart = Math.max(...equal) - Math.min(...equal);
    assert(apart <= QUANTUM + longest, `${apart} bytes apart: ${bytes}`);
  }
  assert(compared > 50);
  fixture.streamer.dispose();
});

Deno.test("one with a large backlog does not delay one that is owed little", async () => {
  const fixture = noisy();
  const waiting = Array.from({ length: 4 }, () => fixture.connect(wholeView(), "esvo", { codec: 1 }));
  const small = fixture.connect(wholeView(120), "esvo", { codec: 2 });
  const history = watch([small, ...waiting]);
  await fixture.clock.advanceAsync(100);
  const done = history.findIndex(([bytes]) => bytes === small.receivedBytes);
  const others = history[done]!.slice(1);
  assert(small.receivedBytes > 0);
  // Its share of the turns is as large as any other's.
  assert(others.every((bytes) => bytes <= small.receivedBytes + 2 * QUANTUM + 5000), others.join(" "));
  assert(waiting.every((client, i) => client.receivedBytes > 2 * others[i]!));
  fixture.streamer.dispose();
});

Deno.test("a turn ends when its time is over, and goes on where it was when the event loop had its turn", async () => {
  const fixture = noisy({ turnBudgetMs: 8 });
  const clients = Array.from({ length: 6 }, () => fixture.connect(wholeView(), "esvo", { codec: 1 }));
  let atOnce = 0;
  let most = 0;
  for (const client of clients) {
    const send = client.send.bind(client);
    client.send = (data) => {
      send(data);
      fixture.clock.block(1);
      if (++atOnce > most) most = atOnce;
    };
  }
  const { setTimeout } = fixture.clock;
  fixture.clock.setTimeout = (fn, ms) =>
    setTimeout.call(fixture.clock, () => {
      atOnce = 0;
      fn();
    }, ms);
  await fixture.clock.advanceAsync(1000);
  assert(clients.every(({ shown }) => shown.size === 16));
  assert(most >= 8 && most <= 12, `${most} messages of 1 ms in a turn of 8 ms`);
  fixture.streamer.dispose();
});

Deno.test("a client that asked for an interval is pushed to no more often, and gets the newest then", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  const seldom = fixture.connect(wholeView(), "esvo", { intervalMs: 500 });
  const often = fixture.connect(wholeView());
  await fixture.clock.advanceAsync(0);
  const atMs = [0];
  const send = seldom.send.bind(seldom);
  seldom.send = (data) => {
    atMs.push(fixture.clock.monotonic());
    send(data);
  };
  for (let i = 0; i < 40; i++) {
    fixture.paint(1, 1, 1, GREEN + i);
    await fixture.clock.advanceAsync(50);
  }
  await fixture.clock.advanceAsync(500);
  assertEquals([often.frames.length, atMs.length], [41, 5]);
  assert(atMs.every((at, i) => i === 0 || at - atMs[i - 1]! >= 500), atMs.join(" "));
  assertEquals(seldom.frames.at(-1)!.colors[0], GREEN + 39);
  assertEquals(fixture.streamer.ledger().superseded, 36);
  fixture.streamer.dispose();
});

Deno.test("the first thing that is owed after a pause goes out at once, and a long push is not cut by the interval", async () => {
  const fixture = noisy({ maxPendingSendsPerClient: 3 });
  const client = fixture.connect(wholeView(), "esvo", { intervalMs: 10_000 });
  await fixture.clock.advanceAsync(200);
  assertEquals(client.shown.size, 16);
  await fixture.clock.advanceAsync(20_000);
  fixture.autoBuild = true;
  fixture.paint(1, 1, 63, RED);
  await fixture.clock.advanceAsync(0);
  assertEquals(client.frames.length, 17);
  fixture.streamer.dispose();
});

Deno.test("a client without acknowledgements is sent no more than maxClientBytesPerSecond", async () => {
  const fixture = noisy({ maxClientBytesPerSecond: 20_000 });
  const client = fixture.connect(wholeView(), "esvo", { codec: 1 });
  for (let ms = 0; ms <= 2000; ms += 100) {
    await fixture.clock.advanceAsync(100);
    const { receivedBytes } = client;
    const allowed = 20 * (ms + 100 + 251) + 5000;
    assert(receivedBytes <= allowed, `${receivedBytes} of ${allowed} bytes`);
    if (client.shown.size < 16) assert(receivedBytes >= 20 * ms, "and no less");
  }
  fixture.streamer.dispose();
});
