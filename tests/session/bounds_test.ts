import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { ANONYMOUS } from "../../src/security/mod.ts";
import { AdmissionControl } from "../../src/session/admission.ts";
import { ConnectionRegistry, type RegistryLimits } from "../../src/session/mod.ts";
import { runs } from "../support/runs.ts";
import { KernelFixture, registerMessage } from "./kernel_fixture.ts";
import { openConnection } from "./open_connection.ts";

const ROOMY: RegistryLimits = {
  maxConnections: 1000,
  maxPerAddress: 1000,
  maxPerWorld: 1000,
  maxUnauthenticated: 1000,
  maxUnauthenticatedPerAddress: 1000,
  isExempt: () => false,
};

Deno.test("of 2N clients of one address exactly N are let in", async () => {
  using fixture = await KernelFixture.create({
    "limits.maxClientsPerAddress": 5,
    "limits.loopbackExempt": false,
  });
  let refused = 0;
  for (let i = 0; i < 10; i++) {
    try {
      fixture.accept("render", { remoteAddress: "10.0.0.1" });
    } catch (error) {
      assert(error instanceof VoxcastError && error.code === "ADDRESS_LIMIT");
      refused++;
    }
  }
  assertEquals([fixture.kernel.connections.size, refused], [5, 5]);
  fixture.accept("render", { remoteAddress: "10.0.0.2" });
});

Deno.test("the own machine's address has no bound in development, unless it is said to have one", async () => {
  using fixture = await KernelFixture.create({ "limits.maxClientsPerAddress": 2 });
  for (let i = 0; i < 5; i++) fixture.accept("render", { remoteAddress: "127.0.0.1" });
  using strict = await KernelFixture.create({
    "limits.maxClientsPerAddress": 2,
    "limits.loopbackExempt": false,
  });
  for (let i = 0; i < 2; i++) strict.accept("render", { remoteAddress: "127.0.0.1" });
  assertThrows(() => strict.accept("render", { remoteAddress: "127.0.0.1" }), VoxcastError);
});

Deno.test("of 2N clients that register in one world exactly N are let in, the others get WORLD_FULL and 4005", async () => {
  using fixture = await KernelFixture.create({ "limits.maxClientsPerWorld": 3 });
  const sockets = Array.from({ length: 6 }, () => fixture.connect("render"));
  for (const socket of sockets) socket.say(registerMessage("w"));
  assertEquals(sockets.filter((socket) => socket.of("REGISTERED").length === 1).length, 3);
  const refused = sockets.filter((socket) => socket.closes[0]?.code === 4005);
  assertEquals(refused.map((socket) => socket.last.data.code), Array(3).fill("WORLD_FULL"));
  assertEquals(fixture.kernel.connections.countIn("w"), 3);
  sockets[0]!.say(registerMessage("w"));
  assertEquals(sockets[0]!.of("REGISTERED").length, 2, "who is in may register again");
  sockets[0]!.hangUp();
  assertEquals(fixture.kernel.connections.countIn("w"), 2);
});

Deno.test("a principal of one world registers in no other, whether it exists or not", async () => {
  using fixture = await KernelFixture.create();
  fixture.stream.streamer.addWorld(fixture.stream.worlds.create("secret"));
  const socket = fixture.connect("render", {
    principal: { id: "user:alice", method: "jwt", role: "viewer", worlds: new Set(["w"]) },
  });
  const answers = ["secret", "nowhere"].map((world) => {
    socket.say(registerMessage(world));
    return [socket.last.data.code, socket.last.data.message];
  });
  assertEquals(answers[0], answers[1]);
  assertEquals(answers[0]?.[0], "NOT_ALLOWED");
  socket.say(registerMessage("w"));
  assertEquals(socket.last.type, "REGISTERED");
});

