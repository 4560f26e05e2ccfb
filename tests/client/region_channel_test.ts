import { assert, assertEquals } from "@std/assert";
import { type RegionKey, WorldRegions } from "../../src/client/mod.ts";
import {
  backpressureMessage,
  bundleBytes,
  type KnownRegions,
  LOD_NONE,
  readKnown,
  type Registered,
  verifiedMessage,
  writeBundle,
  writePart,
} from "../../src/protocol/mod.ts";
import { encodeMorton, regionKey } from "../../src/space/mod.ts";
import { levelHash } from "../../src/tree/mod.ts";
import { heldOf } from "../protocol/held.ts";
import { FakeServer, frameOfBytes, viewFrom } from "./fake_server.ts";
import { delta, full, refinement, regionTree } from "./region_frames.ts";

const RED = 0xff0000ff;
const OLD = regionTree([[0, RED, 0], [4095, RED, 0]]);
const NEW = regionTree([[0, RED, 0], [17, RED, 1]]);
/** In front of a camera at `viewFrom(100)`, and far beside it. */
const SEEN = encodeMorton(0, 0, 0);
const UNSEEN = encodeMorton(15, 15, 15);
const ALL = ["bundles", "parts", "refinements", "deltas", "flow"] as const;

/** A server whose client holds its regions. */
class HoldingServer extends FakeServer {
  readonly regions: WorldRegions;
  readonly dropped: RegionKey[] = [];

  constructor(registered: Partial<Registered> = { features: ALL }) {
    const regions: WorldRegions = new WorldRegions({
      onRegion: () => {},
      onDropped: (key) => this.dropped.push(key),
    });
    super({ regions });
    this.regions = regions;
    this.registered = registered;
  }

  /** Waits until all that was sent is decoded. */
  async decoded(): Promise<void> {
    await this.regions.known();
  }

  /** KNOWN and VERIFY messages of the newest connection. */
  get claims(): KnownRegions[] {
    return this.socket.binaries.map(({ bytes }) => readKnown(bytes));
  }

  held(morton: number) {
    return this.regions.held(regionKey(4, morton));
  }

  /** Loses the connection and comes back as far as the registration. */
  async comeBack(): Promise<void> {
    this.socket.closes(1006);
    await this.clock.advanceAsync(this.status.retryAtMs! - this.clock.now());
    await this.greet();
    await this.decoded();
    await this.settle();
  }
}

function bundle(frames: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(bundleBytes(frames));
  writeBundle(frames, into);
  return into;
}

Deno.test("all features are offered with a place for the regions, without one only those that leave frames whole", async () => {
  const holding = new HoldingServer();
  await holding.goLive();
  assertEquals(holding.socket.last("REGISTER_CLIENT").data.features, ALL);
  assertEquals(holding.registrations[0]!.features, ALL);
  holding.client.close();
  const plain = new FakeServer();
  await plain.goLive();
  assertEquals(plain.socket.last("REGISTER_CLIENT").data.features, ["bundles", "parts", "flow"]);
  plain.client.close();
  const none = new FakeServer({ features: [], pushIntervalMs: 250 });
  await none.goLive();
  const { data } = none.socket.last("REGISTER_CLIENT");
  assertEquals([data.features, data.intervalMs], [undefined, 250]);
  none.client.close();
});

Deno.test("the height of the picture is told with the view", async () => {
  const server = new FakeServer();
  server.client.register({ viewport: { ...viewFrom(100), heightPx: 720 } }).catch(() => {});
  await server.connect();
  assertEquals((server.socket.last("REGISTER_CLIENT").data.viewport as { heightPx: number }).heightPx, 720);
  await server.accept();
  server.clock.advance(1000);
  server.client.updateViewport({ ...viewFrom(100), heightPx: 1440 });
  const { data } = server.socket.last("UPDATE_VIEWPORT");
  assertEquals((data.viewport as { heightPx: number }).heightPx, 1440);
  server.client.close();
});

