import { assert, assertEquals } from "@std/assert";
import { createRenderProfile, RegionClaims } from "../../src/channels/mod.ts";
import {
  encodeKnown,
  FEATURES,
  type KnownTarget,
  parseClientMessage,
  readKnown,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import {
  type ChannelMessage,
  type Connection,
  ConnectionRegistry,
  type Profile,
} from "../../src/session/mod.ts";
import { FakeClient, StreamFixture, wholeView } from "../streaming/stream_fixture.ts";

const POINT = ([x, y, z]: readonly [number, number, number]) => ({ x, y, z });
const { eye, lookAt, up, ...optics } = wholeView();
const VIEWPORT = { ...optics, eye: POINT(eye), lookAt: POINT(lookAt), up: POINT(up) };

interface Channel {
  readonly fixture: StreamFixture;
  readonly profile: Profile<Connection>;
  readonly client: FakeClient;
  readonly claims: RegionClaims<Connection>;
  /** Sends REGISTER_CLIENT and gives back the answer's `data`. */
  register(fields?: Record<string, unknown>): Record<string, unknown>;
  /** Sends a message with these fields. */
  send(type: string, fields: Record<string, unknown>): void;
  /** Says that so many regions are held, from the first on, at version 1 and LOD 0. */
  claim(type: "KNOWN" | "VERIFY", count: number, fields?: Partial<KnownTarget>): void;
}

/** The render channel over a world `w` of kind ESVO and a world `t` of kind ESVT, one voxel in each. */
function setUp(): Channel {
  const fixture = new StreamFixture();
  const other = fixture.worlds.create("t", { level: 2, depth: 3, kind: "esvt" });
  fixture.streamer.addWorld(other);
  fixture.paint(1, 1, 1, 0xff0000ff);
  const claims = new RegionClaims<Connection>({
    clock: fixture.clock,
    maxRegions: 65_536,
    maxBytes: 1 << 20,
    ttlMs: 10_000,
  });
  const profile = createRenderProfile({
    worlds: fixture.worlds,
    streamer: fixture.streamer,
    defaultWorld: "w",
    lodThresholds: [75, 110],
    maxBulkMessageBytes: 4096,
    ackIntervalMs: 30,
    claims,
    connections: new ConnectionRegistry({
      maxConnections: 10,
      maxPerAddress: 10,
      maxPerWorld: 10,
      maxUnauthenticated: 10,
      maxUnauthenticatedPerAddress: 10,
      isExempt: () => false,
    }),
    grants: {},
    now: () => fixture.clock.now(),
  });
  const client = new FakeClient("c");
  function send(type: string, fields: Record<string, unknown>): void {
    profile.onMessage(
      client.connection,
      parseClientMessage(JSON.stringify({ type, clientId: "me", ...fields })) as ChannelMessage,
    );
  }
  function claim(type: "KNOWN" | "VERIFY", count: number, fields: Partial<KnownTarget> = {}): void {
    const { id, epoch, grid } = fixture.world;
    const regions = Array.from({ length: count }, (_, morton) => ({ morton, version: 1, lod: 0 }));
    const target: KnownTarget = { kind: "esvo", level: grid.level, world: id, epoch, ...fields };
    const [message] = encodeKnown(type, target, regions, 1 << 24);
    profile.onMessage(client.connection, readKnown(message!));
  }
  function register(fields: Record<string, unknown> = {}): Record<string, unknown> {
    const message = { type: "REGISTER_CLIENT", clientId: "me", id: "1", viewport: VIEWPORT, ...fields };
    profile.onMessage(client.connection, parseClientMessage(JSON.stringify(message)) as ChannelMessage);
    return JSON.parse(client.texts.at(-1)!).data;
  }
  return { fixture, profile, client, claims, register, send, claim };
}

Deno.test("a client is streamed the kind that it registers with, and REGISTERED tells it", async () => {
  for (const [kind, format] of [["esvo", 1], ["esvt", 2], ["ESVT", 2]] as const) {
    const { fixture, client, register } = setUp();
    assertEquals(register({ kind }).kind, kind.toLowerCase());
    await fixture.clock.advanceAsync(100);
    assertEquals(client.frames.map(({ header }) => header.format), [format]);
    fixture.streamer.dispose();
  }
});

Deno.test("a client that names no kind gets the world's own", () => {
  const { fixture, client, register } = setUp();
  assertEquals(register().kind, "esvo");
  assertEquals(register({ world: "t" }).kind, "esvt");
  assertEquals(register({ world: "t", kind: null }).kind, "esvt");
  assertEquals(fixture.streamer.streamOf(client.connection)?.kind, "esvt");
  assertEquals(register({ world: "t", kind: "esvo" }).kind, "esvo", "it can be had in any kind");
  fixture.streamer.dispose();
});

Deno.test("registering again with another kind moves the client within the world", async () => {
  const { fixture, client, register } = setUp();
  register({ kind: "esvo" });
  await fixture.clock.advanceAsync(100);
  register({ kind: "esvt" });
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [1, 2]);
  fixture.paint(1, 1, 1, 0xff00ff00);
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [1, 2, 2], "no frame of the old kind");
  fixture.streamer.dispose();
});

