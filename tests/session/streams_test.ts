import { assert, assertEquals } from "@std/assert";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

function subscribe(socket: FakeSocket, fields: Record<string, unknown> = {}): void {
  socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "s", id: "1", ...fields });
}

Deno.test("a subscription is acknowledged, numbered, and ended by UNSUBSCRIBE with an audit record", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  fixture.stream.paint(1, 1, 1, 0xff0000ff);
  subscribe(socket, { params: { update_interval_ms: 100, features: ["voxels", "regions"] } });
  assertEquals(socket.last.type, "SUBSCRIBE_SUCCESS");
  assertEquals(socket.last.data, {
    stream_id: "s",
    stream_type: "stream_features",
    strategy: "drop_oldest",
    world: "w",
    ref: "1",
  });
  fixture.clock.advance(1000);
  const updates = socket.of("FEATURE_UPDATE");
  assertEquals(updates.length, 11, "one at once, then ten a second");
  assertEquals(updates.map(({ data }) => data.sequence), updates.map((_, i) => i + 1));
  assertEquals(updates.at(-1)?.data.features, { voxels: 1, regions: 1 });
  assertEquals(updates.at(-1)?.payload, updates.at(-1)?.data);
  socket.say({ type: "UNSUBSCRIBE", stream_id: "s", id: "2" });
  assertEquals([socket.last.type, socket.last.data.stream_id, socket.last.data.ref], [
    "UNSUBSCRIBE",
    "s",
    "2",
  ]);
  fixture.clock.advance(1000);
  assertEquals(socket.of("FEATURE_UPDATE").length, 11);
  const [record] = fixture.logged("stream.ended");
  assertEquals(
    [
      record?.["stream_id"],
      record?.["stream_duration_seconds"],
      record?.["packets_sent"],
      record?.["dropped_frames"],
    ],
    ["s", 1, 11, 0],
  );
});

Deno.test("the features of a world are those of the world as it is", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  subscribe(socket, { params: { update_interval_ms: 10_000 } });
  fixture.clock.advance(0);
  const before = socket.of("FEATURE_UPDATE").at(-1)?.data.features;
  fixture.stream.paint(1, 1, 1, 0xff0000ff);
  fixture.stream.paint(20, 1, 1, 0xff0000ff);
  fixture.clock.advance(10_000);
  const { features } = socket.of("FEATURE_UPDATE").at(-1)!.data;
  assertEquals([before.voxels, features.voxels, features.regions], [0, 2, 2]);
  assertEquals(features.activity_ratio, 2 / 64);
  assert(features.seq > before.seq && features.bytes > before.bytes);
});

Deno.test("what cannot be subscribed to is SUBSCRIBE_FAILED with a reason, and the connection goes on", async () => {
  using fixture = await KernelFixture.create({ "session.maxSubscriptions": 2 });
  const socket = fixture.connect("stream_features");
  const cases: [Record<string, unknown>, string][] = [
    [{ stream_type: "regions" }, "STREAM_NOT_FOUND"],
    [{ stream_type: "toString" }, "STREAM_NOT_FOUND"],
    [{ world: "nowhere" }, "WORLD_NOT_FOUND"],
    [{ params: { update_interval_ms: 9 } }, "INVALID_FIELD"],
    [{ params: { update_interval_ms: 10_001 } }, "INVALID_FIELD"],
    [{ params: { features: ["__proto__"] } }, "INVALID_FIELD"],
    [{ params: { features: [] } }, "INVALID_FIELD"],
  ];
  for (const [fields, code] of cases) {
    subscribe(socket, fields);
    assertEquals([socket.last.type, socket.last.data.code, socket.last.data.stream_id], [
      "SUBSCRIBE_FAILED",
      code,
      "s",
    ]);
  }
  subscribe(socket, { stream_id: "1" });
  subscribe(socket, { stream_id: "1" });
  assertEquals(socket.last.data.code, "STREAM_EXISTS");
  subscribe(socket, { stream_id: "2" });
  subscribe(socket, { stream_id: "3" });
  assertEquals(socket.last.data.code, "SUBSCRIPTION_LIMIT");
  socket.say({ type: "UNSUBSCRIBE", stream_id: "3", id: "u" });
  assertEquals([socket.last.type, socket.last.data.code, socket.last.data.ref], [
    "ERROR",
    "STREAM_NOT_FOUND",
    "u",
  ]);
});

Deno.test("/ws/heartbeat has no streams, /ws/render has them beside its regions", async () => {
  using fixture = await KernelFixture.create();
  const heartbeat = fixture.connect("heartbeat");
  subscribe(heartbeat);
  assertEquals([heartbeat.last.type, heartbeat.last.data.code], ["SUBSCRIBE_FAILED", "STREAM_NOT_FOUND"]);
  const render = fixture.connect("render");
  subscribe(render);
  assertEquals(render.last.type, "SUBSCRIBE_SUCCESS");
  assertEquals(render.last.payload, undefined);
});