Deno.test("bundles are opened and parts joined, in the order in which they came", async () => {
  const server = new HoldingServer();
  await server.goLive();
  server.socket.says(bundle([full(SEEN, OLD, 1, 2), refinement(SEEN, OLD, 1, 2)]).buffer);
  const message = bundle([delta(SEEN, OLD, NEW, 1, 2), full(UNSEEN, OLD, 1)]);
  const split = { messageId: 1, maxBytes: 60 };
  const into = new Uint8Array(60);
  for (let part = 0; part < Math.ceil(message.length / 44); part++) {
    server.socket.says(into.slice(0, writePart(message, split, part, into)).buffer);
  }
  await server.decoded();
  assertEquals(server.held(SEEN), heldOf(NEW, 0, 2));
  assertEquals(server.held(UNSEEN), heldOf(OLD, 0, 1));
  assertEquals(server.frames.length, 4, "each frame is told as one");
  server.client.close();
});

Deno.test("bytes of frames, bundles and parts are acknowledged as they came, other messages are not", async () => {
  const server = new HoldingServer({ features: ALL, ackIntervalMs: 20 });
  await server.goLive();
  const acked = () =>
    server.socket.received.filter(({ type }) => type === "ACK").map(({ data }) => data.received_bytes);
  server.socket.says(frameOfBytes(100, SEEN));
  server.socket.says(new Uint8Array([1, 2, 3, 4, 5]).buffer);
  const packed = bundle([full(SEEN, OLD, 2), full(UNSEEN, OLD, 2)]);
  server.socket.says(packed.slice().buffer);
  const part = new Uint8Array(50);
  writePart(packed, { messageId: 1, maxBytes: 50 }, 0, part);
  server.socket.says(part.buffer);
  await server.clock.advanceAsync(20);
  await server.clock.advanceAsync(1000);
  assertEquals(acked(), [100, 150 + packed.length]);
  server.client.close();
});

Deno.test("a server that has not granted flow gets no acknowledgements", async () => {
  const server = new HoldingServer({ features: ["bundles"] });
  await server.goLive();
  server.socket.says(frameOfBytes(100, SEEN));
  await server.clock.advanceAsync(1000);
  assertEquals(server.socket.types.includes("ACK"), false);
  server.client.close();
});

Deno.test("back on the same epoch the client says what it holds in view, before it registers, and keeps the rest", async () => {
  const server = new HoldingServer();
  await server.goLive();
  server.socket.says(full(SEEN, OLD, 7, 1).buffer);
  server.socket.says(full(UNSEEN, NEW, 3).buffer);
  await server.comeBack();
  const { bytes, afterTexts } = server.socket.binaries[0]!;
  assertEquals(server.socket.types[afterTexts], "REGISTER_CLIENT");
  const { type, world, epoch, level, kind, mortons, versions, lods, groupHashes } = readKnown(bytes);
  assertEquals([type, world, epoch, level, kind], ["KNOWN", "main", 1, 4, "esvo"]);
  assertEquals([[...mortons], [...versions], [...lods]], [[SEEN], [7], [1]]);
  const { lo, hi } = levelHash(OLD, 1);
  assertEquals([...groupHashes], [lo, hi]);
  await server.accept(1);
  assertEquals(server.registrations.map(({ resumed }) => resumed), [false, true]);
  assertEquals([server.held(SEEN)?.version, server.held(UNSEEN)?.version, server.dropped], [7, 3, []]);
  server.socket.says(refinement(SEEN, OLD, 7, 1).buffer);
  await server.decoded();
  assertEquals(server.held(SEEN), heldOf(OLD, 0, 7), "the server goes on from what it was told");
  server.client.close();
});

Deno.test("what is held is told in messages no longer than the server takes, and no more of them than it wants", async () => {
  const server = new HoldingServer({ features: ALL, limits: { "max_message_bytes": 200 } });
  await server.goLive();
  for (let y = 0; y < 16; y++) {
    for (const z of [0, 1, 2]) server.socket.says(full(encodeMorton(0, y, z), OLD, 1).buffer);
  }
  server.greeting = { limits: { "max_message_bytes": 200 } };
  server.client.updateViewport({ ...viewFrom(-4000), farPlane: 9000 });
  await server.comeBack();
  const lengths = server.socket.binaries.map(({ bytes }) => bytes.length);
  assert(lengths.length > 1 && lengths.every((length) => length <= 200), lengths.join());
  const told = server.claims.flatMap(({ mortons }) => [...mortons]);
  assertEquals([told.length, new Set(told).size], [48, 48]);
  server.greeting = { limits: { "max_message_bytes": 40 } };
  server.registered = { features: ALL, limits: { "max_message_bytes": 40 } };
  await server.accept(1);
  await server.comeBack();
  assertEquals(server.claims.length, 16, "the rest is sent again");
  server.client.close();
});

