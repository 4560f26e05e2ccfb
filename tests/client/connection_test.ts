import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientError } from "../../src/client/mod.ts";
import { errorMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { FakeServer, frameOfBytes, problem, registeredText, viewFrom } from "./fake_server.ts";

/** An ERROR as the server writes it. */
function errorText(code: ConstructorParameters<typeof VoxcastError>[0], options: object = {}): string {
  return errorMessage(new VoxcastError(code, `${code} happened`, options), 0);
}

Deno.test("a client opens, greets, registers with its view, and is connected once accepted", async () => {
  const server = new FakeServer();
  await server.goLive("garden");
  assertEquals(server.steps, [
    "connecting/admission",
    "connecting/opening",
    "connecting/greeting",
    "connecting/joining",
    "connected",
  ]);
  assertEquals(server.socket.url, "ws://voxcast.test/ws/render");
  assertEquals(server.socket.protocols, []);
  assertEquals(server.requests, [], "without a credential nothing is asked over HTTP");
  assertEquals(server.socket.types, ["INIT", "REGISTER_CLIENT"]);
  const { data } = server.socket.last("REGISTER_CLIENT");
  assertEquals([data.world, data.protocol, data.codecs, data.kind], ["garden", 1, [2], "esvo"]);
  assertEquals((data.viewport as { eye: unknown }).eye, { x: 100, y: 0, z: 0 });
  assertEquals(server.registrations.map(({ epoch }) => epoch), [1]);
  assertEquals(server.viewportsSent, [viewFrom(100)]);
  server.client.close();
  assertEquals(server.clock.pending, 0);
});

Deno.test("without INIT the flow is that of the first protocol", async () => {
  const server = new FakeServer({ init: false });
  const registered = server.client.register({ viewport: viewFrom(3) });
  const connected = server.client.connect();
  await server.settle();
  server.socket.opens();
  await server.settle();
  assertEquals(server.socket.types, ["REGISTER_CLIENT"]);
  await server.accept(7);
  await connected;
  assertEquals((await registered).epoch, 7);
  server.socket.says(frameOfBytes(24));
  server.client.updateViewport(viewFrom(4));
  server.clock.advance(100);
  assertEquals(server.socket.types, ["REGISTER_CLIENT", "UPDATE_VIEWPORT"]);
  assertEquals(server.frames, [24]);
  server.client.close();
});

Deno.test("the address may have a path, and names the world that the client is for", async () => {
  const server = new FakeServer({ url: "wss://proxy.test/voxels?x=1#y", world: "garden" });
  await server.connect();
  assertEquals(server.socket.url, "wss://proxy.test/voxels/ws/render?world=garden");
  server.client.register({ viewport: viewFrom(1) }).catch(() => {});
  assertEquals(server.socket.last("REGISTER_CLIENT").data.world, "garden");
  server.client.close();
});

Deno.test("a moving camera is told at most ten times a second, and its last view always", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.clock.advance(1000);
  for (let step = 0; step < 100; step++) {
    server.client.updateViewport(viewFrom(step + 1));
    server.clock.advance(10);
  }
  server.clock.advance(1000);
  const eyes = server.socket.received.filter(({ type }) => type === "UPDATE_VIEWPORT")
    .map(({ data }) => (data.viewport as { eye: { x: number } }).eye.x);
  assertEquals([eyes[0], eyes.at(-1)], [1, 100]);
  assert(eyes.length >= 10 && eyes.length <= 12, `${eyes.length} viewports were sent in one second`);
  server.client.close();
});

Deno.test("a camera that stands still sends nothing", async () => {
  const server = new FakeServer();
  await server.goLive();
  for (let i = 0; i < 20; i++) {
    server.client.updateViewport(viewFrom(100));
    server.clock.advance(50);
  }
  assertEquals(server.socket.types, ["INIT", "REGISTER_CLIENT"]);
  server.client.close();
});

Deno.test("a camera that moves while the registration is answered, or while offline, is told of once connected", async () => {
  const server = new FakeServer();
  server.client.register({ viewport: viewFrom(100) }).catch(() => {});
  await server.connect();
  server.client.updateViewport(viewFrom(5));
  await server.accept();
  server.clock.advance(100);
  assertEquals(server.viewportsSent.map(({ eye }) => eye[0]), [100, 5]);

  server.socket.closes(1006);
  for (let x = 10; x < 20; x++) server.client.updateViewport(viewFrom(x));
  await server.clock.advanceAsync(500);
  await server.greet();
  await server.accept(2);
  server.clock.advance(1000);
  assertEquals(server.socket.types, ["INIT", "REGISTER_CLIENT"], "old views are not sent after the fact");
  assertEquals(server.viewportsSent.map(({ eye }) => eye[0]), [100, 5, 19]);
  server.client.close();
});

