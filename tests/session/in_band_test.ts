import { assert, assertEquals, assertThrows } from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { KernelFixture, registerMessage } from "./kernel_fixture.ts";

const KEY = "a-key-of-the-suite";
const WITH_KEY = { "security.apiKey": KEY, "security.trustProxy": ["127.0.0.1"] };
const NOBODY = { principal: null } as const;
const IN_BAND = ["heartbeat", "stream_features"] as const;

/** The same on each path that takes a credential in a message. */
function test(
  name: string,
  body: (fixture: KernelFixture, profile: (typeof IN_BAND)[number]) => Promise<void> | void,
): void {
  for (const profile of IN_BAND) {
    Deno.test(`/ws/${profile}: ${name}`, async () => {
      using fixture = await KernelFixture.create(WITH_KEY);
      await body(fixture, profile);
    });
  }
}

test("INIT and AUTH in the order of the diagram", async (fixture, profile) => {
  const socket = fixture.connect(profile, NOBODY);
  socket.say({ type: "INIT", protocol_version: "1.0" });
  assertEquals([socket.last.type, socket.last.data.authenticated, socket.last.data.auth_required], [
    "INIT",
    false,
    true,
  ]);
  assertEquals(socket.last.payload, socket.last.data, "content is there as payload, too");
  socket.say({ type: "AUTH", api_key: KEY, timestamp: fixture.clock.now(), id: "a" });
  await fixture.settle();
  const { type, data } = socket.last;
  assertEquals([type, data.principal, data.role, data.worlds, data.ref], [
    "AUTH_SUCCESS",
    "key:config",
    "owner",
    "all",
    "a",
  ]);
  assert(data.session_token !== undefined, "a client that said INIT gets its session's token now");
  assertEquals(fixture.kernel.status().unauthenticated, 0);
});

test("before AUTH nothing but INIT, AUTH and signs of life is taken", (fixture, profile) => {
  const socket = fixture.connect(profile, NOBODY);
  for (const type of ["SUBSCRIBE", "UNSUBSCRIBE", "ACK"]) {
    socket.say({ type, stream_type: "stream_features", stream_id: "s", id: "x" });
    assertEquals([socket.last.type, socket.last.data.code, socket.last.data.ref], [
      "ERROR",
      "AUTH_REQUIRED",
      "x",
    ]);
  }
  socket.say({ type: "PING" });
  assertEquals(socket.last.type, "PONG");
  assertEquals(socket.closes, []);
});

test("who shows no credential in 10 s is closed with 4003", (fixture, profile) => {
  const socket = fixture.connect(profile, NOBODY);
  fixture.clock.advance(9500);
  assertEquals(socket.closes, []);
  fixture.clock.advance(1600);
  assertEquals([socket.last.data.code, socket.closes[0]?.code], ["AUTH_REQUIRED", 4003]);
  socket.hangUp(4003);
  assertEquals(fixture.kernel.entryCount, 0);
});

test(
  "a wrong key is answered with AUTH_FAILED, the third locks the address out",
  async (fixture, profile) => {
    const socket = fixture.connect(profile, { ...NOBODY, remoteAddress: "10.0.0.1" });
    for (const left of [2, 1, 0]) {
      socket.say({ type: "AUTH", api_key: "wrong-key-of-somebody" });
      await fixture.settle();
      assertEquals([socket.last.type, socket.last.data.attempts_left], ["AUTH_FAILED", left]);
    }
    const { code, retry_after_ms: retryAfterMs } = socket.last.data;
    assertEquals([code, retryAfterMs, socket.closes[0]?.code], ["LOCKED_OUT", 60_000, 4003]);
    const other = fixture.connect(profile, { ...NOBODY, remoteAddress: "10.0.0.1" });
    other.say({ type: "AUTH", api_key: KEY });
    await fixture.settle();
    assertEquals([other.last.data.code, other.closes[0]?.code], ["LOCKED_OUT", 4003]);
    assert(other.last.data.retry_after_ms > 0);
    const elsewhere = fixture.connect(profile, { ...NOBODY, remoteAddress: "10.0.0.2" });
    elsewhere.say({ type: "AUTH", api_key: KEY });
    await fixture.settle();
    assertEquals(elsewhere.last.type, "AUTH_SUCCESS");
    assertEquals(fixture.kernel.status().authFailures, 4);
  },
);

Deno.test("a second AUTH while one is being checked is refused, the first goes through", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  const socket = fixture.connect("heartbeat", NOBODY);
  socket.say({ type: "AUTH", api_key: KEY, id: "1" }).say({ type: "AUTH", api_key: KEY, id: "2" });
  await fixture.settle();
  assertEquals(socket.messages.map(({ type, data }) => [type, data.ref, data.code]), [
    ["ERROR", "2", "BUSY"],
    ["AUTH_SUCCESS", "1", undefined],
  ]);
});