Deno.test("another epoch, world or grid makes void what was held, though the server was told of it", async () => {
  for (
    const [epoch, fields] of [
      [2, {}],
      [1, { world: "garden" }],
      [1, { depth: 5 }],
      [1, { bounds: { min: [0, 0, 0], max: [512, 512, 512] } }],
    ] as const
  ) {
    const server = new HoldingServer();
    await server.goLive();
    server.socket.says(full(SEEN, OLD, 7).buffer);
    await server.comeBack();
    assertEquals(server.claims.length, 1);
    server.registered = { features: ALL, ...fields } as Partial<Registered>;
    await server.accept(epoch);
    assertEquals([server.held(SEEN), server.dropped], [undefined, [regionKey(4, SEEN)]]);
    server.socket.says(full(SEEN, NEW, 1).buffer);
    await server.decoded();
    assertEquals(server.held(SEEN)?.version, 1, "versions of another epoch begin anew");
    server.client.close();
  }
});

Deno.test("an older server, which names no features, is told nothing of what is held", async () => {
  const server = new HoldingServer({ features: undefined } as unknown as Partial<Registered>);
  await server.goLive();
  server.socket.says(full(SEEN, OLD, 7).buffer);
  await server.comeBack();
  await server.accept(1);
  assertEquals([server.socket.binaries.length, server.registrations.at(-1)?.resumed], [0, false]);
  server.client.close();
});

Deno.test("registering anew on a connection that stays begins anew, as frames of the old view may be on their way", async () => {
  const server = new HoldingServer();
  await server.goLive();
  server.socket.says(full(SEEN, OLD, 7).buffer);
  await server.decoded();
  server.client.register({ viewport: viewFrom(50) }).catch(() => {});
  await server.settle();
  await server.accept(1);
  assertEquals([server.socket.binaries.length, server.registrations.at(-1)?.resumed], [0, false]);
  assertEquals(server.held(SEEN), undefined);
  server.client.close();
});

Deno.test("a connection that goes while the client looks what it holds does not register on the next one", async () => {
  const server = new HoldingServer();
  await server.goLive();
  let answer = () => {};
  server.regions.known = () => new Promise((resolve) => answer = () => resolve([]));
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  const late = answer;
  server.socket.closes(1006);
  await server.clock.advanceAsync(1000);
  await server.greet();
  late();
  await server.settle();
  assertEquals(server.socket.types, ["INIT"]);
  answer();
  await server.settle();
  assertEquals(server.socket.types, ["INIT", "REGISTER_CLIENT"]);
  server.client.close();
});

Deno.test("a Worker that does not say what it holds delays the registration by 2 s, which then begins anew", async () => {
  const server = new HoldingServer();
  await server.goLive();
  server.regions.known = () => new Promise(() => {});
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  await server.clock.advanceAsync(1999);
  assertEquals(server.socket.types, ["INIT"]);
  await server.clock.advanceAsync(1);
  await server.accept(1);
  assertEquals([server.claims, server.registrations.at(-1)?.resumed], [[], false]);
  server.client.close();
});

Deno.test("a frame whose base is not held is asked for in full, and the answer is applied", async () => {
  const server = new HoldingServer();
  await server.goLive();
  server.socket.says(full(SEEN, OLD, 1, 2).buffer);
  server.socket.says(delta(SEEN, OLD, NEW, 1, 2).buffer);
  server.socket.says(refinement(UNSEEN, OLD, 1, 2).buffer);
  await server.decoded();
  await server.clock.advanceAsync(200);
  const [claim] = server.claims;
  assertEquals([claim!.type, [...claim!.mortons], [...claim!.lods]], [
    "VERIFY",
    [SEEN, UNSEEN].sort((a, b) => a - b),
    [LOD_NONE, LOD_NONE],
  ]);
  server.socket.says(full(SEEN, NEW, 2).buffer);
  server.socket.says('{"type":"VERIFIED","data":{"checked":2,"wrong":2}}');
  await server.decoded();
  assertEquals(server.held(SEEN), heldOf(NEW, 0, 2));
  server.client.close();
});