Deno.test("a kind that there is none of is answered with ERROR, and the stream goes on as it was", async () => {
  const { fixture, client, register } = setUp();
  register({ kind: "esvt" });
  for (const kind of ["mesh", "", 1, ["esvo"], {}]) {
    let error: unknown;
    try {
      register({ kind });
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof VoxcastError, JSON.stringify(kind));
    assertEquals([error.code, error.ref], ["INVALID_FIELD", "1"]);
  }
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [2]);
  fixture.streamer.dispose();
});

/** The error that something throws. */
function errorOf(work: () => void): VoxcastError {
  try {
    work();
  } catch (error) {
    if (error instanceof VoxcastError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("REGISTERED tells which features are granted, how long messages are, and how often to acknowledge", async () => {
  const { fixture, client, register } = setUp();
  const plain = register();
  assertEquals([plain.features, plain.max_bulk_message_bytes, plain.ack_interval_ms], [[], 4096, 30]);
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.map(({ header }) => header.lod), [0]);
  const all = register({ features: ["teleports", ...FEATURES] });
  assertEquals(all.features, [...FEATURES]);
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.slice(1).map(({ header }) => header.lod), [2, 0], "and they are used");
  fixture.streamer.dispose();
});

Deno.test("what is known of a world before registering is not sent again, and forgotten after the first registration", async () => {
  const { fixture, client, register, claim } = setUp();
  claim("KNOWN", 1);
  register();
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.length, 0);
  register();
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.length, 1);
  fixture.streamer.dispose();
});

Deno.test("what is known of another world, epoch or kind is dropped", async () => {
  for (const other of [{ world: "t" }, { epoch: 77 }, { kind: "esvt" }] as const) {
    const { fixture, client, register, claim } = setUp();
    claim("KNOWN", 1, other);
    register();
    await fixture.clock.advanceAsync(50);
    assertEquals(client.frames.length, 1);
    fixture.streamer.dispose();
  }
});

Deno.test("a client claims maxKnownRegions regions in 64 messages at most before it registers", () => {
  const { fixture, register, claim } = setUp();
  for (let i = 0; i < 2; i++) claim("KNOWN", 32_768, { level: 7 });
  assertEquals(errorOf(() => claim("KNOWN", 1)).code, "BUSY");
  register();
  for (let i = 0; i < 64; i++) claim("KNOWN", 1);
  assertEquals(errorOf(() => claim("KNOWN", 1)).code, "BUSY");
  register();
  claim("KNOWN", 1);
  fixture.streamer.dispose();
});

Deno.test("what is known is dropped when no registration follows in time, and nothing is kept once one has", async () => {
  const { fixture, client, claims, register, claim } = setUp();
  claim("KNOWN", 1);
  await fixture.clock.advanceAsync(10_000);
  assertEquals(claims.heldBytes, 0);
  register();
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.length, 1, "so it was sent");
  claim("KNOWN", 1);
  register();
  await fixture.clock.advanceAsync(50);
  assertEquals([client.frames.length, claims.heldBytes], [1, 0]);
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

Deno.test("VERIFY is answered with VERIFIED, and what is wrong comes again", async () => {
  const { fixture, client, register, claim } = setUp();
  register();
  await fixture.clock.advanceAsync(50);
  for (const [count, wrong] of [[1, 0], [3, 0]] as const) {
    claim("VERIFY", count);
    const { type, data } = JSON.parse(client.texts.at(-1)!);
    assertEquals([type, data], ["VERIFIED", { checked: count, wrong }]);
  }
  fixture.paint(1, 1, 1, 0xff00ff00);
  for (const wrong of [0, 1]) {
    await fixture.clock.advanceAsync(wrong === 0 ? 50 : 2500);
    claim("VERIFY", 1);
    const { data } = JSON.parse(client.texts.at(-1)!);
    assertEquals(data, { checked: 1, wrong }, "not while a newer version may be on its way");
  }
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.map(({ header }) => header.version), [1, 2, 2]);
  fixture.streamer.dispose();
});