Deno.test("a close in the middle of an AUTH leaves every counter at 0", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  const socket = fixture.connect("heartbeat", NOBODY);
  socket.say({ type: "AUTH", api_key: KEY });
  socket.hangUp(1001);
  await fixture.settle();
  assertEquals(socket.messages, []);
  assertEquals(fixture.kernel.entryCount, 0);
});

Deno.test("without a credential at most 64 sockets are taken in, and 4 of one address", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  let taken = 0;
  let refused = 0;
  for (let i = 0; i < 6; i++) {
    try {
      fixture.connect("heartbeat", { ...NOBODY, remoteAddress: "10.0.0.1" });
      taken++;
    } catch (error) {
      assert(error instanceof VoxcastError && error.code === "ADDRESS_LIMIT");
      refused++;
    }
  }
  assertEquals([taken, refused], [4, 2]);
  for (let i = 0; taken < 64; i++, taken++) {
    fixture.connect("heartbeat", { ...NOBODY, remoteAddress: `10.0.1.${i}` });
  }
  assertThrows(() => fixture.connect("heartbeat", { ...NOBODY, remoteAddress: "10.0.2.1" }), VoxcastError);
  fixture.connect("heartbeat", { remoteAddress: "10.0.2.1" });
});

Deno.test("a credential that proves right makes room for the next without one", async () => {
  using fixture = await KernelFixture.create({
    ...WITH_KEY,
    "session.maxUnauthenticated": 1,
    "session.maxUnauthenticatedPerAddress": 1,
  });
  const socket = fixture.connect("heartbeat", NOBODY);
  assertThrows(() => fixture.connect("heartbeat", NOBODY), VoxcastError);
  socket.say({ type: "AUTH", api_key: KEY });
  await fixture.settle();
  fixture.connect("heartbeat", NOBODY);
});

Deno.test("more than 4 KB without a credential closes with 4003", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  const socket = fixture.connect("heartbeat", NOBODY);
  for (let i = 0; i < 4; i++) socket.say({ type: "PING", x: "x".repeat(1000) });
  assertEquals(socket.closes, []);
  socket.say({ type: "PING", x: "x".repeat(1000) });
  assertEquals([socket.last.data.code, socket.closes[0]?.code], ["AUTH_REQUIRED", 4003]);
});

Deno.test("what is skipped because it comes too fast counts for the 4 KB, too", async () => {
  using fixture = await KernelFixture.create({ ...WITH_KEY, "limits.messagesPerSecond": 1 });
  const socket = fixture.connect("heartbeat", NOBODY);
  for (let i = 0; i < 4; i++) socket.say({ type: "PING", x: "x".repeat(1000) });
  assertEquals([socket.of("PONG").length, socket.closes], [1, []]);
  socket.say({ type: "PING", x: "x".repeat(1000) });
  assertEquals([socket.last.data.code, socket.closes[0]?.code], ["AUTH_REQUIRED", 4003]);
});

Deno.test("a lock-out is logged once, however often an active client tries", async () => {
  using fixture = await KernelFixture.create({ ...WITH_KEY, "limits.messagesPerSecond": 1000 });
  const socket = fixture.connect("heartbeat", NOBODY);
  socket.say({ type: "AUTH", api_key: KEY });
  await fixture.settle();
  for (let i = 0; i < 10; i++) {
    socket.say({ type: "AUTH", api_key: "wrong-key-of-somebody" });
    await fixture.settle();
  }
  assertEquals([socket.of("AUTH_FAILED").length, socket.closes], [10, []]);
  const lines = fixture.log.filter(({ event, level }) => event === "session.auth_failed" && level === "info");
  assertEquals(lines.length, 3);
});

Deno.test("/ws/render takes nobody in without a credential", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  const error = assertThrows(() => fixture.accept("render", NOBODY), VoxcastError);
  assertEquals(error.code, "AUTH_REQUIRED");
  assertEquals(fixture.kernel.entryCount, 0);
});

