import { assert, assertEquals } from "@std/assert";
import type { Principal } from "../../src/security/mod.ts";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

/** What every WebSocket path does in the same way, whatever it is for. */
const PROFILES = ["render", "heartbeat", "stream_features"] as const;
const KEY = "a-key-of-the-suite";
const WITH_KEY = { "security.apiKey": KEY, "security.trustProxy": ["127.0.0.1"] };
const OWNER: Principal = { id: "key:config", method: "api-key", role: "owner", worlds: "all" };

function test(
  name: string,
  flags: Readonly<Record<string, unknown>>,
  body: (fixture: KernelFixture, profile: (typeof PROFILES)[number]) => void | Promise<void>,
): void {
  for (const profile of PROFILES) {
    Deno.test(`/ws/${profile}: ${name}`, async () => {
      using fixture = await KernelFixture.create(flags);
      await body(fixture, profile);
    });
  }
}

/** All that is left when everybody is gone. */
function assertNothingLeft(fixture: KernelFixture): void {
  assertEquals(fixture.kernel.entryCount, 0);
  assertEquals(fixture.kernel.connections.size, 0);
  assertEquals(fixture.stream.streamer.clientCount, 0);
}

test(
  "PING comes back as PONG with what the client sent, and a bare ping as a bare pong",
  {},
  (fixture, profile) => {
    const socket = fixture.connect(profile);
    socket.say({ type: "PING", timestamp: 12, ping_id: "p", id: "1" });
    const { type, data } = socket.last;
    assertEquals([type, data.timestamp, data.ping_id, data.ref], ["PONG", 12, "p", "1"]);
    assertEquals(data.server_time_ms, fixture.clock.now());
    socket.say("ping");
    assertEquals(socket.sent.at(-1), "pong");
    socket.say({ type: "heartbeat" });
    assertEquals(socket.last.type, "PONG");
  },
);

test("INIT is answered with what was settled", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "INIT", protocol_version: "1.0", compression: ["gzip"], ack: true, id: "i" });
  const { type, data } = socket.messages[0]!;
  assertEquals(type, "INIT");
  assertEquals([data.protocol_version, data.protocol, data.compression, data.ack, data.ref], [
    "1.0",
    1,
    "gzip",
    true,
    "i",
  ]);
  assertEquals([data.authenticated, data.auth_required], [true, false]);
  assertEquals([data.heartbeat_interval_ms, data.dead_after_ms], [30_000, 60_000]);
  assert(data.session_token.startsWith(data.session));
  assertEquals(data.limits.messages_per_second, 100);
});

test("a protocol version that is not spoken is an error that names the others", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "INIT", protocol_version: "2.0" });
  assertEquals(socket.last.data.code, "UNSUPPORTED_PROTOCOL");
  assert(/1/.test(socket.last.data.message));
});

test("a HEARTBEAT comes every 30 s, whatever else happens", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  fixture.clock.advance(31_000);
  assertEquals(socket.of("HEARTBEAT").length, 1);
  fixture.clock.advance(60_000);
  assertEquals(socket.of("HEARTBEAT").length, 3);
  assertEquals(
    socket.closes,
    [],
    "a client that never said INIT nor PONG lives by the pings of the protocol",
  );
});

for (
  const [first, name] of [
    ["INIT", "after INIT a client that says nothing for 60 s is closed with 4000"],
    ["PONG", "after PONG a client that says nothing for 60 s is closed with 4000"],
  ] as const
) {
  test(name, {}, (fixture, profile) => {
    const socket = fixture.connect(profile);
    fixture.clock.advance(5000);
    socket.say({ type: first });
    fixture.clock.advance(59_000);
    assertEquals(socket.closes, []);
    fixture.clock.advance(2000);
    assertEquals(socket.closes, [{ code: 4000, reason: "Heartbeat timeout" }]);
    socket.hangUp(4000);
    assertNothingLeft(fixture);
    assertEquals(fixture.kernel.status().heartbeatTimeouts, 1);
  });
}

test("a client that answers each HEARTBEAT lives on", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  for (let minute = 0; minute < 60; minute++) {
    fixture.clock.advance(30_000);
    socket.say({ type: "PONG" });
  }
  assertEquals(socket.closes, []);
});

test("CLOSE is answered with 1000, and every counter is 0 afterwards", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "CLOSE" });
  assertEquals(socket.closes, [{ code: 1000, reason: "Goodbye" }]);
  socket.hangUp();
  assertNothingLeft(fixture);
});

test("a peer that never answers a close is let go after a while", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "CLOSE" });
  fixture.clock.advance(13_000);
  assertNothingLeft(fixture);
  socket.hangUp();
  assertNothingLeft(fixture);
});

