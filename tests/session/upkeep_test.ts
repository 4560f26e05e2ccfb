import { assert, assertEquals } from "@std/assert";
import { KernelFixture } from "./kernel_fixture.ts";

Deno.test("every socket is asked for with its own idle timeout, not the runtime's", async () => {
  using fixture = await KernelFixture.create({ "streaming.idleTimeoutSec": 77 });
  fixture.connect("render");
  fixture.connect("heartbeat", { subprotocol: "voxcast" });
  assertEquals(fixture.upgrades, [{ idleTimeout: 77 }, { idleTimeout: 77, protocol: "voxcast" }]);
});

Deno.test("a banned session stays banned when it is taken up by its token", async () => {
  using fixture = await KernelFixture.create({ "limits.messagesPerSecond": 1, "limits.maxViolations": 1 });
  const socket = fixture.connect("render");
  socket.say({ type: "INIT" });
  const { session_token } = socket.last.data;
  socket.say({ type: "PING" });
  assertEquals(socket.closes.map(({ code }) => code), [4008]);
  socket.hangUp(4008);
  const again = fixture.connect("render");
  again.say({ type: "INIT", session_token });
  assertEquals([again.last.data.code, again.closes[0]?.code], ["BANNED", 4008]);
  const other = fixture.connect("render");
  other.say({ type: "INIT" });
  assertEquals([other.last.type, other.closes], ["INIT", []], "another session of the same address may come");
  fixture.clock.advance(600_001);
  const later = fixture.connect("render");
  later.say({ type: "INIT", session_token });
  assertEquals(later.last.type, "INIT");
});

Deno.test("the time that messages take is measured over the newest, unless it is turned off", async () => {
  const samplesWith = async (flags: Readonly<Record<string, unknown>>) => {
    using fixture = await KernelFixture.create(flags);
    const socket = fixture.connect("render");
    for (let i = 0; i < 20; i++) socket.say({ type: "PING" });
    return fixture.kernel.status().latency.samples;
  };
  assertEquals(await samplesWith({}), 20);
  assertEquals(await samplesWith({ "session.latencySamples": 10 }), 10);
  assertEquals(await samplesWith({ "session.trackLatency": false }), 0);
});

Deno.test("messages and their bytes are counted both ways, also of those who have gone", async () => {
  using fixture = await KernelFixture.create();
  const text = '{"type":"PING","ping_id":"\u00e9"}';
  const sockets = [fixture.connect("render"), fixture.connect("heartbeat")];
  for (const socket of sockets) socket.say(text);
  const counted = () => {
    const { packetsReceived, bytesReceived, packetsSent, bytesSent } = fixture.kernel.status();
    return { packetsReceived, bytesReceived, packetsSent, bytesSent };
  };
  const bytesSent = sockets.flatMap(({ sent }) => sent)
    .reduce((sum, message) => sum + new TextEncoder().encode(message as string).length, 0);
  assert(bytesSent > 2 * text.length);
  const expected = { packetsReceived: 2, bytesReceived: 2 * (text.length + 1), packetsSent: 2, bytesSent };
  assertEquals(counted(), expected);
  for (const socket of sockets) socket.hangUp();
  assertEquals(counted(), expected);
  assertEquals(fixture.kernel.status().accepted, 2);
});

Deno.test("a socket that fails to send ends nobody else's stream", async () => {
  using fixture = await KernelFixture.create();
  const [broken, whole] = [fixture.connect("stream_features"), fixture.connect("stream_features")];
  for (const socket of [broken, whole]) {
    socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "s" });
  }
  broken.send = () => {
    throw new TypeError("the socket is gone");
  };
  fixture.clock.advance(1000);
  assert(whole.of("FEATURE_UPDATE").length >= 10);
  assertEquals(whole.closes, []);
});

Deno.test("heartbeat and silence are timed as the settings say, and clients are told", async () => {
  using fixture = await KernelFixture.create({
    "session.heartbeatIntervalMs": 4000,
    "session.deadAfterMs": 9000,
  });
  const socket = fixture.connect("heartbeat");
  socket.say({ type: "INIT" });
  assertEquals([socket.last.data.heartbeat_interval_ms, socket.last.data.dead_after_ms], [4000, 9000]);
  fixture.clock.advance(8999);
  assertEquals([socket.of("HEARTBEAT").length, socket.closes], [2, []]);
  fixture.clock.advance(1100);
  assertEquals(socket.closes.map(({ code }) => code), [4000]);
});

Deno.test("a banned principal is let in by no message either", async () => {
  const key = "a-key-that-is-banned";
  using fixture = await KernelFixture.create({
    "security.apiKey": key,
    "security.trustProxy": ["127.0.0.1"],
    "limits.messagesPerSecond": 1,
    "limits.maxViolations": 1,
  });
  const enter = async () => {
    const socket = fixture.connect("heartbeat", { principal: null });
    socket.say({ type: "AUTH", api_key: key });
    await fixture.settle();
    return socket;
  };
  const first = await enter();
  first.say({ type: "PING" });
  assertEquals(first.closes.map(({ code }) => code), [4008]);
  const second = await enter();
  assertEquals([second.types, second.last.data.code, second.closes[0]?.code], [["ERROR"], "BANNED", 4008]);
  fixture.clock.advance(600_001);
  assertEquals((await enter()).last.type, "AUTH_SUCCESS");
});