Deno.test("a damaged bundle or part loses frames that nobody can name: the client comes back and resumes", async () => {
  const broken = bundle([full(SEEN, OLD, 1), full(UNSEEN, OLD, 1)]);
  const part = new Uint8Array(60);
  writePart(broken, { messageId: 1, maxBytes: 60 }, 1, part);
  for (const damaged of [broken.slice(0, -1), part, new Uint8Array(frameOfBytes(40)).fill(0xff, 4, 8)]) {
    const server = new HoldingServer();
    await server.goLive();
    server.socket.says(full(SEEN, OLD, 1).buffer);
    await server.decoded();
    server.socket.says(damaged.slice().buffer);
    assertEquals([server.status.state, server.status.step], ["reconnecting", "waiting"]);
    assertEquals([server.status.error?.code, server.socket.closed?.[0]], ["CONNECTION_LOST", 4100]);
    await server.clock.advanceAsync(500);
    await server.greet();
    await server.accept(1);
    assertEquals(server.claims.map(({ mortons }) => [...mortons]), [[SEEN]]);
    assertEquals(server.registrations.at(-1)?.resumed, true);
    server.client.close();
  }
});

Deno.test("what comes on a new connection is acknowledged though the old one had brought as much", async () => {
  const server = new HoldingServer();
  await server.goLive();
  const frame = full(SEEN, OLD, 1);
  for (const connection of [0, 1]) {
    if (connection > 0) await server.comeBack();
    if (connection > 0) await server.accept(1);
    server.socket.says(frame.slice().buffer);
    await server.clock.advanceAsync(1000);
    const acks = server.socket.received.filter(({ type }) => type === "ACK");
    assertEquals(acks.map(({ data }) => data.received_bytes), [frame.length]);
  }
  server.client.close();
});

Deno.test("parts of a connection that is gone do not disturb the next", async () => {
  const server = new HoldingServer();
  await server.goLive();
  const frame = full(SEEN, OLD, 1);
  const part = new Uint8Array(40);
  writePart(frame, { messageId: 1, maxBytes: 40 }, 0, part);
  server.socket.says(part.buffer);
  await server.comeBack();
  await server.accept(1);
  server.socket.says(frame.slice().buffer);
  await server.decoded();
  assertEquals([server.status.state, server.held(SEEN)?.version], ["connected", 1]);
  await server.clock.advanceAsync(1000);
  assertEquals(server.socket.last("ACK").data.received_bytes, frame.length, "counted from 0 again");
  server.client.close();
});

Deno.test("what the server holds back, and what came of a comparison, is told as it is", async () => {
  const server = new FakeServer();
  const told: unknown[] = [];
  server.client.on("backpressure", (pressure) => told.push(pressure));
  server.client.on("verified", (verified) => told.push(verified));
  await server.goLive();
  const pressure = {
    state: "held",
    reason: "slow",
    heldRegions: 12,
    finestLod: 2,
    closeAfterMs: 4000,
  } as const;
  server.socket.says(backpressureMessage(pressure, 0));
  server.socket.says(backpressureMessage({ ...pressure, reason: "view" }, 0));
  server.socket.says(verifiedMessage({ checked: 3, wrong: 1 }, 0));
  server.socket.says('{"type":"BACKPRESSURE","data":{"state":"odd"}}');
  assertEquals(told, [
    pressure,
    { ...pressure, reason: "view" },
    { checked: 3, wrong: 1 },
  ]);
  assertEquals(server.errors.map(({ code }) => code), ["MALFORMED"]);
  server.client.close();
});

Deno.test("the program's own regions are bounded: out of view and above the budget they are dropped", async () => {
  const dropped: RegionKey[] = [];
  let nowMs = 0;
  const regions = new WorldRegions({
    onRegion: () => {},
    onDropped: (key) => dropped.push(key),
    maxBytes: 10,
    timers: { monotonic: () => nowMs },
  });
  const server = new FakeServer({ regions });
  await server.goLive();
  server.socket.says(full(SEEN, OLD, 1).buffer);
  server.socket.says(full(UNSEEN, OLD, 1).buffer);
  await regions.known();
  nowMs += 5000;
  await server.clock.advanceAsync(5000);
  server.client.updateViewport(viewFrom(90));
  await server.clock.advanceAsync(100);
  assertEquals(dropped, [regionKey(4, UNSEEN)]);
  assertEquals([...regions.keys], [regionKey(4, SEEN)]);
  assertEquals((await regions.known()).map(({ morton }) => morton), [SEEN]);
  assert(regions.held(regionKey(4, SEEN)) !== undefined);
  server.client.close();
});
