import { assert, assertEquals } from "@std/assert";
import { errorMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { FakeServer, registeredText, viewFrom } from "./fake_server.ts";

Deno.test("a connection asks for admission, opens, registers with its view, and is live once accepted", async () => {
  const server = new FakeServer("garden");
  await server.goLive();
  assertEquals(server.phases, ["checking", "connecting", "registering", "live"]);
  const [register] = server.socket.received;
  assertEquals(register?.type, "REGISTER_CLIENT");
  assertEquals(register?.world, "garden");
  assertEquals(register?.protocol, 1);
  assertEquals(register?.codecs, [2]);
  assertEquals((register?.viewport as { eye: unknown }).eye, { x: 100, y: 0, z: 0 });
  assertEquals(server.registrations.map(({ epoch }) => epoch), [1]);
  assertEquals(server.viewportsSent, [viewFrom(100)]);
  server.connection.stop();
  assertEquals(server.clock.pending, 0);
});

Deno.test("a moving camera is told at most ten times a second, and its last view always", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.clock.advance(1000);
  for (let step = 0; step < 100; step++) {
    server.connection.updateViewport(viewFrom(step));
    server.clock.advance(10);
  }
  server.clock.advance(1000);
  const eyes = server.socket.received.slice(1).map((message) => {
    assertEquals(message.type, "UPDATE_VIEWPORT");
    assertEquals(message.clientId, "tester");
    return (message.viewport as { eye: { x: number } }).eye.x;
  });
  assertEquals(eyes[0], 0);
  assertEquals(eyes.at(-1), 99);
  assert(eyes.length >= 10 && eyes.length <= 12, `${eyes.length} viewports were sent in one second`);
  server.connection.stop();
});

Deno.test("a camera that stands still sends nothing", async () => {
  const server = new FakeServer();
  await server.goLive();
  for (let i = 0; i < 20; i++) {
    server.connection.updateViewport(viewFrom(100));
    server.clock.advance(50);
  }
  assertEquals(server.socket.received.length, 1);
  server.connection.stop();
});

Deno.test("a lost connection comes back by itself, later each time, and registers anew", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.socket.onClose(1006, "");
  assertEquals(server.status.phase, "waiting");
  assertEquals(server.status.retryAtMs, server.clock.monotonic() + 250);
  await server.clock.advanceAsync(249);
  assertEquals(server.sockets.length, 1);
  await server.clock.advanceAsync(1);
  assertEquals(server.sockets.length, 2);
  server.socket.onClose(1006, "");
  assertEquals(server.status.retryAtMs, server.clock.monotonic() + 500);
  await server.clock.advanceAsync(500);
  server.accept(2);
  assertEquals(server.registrations.map(({ epoch }) => epoch), [1, 2]);
  server.connection.stop();
});

Deno.test("only a connection that stayed up makes the waits short again", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.clock.advance(9999);
  server.socket.onClose(1006, "");
  await server.clock.advanceAsync(250);
  server.accept();
  server.clock.advance(10_000);
  server.socket.onClose(1006, "");
  assertEquals(server.status.attempts, 1);
  assertEquals(server.status.retryAtMs, server.clock.monotonic() + 250);
  server.connection.stop();
});

Deno.test("closes that a retry cannot mend are final, and say why", async () => {
  for (
    const [code, name] of [[4002, "MESSAGE_TOO_LARGE"], [4003, "UNAUTHORIZED"], [4004, "WORLD_GONE"]] as const
  ) {
    const server = new FakeServer();
    await server.goLive();
    server.socket.onClose(code, "");
    assertEquals([server.status.phase, server.status.code], ["refused", name]);
    assert(server.status.reason.length > 0);
    assertEquals(server.clock.pending, 0);
  }
});

Deno.test("a full server and a shutdown are waited for, with their reason on show", async () => {
  for (
    const [code, reason] of [[4001, "Server full"], [1001, "Server shutdown"], [
      4009,
      "Slow consumer",
    ]] as const
  ) {
    const server = new FakeServer();
    await server.goLive();
    server.socket.onClose(code, "");
    assertEquals([server.status.phase, server.status.reason], ["waiting", reason]);
    server.connection.stop();
  }
});