Deno.test("a lost connection comes back by itself, later each time, with its session and registration", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.socket.closes(1006);
  assertEquals([server.status.state, server.status.step], ["reconnecting", "waiting"]);
  assertEquals(server.status.error?.code, "CONNECTION_LOST");
  assertEquals(server.status.retryAtMs, server.clock.now() + 500);
  await server.clock.advanceAsync(499);
  assertEquals(server.sockets.length, 1);
  await server.clock.advanceAsync(1);
  assertEquals(server.sockets.length, 2);
  server.http = () => Promise.reject(new TypeError("nobody there"));
  server.socket.closes(1006);
  await server.settle();
  assertEquals(server.status.retryAtMs, server.clock.now() + 1000);
  assertEquals(server.status.error?.code, "UNREACHABLE");
  await server.clock.advanceAsync(1000);
  await server.greet();
  assertEquals(server.socket.last("INIT").data.session_token, "token-1");
  await server.accept(2);
  assertEquals(server.status.state, "connected");
  assertEquals(server.registrations.map(({ epoch }) => epoch), [1, 2]);
  server.client.close();
});

Deno.test("only a connection that stayed up makes the waits short again", async () => {
  const server = new FakeServer();
  await server.connect();
  server.clock.advance(9999);
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  server.clock.advance(10_000);
  server.socket.closes(1006);
  assertEquals(server.status.attempts, 1);
  assertEquals(server.status.retryAtMs, server.clock.now() + 500);
  server.client.close();
});

Deno.test("closes that a retry cannot mend are final, and say why", async () => {
  for (
    const [code, name] of [
      [4002, "MESSAGE_TOO_LARGE"],
      [4003, "UNAUTHORIZED"],
      [4004, "WORLD_GONE"],
      [4006, "KICKED"],
      [4007, "PROTOCOL"],
      [4010, "SESSION_TAKEN"],
    ] as const
  ) {
    const server = new FakeServer();
    await server.connect();
    server.socket.closes(code);
    assertEquals([server.status.state, server.status.error?.code], ["failed", name]);
    assertEquals(server.status.error?.number, code);
    assert(server.status.error!.message.length > 0);
    await server.clock.advanceAsync(600_000);
    assertEquals([server.sockets.length, server.clock.pending], [1, 0]);
  }
});

Deno.test("a full server, a full world and a shutdown are waited for, with their reason on show", async () => {
  for (
    const [code, reason] of [[4001, "Server full"], [4005, "World full"], [1001, "Server shutdown"]] as const
  ) {
    const server = new FakeServer();
    await server.connect();
    server.socket.closes(code);
    assertEquals([server.status.state, server.status.error?.message], ["reconnecting", reason]);
    server.client.close();
  }
});

Deno.test("the error that a close stands for knows better: a lock-out ends, a ban has its time", async () => {
  const server = new FakeServer();
  await server.connect();
  server.socket.says(errorText("LOCKED_OUT", { retryAfterMs: 60_000 }));
  server.socket.closes(4003);
  assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "LOCKED_OUT"]);
  assertEquals(server.status.retryAtMs, server.clock.now() + 60_500);
  server.client.retryNow();
  assertEquals(server.status.step, "waiting", "a wait that the server asked for stays");
  await server.clock.advanceAsync(60_000);
  server.client.retryNow();
  await server.settle();
  assertEquals(server.sockets.length, 2, "the jitter does not");
  await server.greet();
  server.socket.says(errorText("BANNED", { retryAfterMs: 600_000 }));
  server.socket.closes(4008);
  assertEquals(server.status.retryAtMs, server.clock.now() + 601_000);
  server.client.close();
});

Deno.test("a server that wants a key is not knocked at again until asked to", async () => {
  const server = new FakeServer();
  server.http = () => Promise.resolve(problem(401, "UNAUTHORIZED"));
  const connecting = server.client.connect();
  await server.settle();
  server.socket.closes(1006);
  const error = await assertRejects(() => connecting, ClientError, "UNAUTHORIZED happened");
  assertEquals([error.code, error.number, error.category, error.retryable], [
    "UNAUTHORIZED",
    20001,
    "auth",
    false,
  ]);
  await server.clock.advanceAsync(60_000);
  assertEquals(server.status.state, "failed");
  assertEquals(server.sockets.length, 1);
  assertEquals(server.requests, ["GET /ws/render"]);
  await server.connect();
  assertEquals(server.status.state, "connected");
  server.client.close();
});

Deno.test("a server that is there but opens nothing is tried again, under a name of its own", async () => {
  const server = new FakeServer();
  server.client.connect().catch(() => {});
  await server.settle();
  server.socket.closes(1006);
  await server.settle();
  assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "NOT_OPENED"]);
  server.client.close();
});