Deno.test("what the registry counts is what is there, after any mix of comings and goings", () => {
  const step = fc.record({
    action: fc.constantFrom("add", "add-unknown", "authenticate", "enter", "leave", "remove", "session"),
    index: fc.nat({ max: 9 }),
    world: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const registry = new ConnectionRegistry({
        ...ROOMY,
        maxConnections: 6,
        maxPerWorld: 3,
        maxUnauthenticated: 2,
      });
      const transport = { readyState: 1, bufferedAmount: 0, send() {}, close() {} };
      const connections = Array.from({ length: 10 }, (_, i) => openConnection(`c${i}`, transport));
      const inside = new Set<number>();
      const unknown = new Set<number>();
      for (const { action, index, world } of steps) {
        const connection = connections[index]!;
        const isIn = inside.has(index);
        if (action === "add" || action === "add-unknown") {
          if (isIn) continue;
          const isKnown = action === "add";
          const expected = inside.size >= 6
            ? "server"
            : !isKnown && unknown.size >= 2
            ? "unauthenticated"
            : undefined;
          assertEquals(registry.refusalOf(connection.remoteAddress, isKnown), expected);
          if (expected === undefined) registry.add(connection, isKnown);
          if (expected === undefined) inside.add(index);
          if (expected === undefined && !isKnown) unknown.add(index);
        } else if (action === "authenticate") {
          registry.authenticated(connection);
          unknown.delete(index);
        } else if (action === "enter" && isIn) {
          const members = [...registry.inWorld(world)];
          const fits = members.includes(connection) || members.length < 3;
          assertEquals(registry.enterWorld(connection, world), fits);
          if (fits) assertEquals(connection.world, world);
        } else if (action === "leave") registry.leaveWorld(connection);
        else if (action === "session" && isIn) registry.takeSession(connection, world);
        else if (action === "remove") {
          registry.remove(connection, 0);
          inside.delete(index);
          unknown.delete(index);
        }
        assertEquals([registry.size, registry.unauthenticatedCount], [inside.size, unknown.size]);
        for (const name of ["a", "b"]) {
          const there = connections.filter((other, i) => inside.has(i) && other.world === name);
          assertEquals(registry.countIn(name), there.length);
        }
      }
      for (const connection of connections) registry.remove(connection, 0);
      assertEquals(registry.entryCount, 0, "nothing is forgotten");
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("while the loop lags or memory is high newcomers are paced, and told when to come again", () => {
  const limits = { maxLoopLagMs: 100, maxMemoryBytes: 1000, pacedAcceptsPerSecond: 2 };
  const admission = new AdmissionControl(limits, 0);
  for (let i = 0; i < 100; i++) admission.admit(0);
  admission.noteLag(101, 0);
  assertEquals(admission.pressure(0), "event loop lag");
  admission.admit(0);
  admission.admit(0);
  const error = assertThrows(() => admission.admit(0), VoxcastError);
  assertEquals([error.code, error.entry.httpStatus, (error.retryAfterMs ?? 0) > 0], [
    "OVERLOADED",
    503,
    true,
  ]);
  admission.admit(500);
  admission.noteLag(5, 1000);
  assertEquals(admission.pressure(1000), "event loop lag", "one good sample is no sign of health");
  assertEquals(admission.pressure(2500), undefined);
  admission.noteMemory(1001);
  assertEquals(admission.pressure(2500), "memory");
  admission.noteMemory(999);
  assertEquals(admission.pressure(2500), undefined);
  assertEquals(admission.refused, 1);
});

Deno.test("an overloaded server refuses upgrades, and nobody who is in notices", async () => {
  using fixture = await KernelFixture.create({ "limits.pacedAcceptsPerSecond": 1 });
  const socket = fixture.connect("render");
  fixture.kernel.admission.noteLag(10_000, fixture.clock.monotonic());
  fixture.connect("render");
  assertThrows(() => fixture.connect("render"), VoxcastError);
  socket.say({ type: "PING" });
  assertEquals(socket.last.type, "PONG");
  assertEquals(fixture.kernel.status().refused.overloaded, 1);
});

Deno.test("positions have a rate of their own, a fifth above what is granted", async () => {
  using fixture = await KernelFixture.create({
    "limits.positionsPerSecond": 10,
    "limits.messagesPerSecond": 1000,
  });
  const socket = fixture.connect("render");
  const move = { ...registerMessage("w"), type: "UPDATE_VIEWPORT" };
  socket.say(registerMessage("w"));
  for (let i = 0; i < 20; i++) socket.say(move);
  assertEquals(socket.of("RATE_LIMIT_WARNING")[0]?.data.limit, "positions");
  assertEquals(fixture.kernel.status().rateLimited, 8, "12 of 20 are taken");
  socket.say({ type: "PING" });
  assertEquals(socket.last.type, "PONG", "other messages go on");
});

Deno.test("acknowledgements that the server asks for cost a client none of its messages, a flood of them does", async () => {
  using fixture = await KernelFixture.create({
    "limits.messagesPerSecond": 5,
    "streaming.ackIntervalMs": 100,
  });
  const socket = fixture.connect("render");
  socket.say(registerMessage("w"));
  const ack = { type: "ACK", "received_bytes": 0 };
  for (let i = 0; i < 12; i++) socket.say(ack);
  assertEquals(
    fixture.kernel.status().rateLimited,
    0,
    "ten a second are asked for, and a fifth more is taken",
  );
  for (let i = 0; i < 4; i++) socket.say({ type: "PING" });
  assertEquals(socket.of("PONG").length, 4, "all that was left of the messages");
  for (let i = 0; i < 3; i++) socket.say(ack);
  assertEquals(fixture.kernel.status().rateLimited, 3);
  assertEquals(socket.of("RATE_LIMIT_WARNING")[0]?.data.limit, "messages");
});

Deno.test("the server takes so many messages in all, and tells each client at most once a second", async () => {
  using fixture = await KernelFixture.create({
    "limits.serverMessagesPerSecond": 10,
    "limits.messagesPerSecond": 10,
  });
  const sockets = Array.from({ length: 4 }, () => fixture.connect("render"));
  for (let i = 0; i < 5; i++) for (const socket of sockets) socket.say({ type: "PING" });
  const pongs = sockets.reduce((sum, socket) => sum + socket.of("PONG").length, 0);
  assertEquals(pongs, 10);
  for (const socket of sockets) assertEquals(socket.of("ERROR").map(({ data }) => data.code), ["OVERLOADED"]);
  assertEquals(fixture.kernel.status().violations, 0, "it is nobody's fault");
});

Deno.test("a banned principal is refused before the upgrade until the ban ends", async () => {
  using fixture = await KernelFixture.create({ "limits.messagesPerSecond": 1, "limits.maxViolations": 1 });
  const principal = { id: "user:mallory", method: "jwt", role: "viewer", worlds: "all" } as const;
  const socket = fixture.connect("render", { principal });
  socket.say({ type: "PING" }).say({ type: "PING" });
  assertEquals(socket.closes[0]?.code, 4008);
  const error = assertThrows(() => fixture.connect("render", { principal }), VoxcastError);
  assertEquals([error.code, error.retryAfterMs], ["BANNED", 600_000]);
  fixture.connect("render", { principal: { ...principal, id: "user:alice" } });
  fixture.clock.advance(600_001);
  fixture.connect("render", { principal });
});

Deno.test("addresses of one IPv6 /64 count as one, as one machine has them all", async () => {
  using fixture = await KernelFixture.create({
    "limits.maxClientsPerAddress": 2,
    "limits.loopbackExempt": false,
  });
  const accept = (host: string) => fixture.accept("render", { remoteAddress: `2001:db8:0:1::${host}` });
  const first = accept("1").open();
  accept("2");
  assertThrows(() => accept("3"), VoxcastError);
  fixture.accept("render", { remoteAddress: "2001:db8:0:2::1" });
  first.hangUp();
  accept("4");
});

Deno.test("strangers get no socket of a full server, and few of one address a goodbye", async () => {
  using fixture = await KernelFixture.create({
    "streaming.maxClientsPerServer": 1,
    "security.apiKey": "a-key-of-the-suite",
    "security.trustProxy": ["127.0.0.1"],
  });
  fixture.connect("heartbeat");
  const stranger = assertThrows(() => fixture.connect("heartbeat", { principal: null }), VoxcastError);
  assertEquals(stranger.code, "SERVER_FULL");
  const goodbyes = Array.from({ length: 16 }, () => fixture.connect("heartbeat").say({ type: "INIT" }));
  assertEquals(goodbyes.map(({ closes }) => closes[0]?.code), Array(16).fill(4001));
  assertThrows(() => fixture.connect("heartbeat"), VoxcastError);
  fixture.connect("heartbeat", { remoteAddress: "10.0.0.9" });
  fixture.clock.advance(300);
  const late = fixture.connect("heartbeat").say({ type: "INIT" });
  assertEquals(late.closes[0]?.code, 4001, "a goodbye takes a moment only");
});

Deno.test("who is refused hears so when it has said something, or a moment later: a reset would overtake the goodbye", async () => {
  using fixture = await KernelFixture.create({ "streaming.maxClientsPerServer": 1 });
  fixture.connect("heartbeat");
  const [loud, quiet] = [fixture.connect("heartbeat"), fixture.connect("heartbeat")];
  assertEquals([loud.closes, quiet.closes], [[], []]);
  loud.say({ type: "INIT" });
  assertEquals([loud.closes[0]?.code, quiet.closes], [4001, []]);
  fixture.clock.advance(100);
  assertEquals([loud.closes.length, quiet.closes[0]?.code], [1, 4001]);
});

Deno.test("a ban ends every connection of the principal, also those that did nothing", async () => {
  using fixture = await KernelFixture.create({ "limits.messagesPerSecond": 1, "limits.maxViolations": 1 });
  const principal = { id: "user:mallory", method: "jwt", role: "viewer", worlds: "all" } as const;
  const [loud, quiet, other] = [
    fixture.connect("render", { principal }),
    fixture.connect("stream_features", { principal }),
    fixture.connect("render"),
  ];
  loud.say({ type: "PING" }).say({ type: "PING" });
  fixture.clock.advance(1000);
  assertEquals([quiet.last.data.code, quiet.closes[0]?.code], ["BANNED", 4008]);
  assertEquals(other.closes, []);
});

Deno.test("whether an upgrade would be refused can be asked, and takes no place", async () => {
  using fixture = await KernelFixture.create({ "streaming.maxClientsPerServer": 1 });
  const { heartbeat } = fixture.profiles;
  const caller = { remoteAddress: "10.0.0.1", principal: ANONYMOUS };
  for (let i = 0; i < 5; i++) fixture.kernel.check(heartbeat, caller);
  fixture.connect("heartbeat");
  assertEquals(assertThrows(() => fixture.kernel.check(heartbeat, caller), VoxcastError).code, "SERVER_FULL");
  const nobody = { remoteAddress: "10.0.0.1", principal: undefined };
  const error = assertThrows(() => fixture.kernel.check(fixture.profiles.render, nobody), VoxcastError);
  assertEquals(error.code, "AUTH_REQUIRED");
});

Deno.test("messages that are understood but never make sense end with 4007 as well", async () => {
  using fixture = await KernelFixture.create({ "limits.maxMalformedInRow": 3 });
  const socket = fixture.connect("render");
  for (let i = 0; i < 3; i++) socket.say({ type: "UNSUBSCRIBE", stream_id: "none" });
  assertEquals(socket.closes.map(({ code }) => code), [4007]);
});

Deno.test("a handshake that the runtime does not take leaves nothing behind", async () => {
  using fixture = await KernelFixture.create({ "streaming.maxClientsPerServer": 1 });
  fixture.upgradeError = new TypeError("Invalid Header");
  for (let i = 0; i < 3; i++) assertThrows(() => fixture.accept("render"), TypeError);
  assertEquals([fixture.kernel.entryCount, fixture.kernel.status().accepted], [0, 0]);
  fixture.upgradeError = undefined;
  assertEquals(fixture.connect("render").say("ping").sent, ["pong"]);
  fixture.upgradeError = new TypeError("Invalid Header");
  assertThrows(() => fixture.accept("render"), TypeError);
  assertEquals(fixture.kernel.connections.size, 1, "no goodbye is owed to whom a full server cannot upgrade");
});

Deno.test("a socket of which the runtime tells an error and nothing more has ended", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("render").say(registerMessage("w"));
  socket.readyState = 3;
  socket.onerror?.();
  assertEquals(fixture.kernel.entryCount, 0);
  assertEquals(fixture.logged("session.ended").map((record) => record["close_code"]), [1006]);
});