Deno.test("a server that wants a key is not knocked at again until asked to", async () => {
  const server = new FakeServer();
  server.admission = "unauthorized";
  server.connection.start();
  await server.clock.advanceAsync(60_000);
  assertEquals([server.status.phase, server.status.code], ["refused", "UNAUTHORIZED"]);
  assertEquals(server.sockets.length, 0);
  server.admission = "admitted";
  await server.goLive();
  assertEquals(server.status.phase, "live");
  server.connection.stop();
});

Deno.test("a server that cannot be reached, or does not answer, is tried again", async () => {
  const server = new FakeServer();
  server.admission = "unreachable";
  server.connection.start();
  await server.clock.advanceAsync(0);
  assertEquals([server.status.phase, server.status.reason], ["waiting", "The server cannot be reached"]);
  server.admission = new Promise(() => {});
  await server.clock.advanceAsync(250);
  assertEquals(server.status.phase, "checking");
  await server.clock.advanceAsync(10_000);
  assertEquals([server.status.phase, server.status.reason], ["waiting", "The server does not answer"]);
  server.admission = "admitted";
  await server.clock.advanceAsync(500);
  server.socket.onOpen();
  await server.clock.advanceAsync(10_000);
  assertEquals(server.status.phase, "waiting");
  assert(server.socket.closedByClient);
  server.connection.stop();
});

Deno.test("a registration refused for good is shown; one refused for now waits as long as the server asks", async () => {
  const server = new FakeServer("nowhere");
  server.connection.start();
  await server.clock.advanceAsync(0);
  server.socket.onOpen();
  server.socket.onText(errorMessage(new VoxcastError("WORLD_NOT_FOUND", "There is no world nowhere"), 0));
  assertEquals(server.status.phase, "refused");
  assertEquals(server.status.code, "WORLD_NOT_FOUND");
  assertEquals(server.errors[0]?.message, "There is no world nowhere");

  server.connection.start();
  await server.clock.advanceAsync(0);
  server.socket.onOpen();
  server.socket.onText(errorMessage(new VoxcastError("BUSY", "Come back later", { retryAfterMs: 4000 }), 0));
  assertEquals(server.status.phase, "waiting");
  assertEquals(server.status.retryAtMs, server.clock.monotonic() + 4250);
  server.connection.stop();
});

Deno.test("an error while live is reported and ends nothing, and so is a text that cannot be read", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.socket.onText(errorMessage(new VoxcastError("INVALID_VIEWPORT", "Invalid viewport: no"), 0));
  server.socket.onText("{");
  server.socket.onText('{"type":"REGISTERED","data":{"world":"main"}}');
  server.socket.onText('{"type":"PONG","data":{}}');
  assertEquals(server.errors.map(({ code }) => code), ["INVALID_VIEWPORT", "PROTOCOL", "PROTOCOL"]);
  assertEquals(server.status.phase, "live");
  server.connection.stop();
});

Deno.test("frames that overtake the answer to the registration are kept for it", async () => {
  const server = new FakeServer();
  server.connection.start();
  await server.clock.advanceAsync(0);
  server.socket.onOpen();
  server.socket.onBinary(new ArrayBuffer(24));
  assertEquals(server.frames, []);
  server.socket.onText(registeredText(1));
  server.socket.onBinary(new ArrayBuffer(30));
  assertEquals(server.frames, [24, 30]);
  server.connection.stop();
});

Deno.test("what an abandoned socket still says is not heard", async () => {
  const server = new FakeServer();
  await server.goLive();
  const old = server.socket;
  await server.goLive();
  assert(old.closedByClient);
  const before = server.statuses.length;
  old.onBinary(new ArrayBuffer(24));
  old.onText(registeredText(9));
  old.onClose(1000, "Leaving");
  assertEquals(server.statuses.length, before);
  assertEquals(server.frames, []);
  assertEquals(server.registrations.length, 2);
  server.connection.stop();
});

Deno.test("a stopped connection stays closed, and no view is sent any more", async () => {
  const server = new FakeServer();
  await server.goLive();
  server.connection.updateViewport(viewFrom(1));
  server.connection.stop();
  assertEquals(server.clock.pending, 0);
  await server.clock.advanceAsync(120_000);
  assertEquals(server.sockets.length, 1);
  assertEquals(server.status.phase, "idle");
});