test("double, crossed and late closes do nothing more", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  const [connection] = [...fixture.kernel.connections];
  connection!.close(4009);
  connection!.close(1001);
  socket.say({ type: "PING" });
  assertEquals(socket.closes, [{ code: 4009, reason: "Slow consumer" }]);
  assertEquals(socket.messages, [], "nothing is read or answered after the close");
  socket.break();
  socket.hangUp();
  assertNothingLeft(fixture);
  assertEquals(fixture.logged("session.ended").length, 1);
});

test(
  "a socket that never opens is given up after 10 s, and one that opens later is closed",
  {},
  (fixture, profile) => {
    const socket = fixture.accept(profile);
    fixture.clock.advance(9000);
    assertEquals(fixture.kernel.connections.size, 1);
    fixture.clock.advance(2000);
    assertNothingLeft(fixture);
    socket.open();
    assertEquals(socket.closes.length, 1);
    assertEquals(fixture.logged("session.ended"), [], "there was no session");
  },
);

test("a message that cannot be understood is answered and changes nothing", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  for (
    const [text, code] of [["{", "INVALID_JSON"], ["[]", "MISSING_TYPE"], [
      '{"type":"FLY"}',
      "UNKNOWN_TYPE",
    ]] as const
  ) {
    socket.say(text);
    assertEquals(socket.last.data.code, code);
  }
  socket.say(new Uint8Array([1, 2, 3]));
  assertEquals(socket.last.data.code, "UNSUPPORTED_BINARY");
  assertEquals(socket.closes, []);
  assertEquals(fixture.kernel.status().malformedMessages, 4);
});

test("JSON that is nested too deeply is refused before it is parsed", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say(`{"type":"PING","data":${"[".repeat(40)}${"]".repeat(40)}}`);
  assertEquals(socket.last.data.code, "JSON_TOO_COMPLEX");
});

test("messages that cannot be understood, one after the other, end with 4007", {
  "limits.maxMalformedInRow": 3,
}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say("{").say("{").say({ type: "PING" }).say("{").say("{");
  assertEquals(socket.closes, []);
  socket.say("{");
  assertEquals(socket.closes.map(({ code }) => code), [4007]);
});

test("a message over the size in UTF-8 is answered and closes with 4002", {
  "streaming.maxMessageSizeBytes": 1024,
}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say(`{"type":"PING","ping_id":"${"\u00e9".repeat(600)}"}`);
  assertEquals(socket.last.data.code, "MESSAGE_TOO_LARGE");
  assertEquals(socket.closes.map(({ code }) => code), [4002]);
});

test("a client over its rate is warned, refused, and in the end banned, with one answer a second", {
  "limits.messagesPerSecond": 10,
}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  const flood = () => {
    for (let i = 0; i < 30; i++) socket.say({ type: "PING" });
  };
  flood();
  assertEquals(socket.of("PONG").length, 10);
  assertEquals(socket.of("RATE_LIMIT_WARNING").length, 1);
  assert(socket.last.data.retry_after_ms > 0);
  for (let second = 2; second <= 10; second++) {
    fixture.clock.advance(1000);
    flood();
    if (second < 10) assertEquals(socket.of("ERROR").length, second - 1);
  }
  assertEquals(socket.last.data.code, "BANNED");
  assertEquals(socket.last.data.retry_after_ms, 600_000);
  assertEquals(socket.closes, [{ code: 4008, reason: "Rate limit exceeded" }]);
  assertEquals(fixture.kernel.status().bans, 1);
});

test("of 2N clients at once exactly N are let in, the others are closed with 4001", {
  "streaming.maxClientsPerServer": 5,
}, (fixture, profile) => {
  const sockets = Array.from({ length: 10 }, () => fixture.accept(profile));
  for (const socket of sockets) socket.open();
  fixture.clock.advance(100);
  assertEquals(fixture.kernel.connections.size, 5);
  assertEquals(sockets.filter(({ closes }) => closes[0]?.code === 4001).length, 5);
  assertEquals(fixture.kernel.status().refused.server, 5);
});

test(
  "an ended connection leaves its audit record in the log and in the newest records",
  {},
  (fixture, profile) => {
    const socket = fixture.connect(profile, { remoteAddress: "10.0.0.9" });
    socket.say({ type: "PING" });
    fixture.clock.advance(2500);
    socket.hangUp(1001);
    const [record] = fixture.logged("session.ended");
    assertEquals(
      [
        record?.["duration_seconds"],
        record?.["packets_sent"],
        record?.["packets_received"],
        record?.["dropped_frames"],
      ],
      [2.5, 1, 1, 0],
    );
    assertEquals([record?.["drop_rate_percent"], record?.["close_code"], record?.["profile"]], [
      0,
      1001,
      profile,
    ]);
    assertEquals(fixture.kernel.audit.newest()[0]?.connection_id, record?.["connection_id"] as string);
  },
);