Deno.test("a new credential without the world of the connection closes it, and ends its streams of other worlds", async () => {
  using fixture = await KernelFixture.create({
    "security.jwtSecret": "s".repeat(40),
    "security.jwtIssuer": "iss",
    "security.jwtAudience": "aud",
    "security.trustProxy": ["127.0.0.1"],
  });
  const token = async (worlds: readonly string[]) => {
    const { SignJWT } = await import("jose");
    return await new SignJWT({ role: "viewer", worlds, token_type: "access" }).setProtectedHeader({
      alg: "HS256",
    })
      .setSubject("alice").setIssuer("iss").setAudience("aud").setExpirationTime(
        fixture.clock.now() / 1000 + 600,
      )
      .sign(new TextEncoder().encode("s".repeat(40)));
  };
  fixture.stream.worlds.create("v");
  const auth = async (socket: ReturnType<KernelFixture["connect"]>, worlds: readonly string[]) => {
    const count = socket.messages.length;
    socket.say({ type: "AUTH", auth_token: await token(worlds) });
    await waitFor(() => socket.messages.length > count, { what: "an answer to AUTH" });
  };
  const socket = fixture.connect("stream_features", NOBODY);
  await auth(socket, ["w", "v"]);
  assertEquals([socket.last.type, socket.last.data.worlds], ["AUTH_SUCCESS", ["w", "v"]]);
  socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "1", world: "w" });
  socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "2", world: "v" });
  socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "3", world: "x" });
  assertEquals(socket.of("SUBSCRIBE_SUCCESS").length, 2);
  assertEquals(
    socket.last.data.code,
    "NOT_ALLOWED",
    "in the same words whether there is such a world or not",
  );
  await auth(socket, ["w"]);
  assertEquals(socket.of("STREAM_COMPLETE").map(({ data }) => [data.stream_id, data.reason]), [[
    "2",
    "not_allowed",
  ]]);
  assertEquals(socket.of("AUTH_SUCCESS").length, 2);
  await auth(socket, ["v"]);
  assertEquals(
    [socket.of("STREAM_COMPLETE").length, socket.closes],
    [2, []],
    "streams alone hold no connection",
  );
  assertEquals(fixture.kernel.connections.countIn("w"), 0);
  const alice = { id: "user:alice", method: "jwt", role: "viewer", worlds: "all" } as const;
  const viewer = fixture.connect("render", { principal: alice }).say(registerMessage("w"));
  await auth(viewer, ["v"]);
  assertEquals([viewer.last.data.code, viewer.closes[0]?.code], ["NOT_ALLOWED", 4003]);
});

Deno.test("where no credential is set up AUTH succeeds whatever it shows, and changes nobody", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("heartbeat", {
    principal: { id: "dev:alice", method: "development", role: "owner", worlds: "all" },
  });
  socket.say({ type: "AUTH", api_key: "whatever-it-is" });
  await fixture.settle();
  assertEquals([socket.last.type, socket.last.data.principal], ["AUTH_SUCCESS", "dev:alice"]);
});

Deno.test("the guard over memory asks those who answer, and a connection that it ends is told 4011 and gone", async () => {
  using fixture = await KernelFixture.create();
  const quiet = fixture.connect("render");
  const lively = fixture.connect("render");
  lively.say({ type: "INIT" });
  const [first, second] = [...fixture.kernel.guarded()];
  assertEquals([first?.lastMessageAtMs, first?.ask], [undefined, undefined]);
  second?.ask?.();
  assertEquals(lively.last.type, "HEARTBEAT");
  first?.close(false);
  assertEquals(quiet.closes.map(({ code }) => code), [4011]);
  assertEquals(fixture.kernel.connections.size, 2, "the close frame has a moment to be sent");
  fixture.clock.advance(60);
  assertEquals(fixture.kernel.connections.size, 1, "and no longer, whether the peer answers or not");
  second?.close(true);
  assertEquals(fixture.kernel.connections.size, 0, "and none when it is urgent");
  assertEquals(fixture.logged("session.ended").map(({ close_code }) => close_code), [4011, 4011]);
});

Deno.test("what is sent right behind AUTH is handled after it, in its order", async () => {
  using fixture = await KernelFixture.create(WITH_KEY);
  const subscribe = { type: "SUBSCRIBE", "stream_type": "stream_features", "stream_id": "s", id: "2" };
  const socket = fixture.connect("stream_features", NOBODY);
  socket.say({ type: "AUTH", api_key: KEY, id: "1" }).say(subscribe).say({
    type: "UNSUBSCRIBE",
    stream_id: "s",
    id: "3",
  });
  await fixture.settle();
  assertEquals(socket.messages.map(({ type, data }) => [type, data.ref]), [
    ["AUTH_SUCCESS", "1"],
    ["SUBSCRIBE_SUCCESS", "2"],
    ["UNSUBSCRIBE", "3"],
  ]);
  const wrong = fixture.connect("stream_features", NOBODY);
  wrong.say({ type: "AUTH", api_key: "wrong-key-of-somebody", id: "1" }).say(subscribe);
  await fixture.settle();
  assertEquals(wrong.messages.map(({ type, data }) => [type, data.code]), [
    ["AUTH_FAILED", "UNAUTHORIZED"],
    ["ERROR", "AUTH_REQUIRED"],
  ]);
  const many = fixture.connect("stream_features", NOBODY);
  many.say({ type: "AUTH", api_key: KEY });
  for (let i = 0; i < 33; i++) many.say({ type: "ACK", id: "x" });
  assertEquals(many.of("ERROR").map(({ data }) => data.code), ["AUTH_REQUIRED"], "not without a bound");
});