Deno.test("after its own CLOSE a client gets what waits for it, as long as it takes it within a second", async () => {
  using fixture = await KernelFixture.create({ "session.bulkWatermarkBytes": 1024 });
  const open = () => {
    const socket = fixture.connect("stream_features");
    socket.say({
      type: "SUBSCRIBE",
      stream_type: "stream_features",
      stream_id: "s",
      params: { update_interval_ms: 100 },
    });
    [socket.isStuck, socket.bufferedAmount] = [true, 1024];
    return socket;
  };
  const [reads, stuck] = [open(), open()];
  fixture.clock.advance(500);
  for (const socket of [reads, stuck]) socket.say({ type: "CLOSE" });
  assertEquals([reads.closes, stuck.closes], [[], []], "six updates wait");
  [reads.isStuck, reads.bufferedAmount] = [false, 0];
  fixture.clock.advance(20);
  assertEquals([reads.of("FEATURE_UPDATE").length, reads.closes[0]?.code], [6, 1000]);
  fixture.clock.advance(2000);
  assertEquals([stuck.of("FEATURE_UPDATE").length, stuck.closes[0]?.code], [0, 1000]);
  for (const socket of [reads, stuck]) socket.hangUp();
  assertEquals(fixture.logged("session.ended").map((record) => record["undelivered"]), [0, 6]);
});

Deno.test("who is closed for what it did keeps its socket for a moment, whether it answers or not; others longer", async () => {
  const remainsAfter = async (ms: number, ...end: readonly unknown[]) => {
    using fixture = await KernelFixture.create({
      "limits.messagesPerSecond": 4,
      "limits.maxViolations": 1,
      "limits.maxMalformedInRow": 3,
    });
    // Not in step with the rounds of the sweep.
    fixture.clock.advance(700);
    const socket = fixture.connect("render");
    for (const message of end) socket.say(message as string);
    const { code } = socket.closes[0]!;
    fixture.clock.advance(ms);
    return [code, fixture.kernel.connections.size];
  };
  const offences = [
    [4002, "x".repeat(2_000_000)],
    [4007, "{", "{", "{"],
    [4008, ...Array<string>(6).fill("ping")],
  ] as const;
  for (const [code, ...messages] of offences) {
    assertEquals(await remainsAfter(400, ...messages), [code, 1], "a close frame takes a while");
    assertEquals(await remainsAfter(1600, ...messages), [code, 0]);
  }
  assertEquals(await remainsAfter(10_000, { type: "CLOSE" }), [1000, 1]);
  assertEquals(await remainsAfter(13_000, { type: "CLOSE" }), [1000, 0]);
});

Deno.test("a day of coming and going, wrong keys, floods, tickets and streams leaves nothing behind", async () => {
  const key = "a-key-of-the-suite";
  using fixture = await KernelFixture.create({
    "security.apiKey": key,
    "security.trustProxy": ["127.0.0.1"],
    "limits.maxViolations": 2,
  });
  const { clock, kernel, authenticator, violations } = fixture;
  const timers = clock.pending;
  for (let hour = 0; hour < 24; hour++) {
    for (let minute = 0; minute < 60; minute += 5) {
      const remoteAddress = `10.0.${hour}.${minute}`;
      const principal = {
        id: `user:${hour}-${minute}`,
        method: "jwt",
        role: "viewer",
        worlds: "all",
      } as const;
      const viewer = fixture.connect("render", { remoteAddress, principal });
      viewer.say({ type: "INIT", ack: true });
      viewer.say({
        type: "SUBSCRIBE",
        stream_type: "stream_features",
        stream_id: "s",
        params: { update_interval_ms: 10_000, max_updates: 5 },
      });
      const stranger = fixture.connect("heartbeat", { remoteAddress, principal: null });
      stranger.say({ type: "AUTH", api_key: "wrong-key-of-somebody" });
      await fixture.settle();
      authenticator.issueTicket(principal, {});
      for (let i = 0; i < 250; i++) viewer.say("ping");
      clock.advance(1500);
      for (let i = 0; i < 350; i++) viewer.say("ping");
      await clock.advanceAsync(298_500);
      viewer.hangUp();
      stranger.hangUp();
    }
  }
  assertEquals(violations.bans, 24 * 12, "each flood was a ban");
  await clock.advanceAsync(3_600_000);
  violations.sweep(clock.monotonic());
  assertEquals([kernel.entryCount, violations.size], [0, 0]);
  assertEquals(clock.pending, timers, "no timer is left over");
  assertEquals(kernel.audit.newest().length, 200);
});