Deno.test("VERIFY, ACK and UPDATE_VIEWPORT need a registration, and VERIFY the world that is streamed", () => {
  const { fixture, register, send, claim } = setUp();
  assertEquals(errorOf(() => claim("VERIFY", 1)).code, "NOT_REGISTERED");
  assertEquals(errorOf(() => send("ACK", { received_bytes: 10 })).code, "NOT_REGISTERED");
  assertEquals(errorOf(() => send("UPDATE_VIEWPORT", { viewport: VIEWPORT })).code, "NOT_REGISTERED");
  register();
  assertEquals(errorOf(() => claim("VERIFY", 1, { world: "t" })).code, "NOT_REGISTERED");
  assertEquals(errorOf(() => claim("VERIFY", 1, { kind: "esvt" })).code, "NOT_REGISTERED");
  send("ACK", { received_bytes: 10 });
  fixture.streamer.dispose();
});

Deno.test("acknowledgements let the stream go on", async () => {
  const { fixture, client, register, send } = setUp();
  const positions = new Uint32Array(3 * 1024);
  const colors = new Uint32Array(1024);
  for (let i = 0; i < 1024; i++) {
    positions.set([i % 32, i >> 5, 3], 3 * i);
    colors[i] = (0xff000000 | Math.imul(i + 1, 0x9e3779b1)) >>> 0;
  }
  fixture.world.apply({ kind: "patch", cells: { positions, colors } });
  register({ features: ["flow"] });
  for (let version = 0; version < 40; version++) {
    fixture.world.apply({
      kind: "patch",
      cells: { positions, colors: colors.map((color) => color ^ version) },
    });
    await fixture.clock.advanceAsync(20);
  }
  const stopped = client.receivedBytes;
  await fixture.clock.advanceAsync(200);
  assertEquals(client.receivedBytes, stopped);
  const newest = () => [...client.shown].every(([_, { version }]) => version >= 40);
  assert(!newest());
  for (let i = 0; i < 20; i++) {
    send("ACK", { received_bytes: client.receivedBytes });
    await fixture.clock.advanceAsync(30);
  }
  assert(newest());
  fixture.streamer.dispose();
});

Deno.test("a camera that looks nowhere is refused with an error, and the view stays as it was", async () => {
  const { fixture, client, register, send } = setUp();
  register();
  await fixture.clock.advanceAsync(50);
  for (
    const wrong of [{ lookAt: VIEWPORT.eye }, { up: POINT([0, 0, -1]) }, { nearPlane: 0 }, { heightPx: 0 }]
  ) {
    const error = errorOf(() => send("UPDATE_VIEWPORT", { viewport: { ...VIEWPORT, ...wrong } }));
    assert(["INVALID_VIEWPORT", "INVALID_FIELD"].includes(error.code), error.code);
  }
  fixture.paint(1, 1, 1, 0xff00ff00);
  await fixture.clock.advanceAsync(50);
  assertEquals(client.frames.length, 2);
  fixture.streamer.dispose();
});

Deno.test("a client that asks for an interval is pushed to no more often", async () => {
  const { fixture, client, register } = setUp();
  register({ interval_ms: 200 });
  for (let i = 0; i < 10; i++) {
    await fixture.clock.advanceAsync(50);
    fixture.paint(1, 1, 1, 0xff00ff00 + i);
  }
  assertEquals(client.frames.length, 3);
  assertEquals(errorOf(() => register({ intervalMs: 15 })).code, "INVALID_FIELD");
  fixture.streamer.dispose();
});

Deno.test("a connection that ends leaves its stream and its claims behind", async () => {
  const { fixture, profile, client, claims, register, claim } = setUp();
  register();
  claim("KNOWN", 1);
  await fixture.clock.advanceAsync(50);
  assert(claims.heldBytes > 0);
  profile.onClose?.(client.connection);
  assertEquals(claims.heldBytes, 0);
  assertEquals([fixture.streamer.clientCount, fixture.cache.stats().pinnedCount], [0, 0]);
  fixture.streamer.dispose();
});