/** Lets the newest socket fail without opening, and all that follows from it happen. */
async function failToOpen(server: FakeServer): Promise<void> {
  await server.settle();
  server.socket.closes(1006);
  await server.settle();
}

Deno.test("a server that does not let in for now is waited for as long as it asks", async () => {
  for (
    const [status, code] of [
      [429, "ADDRESS_LIMIT"],
      [429, "BANNED"],
      [429, "RATE_LIMITED"],
      [503, "OVERLOADED"],
      [503, "SERVER_FULL"],
    ] as const
  ) {
    const server = new FakeServer({ url: "http://voxcast.test/voxels", world: "my garden" });
    server.http = () => Promise.resolve(problem(status, code, { retry_after_ms: 4000 }));
    server.client.connect().catch(() => {});
    await failToOpen(server);
    assertEquals(server.requests, ["GET /voxels/ws/render?world=my+garden"]);
    assertEquals([server.status.state, server.status.error?.code], ["reconnecting", code]);
    assertEquals(server.status.retryAtMs, server.clock.now() + 4500);
    server.client.close();
  }
});

Deno.test("a proxy in front has no body of ours, but a header that says how long to wait", async () => {
  const server = new FakeServer();
  server.http = () => Promise.resolve(new Response("wait", { status: 503, headers: { "retry-after": "7" } }));
  server.client.connect().catch(() => {});
  await failToOpen(server);
  assertEquals([server.status.error?.code, server.status.error?.retryAfterMs], ["OVERLOADED", 7000]);
  server.client.close();
});

Deno.test("an address that would have taken an upgrade has nothing against the client, whatever its body says", async () => {
  for (const answer of [problem(426, "UNSUPPORTED_PROTOCOL"), new Response("upgrade", { status: 426 })]) {
    const server = new FakeServer();
    server.http = () => Promise.resolve(answer);
    server.client.connect().catch(() => {});
    await failToOpen(server);
    assertEquals(server.requests, ["GET /ws/render"]);
    assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "NOT_OPENED"]);
    server.client.close();
  }
});

Deno.test("a burst of failures is no burst of questions: one in ten seconds, and no reason given in between", async () => {
  const server = new FakeServer();
  server.http = () => Promise.resolve(problem(503, "SERVER_FULL"));
  server.client.connect().catch(() => {});
  const asked: (string | undefined)[] = [];
  for (let failures = 0; failures < 20; failures++) {
    await failToOpen(server);
    asked.push(server.status.error?.code);
    await server.clock.advanceAsync(999);
    server.client.connect().catch(() => {});
  }
  assertEquals(server.requests.length, 2);
  const unknown = (count: number) => Array.from({ length: count }, () => "NOT_OPENED");
  assertEquals(asked, ["SERVER_FULL", ...unknown(10), "SERVER_FULL", ...unknown(8)]);
  server.client.close();
});

Deno.test("that nobody is there is said of every attempt, although it is asked for only once in 10 s", async () => {
  const server = new FakeServer({ maxAttempts: 3 });
  server.http = () => Promise.reject(new TypeError("nobody there"));
  const connecting = server.client.connect();
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    await server.settle();
    server.socket.closes(1006);
    await server.settle();
    codes.push(server.status.error?.code);
    await server.clock.advanceAsync(1000);
  }
  await assertRejects(() => connecting, ClientError, "cannot be reached");
  assertEquals([codes, server.requests.length], [["UNREACHABLE", "UNREACHABLE", "UNREACHABLE"], 1]);
});

Deno.test("a server that does not answer is tried again, and given up after as many attempts as are allowed", async () => {
  const server = new FakeServer({ maxAttempts: 2 });
  const connecting = server.client.connect();
  await server.clock.advanceAsync(10_000);
  assertEquals([server.status.step, server.status.error?.code], ["waiting", "TIMEOUT"]);
  assert(server.socket.closed);
  await server.clock.advanceAsync(500);
  server.socket.opens();
  await server.clock.advanceAsync(10_000);
  await assertRejects(() => connecting, ClientError, "does not answer");
  assertEquals(server.status.state, "failed");
  assertEquals(server.clock.pending, 0);
});

Deno.test("a registration refused for good fails the client; one refused for now waits as long as the server asks", async () => {
  const server = new FakeServer();
  const registered = server.client.register({ world: "nowhere", viewport: viewFrom(1) });
  await server.connect();
  const refuse = (code: Parameters<typeof errorText>[0], options: object = {}) =>
    server.socket.says(errorText(code, { ref: server.socket.last("REGISTER_CLIENT").id, ...options }));
  refuse("WORLD_NOT_FOUND");
  await assertRejects(() => registered, ClientError, "WORLD_NOT_FOUND happened");
  assertEquals([server.status.state, server.status.error?.code], ["failed", "WORLD_NOT_FOUND"]);

  await server.connect();
  refuse("WORLD_FULL", { retryAfterMs: 4000 });
  await server.settle();
  assertEquals([server.status.step, server.status.error?.code], ["waiting", "WORLD_FULL"]);
  assertEquals(server.status.retryAtMs, server.clock.now() + 4500);
  server.client.close();
});