for (
  const [strategy, name] of [
    ["drop_oldest", "a slow client's stream with drop_oldest keeps the newest 5, and control overtakes it"],
    ["drop_newest", "a slow client's stream with drop_newest keeps the oldest 5, and control overtakes it"],
    ["compress", "a slow client's stream with compress keeps a thinned-out rest, and control overtakes it"],
  ] as const
) {
  Deno.test(name, async () => {
    using fixture = await KernelFixture.create({
      "session.maxStreamMessages": 5,
      "session.bulkWatermarkBytes": 1024,
      "session.writeTimeoutMs": 600_000,
    });
    const socket = fixture.connect("stream_features");
    subscribe(socket, { strategy, keep_every: 2, params: { update_interval_ms: 10 } });
    socket.isStuck = true;
    socket.bufferedAmount = 1024;
    fixture.clock.advance(195);
    assertEquals(socket.of("FEATURE_UPDATE").length, 0);
    socket.say({ type: "PING" });
    assertEquals(socket.last.type, "PONG", "control does not wait");
    [socket.isStuck, socket.bufferedAmount] = [false, 0];
    socket.say({ type: "UNSUBSCRIBE", stream_id: "none" });
    fixture.clock.advance(11);
    const sequences = socket.of("FEATURE_UPDATE").map(({ data }) => data.sequence);
    const [dropped] = [...fixture.kernel.connections].map(({ counters }) => counters.droppedFrames);
    assertEquals(sequences.toSorted((a, b) => a - b), sequences, "in order");
    if (strategy === "drop_oldest") assertEquals(sequences.slice(0, 5), [16, 17, 18, 19, 20]);
    if (strategy === "drop_newest") assertEquals(sequences.slice(0, 5), [1, 2, 3, 4, 5]);
    if (strategy === "compress") assert(sequences[0] === 1 && sequences.includes(20), sequences.join());
    assert(dropped! > 0);
    socket.hangUp();
    assertEquals(fixture.logged("session.ended")[0]?.["dropped_frames"], dropped);
  });
}

Deno.test("a stream that ends by itself says so reliably: again every 5 s, three times, until the ACK", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  socket.say({ type: "INIT", ack: true });
  subscribe(socket, { params: { update_interval_ms: 10, max_updates: 3 } });
  fixture.clock.advance(100);
  assertEquals(socket.of("FEATURE_UPDATE").length, 3);
  const [complete] = socket.of("STREAM_COMPLETE");
  assertEquals(complete?.data, { stream_id: "s", sequence: 3, reason: "max_updates" });
  assert(complete?.id !== undefined);
  fixture.clock.advance(6000);
  assertEquals(socket.of("STREAM_COMPLETE").map(({ id }) => id), [complete.id, complete.id]);
  socket.say({ type: "ACK", id: complete.id });
  fixture.clock.advance(20_000);
  assertEquals(socket.of("STREAM_COMPLETE").length, 2);
  assertEquals(socket.of("RESYNC"), []);
});

Deno.test("a reliable message that nobody acknowledges is given up after 30 s, and RESYNC tells so", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  socket.say({ type: "INIT", ack: true });
  subscribe(socket, { params: { update_interval_ms: 10, max_updates: 1 } });
  for (let second = 0; second < 32; second++) {
    fixture.clock.advance(1000);
    socket.say({ type: "PONG" });
  }
  const sent = socket.of("STREAM_COMPLETE");
  assertEquals(sent.length, 4, "the first time and three tries");
  assertEquals(socket.of("RESYNC").map(({ data }) => data.id), [sent[0]?.id]);
  assertEquals(fixture.kernel.status().undelivered, 1);
});

Deno.test("without ACK the end of a stream is told once", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  subscribe(socket, { params: { update_interval_ms: 10, max_updates: 1 } });
  fixture.clock.advance(20_000);
  assertEquals(socket.of("STREAM_COMPLETE").map(({ id }) => id), [undefined]);
});

Deno.test("a deleted world ends the streams of it", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  subscribe(socket);
  fixture.stream.worlds.delete("w");
  fixture.clock.advance(200);
  assertEquals(socket.of("STREAM_COMPLETE")[0]?.data.reason, "world_deleted");
});

Deno.test("the world that the address names is that of subscriptions that name none", async () => {
  using fixture = await KernelFixture.create();
  fixture.stream.worlds.create("v");
  const socket = fixture.connect("stream_features", { world: "v" });
  subscribe(socket);
  assertEquals([socket.last.type, socket.last.data.world], ["SUBSCRIBE_SUCCESS", "v"]);
});

Deno.test("all streams of a connection together send so many updates a second, and make no more", async () => {
  using fixture = await KernelFixture.create({ "limits.streamUpdatesPerSecond": 50 });
  const socket = fixture.connect("stream_features");
  for (const id of ["1", "2"]) subscribe(socket, { stream_id: id, params: { update_interval_ms: 10 } });
  fixture.clock.advance(2000);
  const sent = socket.of("FEATURE_UPDATE").length;
  assert(sent >= 140 && sent <= 152, `50 at once and 50 a second in 2 s, not ${sent}`);
  for (const id of ["1", "2"]) {
    const updates = socket.of("FEATURE_UPDATE").filter(({ data }) => data.stream_id === id);
    assert(updates.length > sent / 3, `each has its share of ${sent}, not ${updates.length}`);
    assertEquals(updates.at(-1)?.data.sequence, updates.length, "none is skipped");
  }
  const [connection] = [...fixture.kernel.connections];
  assertEquals(connection!.counters.droppedFrames, 0);
});