test(
  "a client that takes nothing for 10 s is closed with 4009, and the others do not notice",
  {},
  (fixture, profile) => {
    const slow = fixture.connect(profile);
    const other = fixture.connect(profile);
    slow.isStuck = true;
    slow.say({ type: "PING" });
    for (let i = 0; i < 13; i++) {
      fixture.clock.advance(1000);
      other.say({ type: "PING" });
    }
    assertEquals(slow.closes.map(({ code }) => code), [4009]);
    assertEquals(other.of("PONG").length, 13);
    assertEquals(other.closes, []);
    slow.break();
    assertEquals(fixture.kernel.status().slowConsumers, 1);
  },
);

test(
  "a session that is taken up by its token closes the connection that had it with 4010",
  {},
  (fixture, profile) => {
    const first = fixture.connect(profile);
    first.say({ type: "INIT" });
    const { session, session_token } = first.last.data;
    const second = fixture.connect(profile);
    second.say({ type: "INIT", session_token });
    assertEquals(second.last.data.session, session);
    assertEquals(first.closes, [{ code: 4010, reason: "Session continued elsewhere" }]);
    first.hangUp();
    second.hangUp();
    assertNothingLeft(fixture);
  },
);

test("a session token of somebody else or from nowhere begins a new session", {}, (fixture, profile) => {
  const alice: Principal = { id: "user:alice", method: "jwt", role: "viewer", worlds: "all" };
  const first = fixture.connect(profile);
  first.say({ type: "INIT" });
  const { session, session_token } = first.last.data;
  for (const token of [session_token, "nonsense", `${session}.1.${"0".repeat(64)}`]) {
    const other = fixture.connect(profile, { principal: alice });
    other.say({ type: "INIT", session_token: token });
    assert(other.last.data.session !== session);
  }
  assertEquals(first.closes, []);
});

test(
  "an expired credential closes with 4003; a new one of the same principal in time does not",
  WITH_KEY,
  async (fixture, profile) => {
    const socket = fixture.connect(profile, {
      principal: { ...OWNER, expiresAtMs: fixture.clock.now() + 5000 },
    });
    const refreshed = fixture.connect(profile, {
      principal: { ...OWNER, expiresAtMs: fixture.clock.now() + 5000 },
    });
    refreshed.say({ type: "AUTH", api_key: KEY });
    await fixture.settle();
    assertEquals([refreshed.last.type, refreshed.last.data.expires_at_ms], ["AUTH_SUCCESS", null]);
    fixture.clock.advance(6100);
    assertEquals(socket.last.data.code, "AUTH_EXPIRED");
    assertEquals(socket.closes.map(({ code }) => code), [4003]);
    assertEquals(refreshed.closes, []);
  },
);

test(
  "a credential of another principal does not change who a connection is",
  WITH_KEY,
  async (fixture, profile) => {
    const socket = fixture.connect(profile, {
      principal: { id: "user:bob", method: "jwt", role: "viewer", worlds: new Set(["w"]) },
    });
    socket.say({ type: "AUTH", api_key: KEY });
    await fixture.settle();
    assertEquals([socket.last.type, socket.last.data.code], ["AUTH_FAILED", "NOT_ALLOWED"]);
    assertEquals([...fixture.kernel.connections][0]?.principal?.id, "user:bob");
  },
);

test("the server's end closes everybody with 1001 and leaves no timer", {}, async (fixture, profile) => {
  const sockets: FakeSocket[] = [fixture.connect(profile), fixture.connect(profile), fixture.accept(profile)];
  fixture[Symbol.dispose]();
  assertEquals(sockets.slice(0, 2).map(({ closes }) => closes[0]?.code), [1001, 1001]);
  for (const socket of sockets) socket.hangUp(1001);
  await fixture.settle();
  assertNothingLeft(fixture);
  assertEquals(fixture.clock.pending, 0);
});

test("24 hours of a quiet connection change nothing but the clock", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "INIT" });
  const before = fixture.kernel.entryCount;
  const timers = fixture.clock.pending;
  for (let i = 0; i < 24 * 120; i++) {
    fixture.clock.advance(30_000);
    socket.say({ type: "PONG" });
    socket.sent.length = 0;
  }
  assertEquals([fixture.kernel.entryCount, fixture.clock.pending], [before, timers]);
  assertEquals(socket.closes, []);
  socket.hangUp();
  assertNothingLeft(fixture);
});