Deno.test("a move to another world that is refused leaves the client in the one that it is in", async () => {
  const server = new FakeServer();
  await server.goLive("garden");
  const moved = server.client.register({ world: "nowhere", viewport: viewFrom(1) });
  server.socket.says(errorText("WORLD_NOT_FOUND", { ref: server.socket.last("REGISTER_CLIENT").id }));
  await assertRejects(() => moved, ClientError, "WORLD_NOT_FOUND");
  assertEquals(server.status.state, "connected");
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  assertEquals(server.socket.last("REGISTER_CLIENT").data.world, "garden");
  server.client.close();
});

Deno.test("an error while connected is reported and ends nothing, and so is a text that cannot be read", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.socket.says(errorText("INVALID_VIEWPORT"));
  server.socket.says("{");
  server.socket.says('{"type":"REGISTERED","data":{"world":"main"}}');
  server.socket.says('{"type":"SOMETHING_NEW","data":{}}');
  assertEquals(server.errors.map(({ code }) => code), ["INVALID_VIEWPORT", "MALFORMED", "MALFORMED"]);
  assertEquals(server.status.state, "connected");
  server.client.close();
});

Deno.test("frames that overtake the answer to the registration are kept for it", async () => {
  const server = new FakeServer();
  server.client.register({ viewport: viewFrom(1) }).catch(() => {});
  await server.connect();
  server.socket.says(frameOfBytes(24));
  assertEquals(server.frames, []);
  server.socket.says(registeredText(1, server.socket.last("REGISTER_CLIENT").id));
  server.socket.says(frameOfBytes(30));
  assertEquals(server.frames, [24, 30]);
  await server.settle();
  server.client.close();
});

Deno.test("frames without end before a registration are not kept", async () => {
  const server = new FakeServer();
  await server.connect();
  for (let i = 0; i < 1025; i++) server.socket.says(frameOfBytes(24));
  assertEquals([server.status.state, server.status.error?.code], ["failed", "MALFORMED"]);
});

Deno.test("what an abandoned socket still says is not heard", async () => {
  const server = new FakeServer();
  await server.goLive();
  const old = server.socket;
  await server.connect();
  await server.accept();
  assertEquals(old.closed, [1000, "Leaving"]);
  const before = server.statuses.length;
  old.says(frameOfBytes(24));
  old.says(registeredText(9));
  old.closes(1000, "Leaving");
  assertEquals(server.statuses.length, before);
  assertEquals(server.frames, []);
  assertEquals(server.registrations.length, 2);
  server.client.close();
});

Deno.test("a closed client says goodbye, stays closed, and sends no view any more", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.client.updateViewport(viewFrom(1));
  server.client.close();
  assertEquals(server.socket.types.at(-1), "CLOSE");
  assertEquals(server.socket.closed, [1000, "Leaving"]);
  assertEquals(server.clock.pending, 0);
  await server.clock.advanceAsync(120_000);
  assertEquals(server.sockets.length, 1);
  assertEquals(server.status.state, "disconnected");
  server.client.close();
  await assertRejects(
    () => {
      const connecting = server.client.connect();
      server.client.close();
      return connecting;
    },
    ClientError,
    "closed",
  );
});

Deno.test("a session that was left on purpose is not taken up again", async () => {
  const server = new FakeServer();
  await server.connect();
  server.client.close();
  await server.connect();
  assertEquals(server.socket.last("INIT").data.session_token, undefined);
  server.client.close();
});

Deno.test("a session that another connection took stays there until it is asked for, and is then taken back", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.socket.closes(4010);
  await server.clock.advanceAsync(600_000);
  assertEquals([server.sockets.length, server.status.error?.code], [1, "SESSION_TAKEN"]);
  await server.connect();
  assertEquals(server.socket.last("INIT").data.session_token, "token-1");
  assertEquals(server.socket.last("REGISTER_CLIENT").data.world, undefined);
  server.client.close();
});

Deno.test("a listener that throws does not keep the others, or the next message, from being heard", async () => {
  const server = new FakeServer();
  const thrown: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    thrown.push(event.error.message);
  };
  addEventListener("error", onError);
  try {
    server.client.on("greeted", () => {
      throw new Error("the program's own");
    });
    const stop = server.client.on("greeted", () => thrown.push("second listener"));
    await server.connect();
    assertEquals(thrown, ["second listener", "the program's own"]);
    stop();
    assertEquals(server.status.state, "connected");
  } finally {
    removeEventListener("error", onError);
    server.client.close();
  }
});
