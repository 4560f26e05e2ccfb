import { assertEquals } from "@std/assert";
import { FakeServer } from "./fake_server.ts";

/** PINGs that the client has sent on the newest socket. */
function pings(server: FakeServer): number {
  return server.socket.types.filter((type) => type === "PING").length;
}

Deno.test("after 30 s of silence the server is asked, and after 10 s without a word the client comes back", async () => {
  const server = new FakeServer();
  await server.connect();
  await server.clock.advanceAsync(29_999);
  assertEquals(pings(server), 0);
  await server.clock.advanceAsync(1);
  assertEquals(pings(server), 1);
  await server.clock.advanceAsync(9999);
  assertEquals(server.status.state, "connected");
  await server.clock.advanceAsync(1);
  assertEquals(server.socket.closed, [4100, "Reconnecting"]);
  assertEquals([server.status.state, server.status.error?.code], ["reconnecting", "TIMEOUT"]);
  await server.clock.advanceAsync(500);
  assertEquals(server.sockets.length, 2);
  await server.greet();
  assertEquals(server.status.state, "connected");
  server.client.close();
  assertEquals(server.clock.pending, 0);
});

Deno.test("a pong, or anything else, keeps the connection; what is heard puts the next question off", async () => {
  const server = new FakeServer();
  await server.connect();
  await server.clock.advanceAsync(20_000);
  server.socket.says(new ArrayBuffer(24));
  await server.clock.advanceAsync(29_000);
  assertEquals(pings(server), 0);
  await server.clock.advanceAsync(1000);
  assertEquals(pings(server), 1);
  await server.clock.advanceAsync(9000);
  server.socket.says('{"type":"PONG","data":{}}');
  for (let minute = 0; minute < 10; minute++) {
    await server.clock.advanceAsync(39_000);
    server.socket.says("pong");
    await server.clock.advanceAsync(21_000);
    server.socket.says("pong");
  }
  assertEquals([server.sockets.length, server.status.state], [1, "connected"]);
  server.client.close();
});

Deno.test("a HEARTBEAT is answered with PONG, a bare ping with a bare pong", async () => {
  const server = new FakeServer();
  await server.connect();
  server.socket.says('{"type":"HEARTBEAT","timestamp":1,"data":{"server_time_ms":1,"sequence":1}}');
  assertEquals(server.socket.types.at(-1), "PONG");
  server.socket.says("ping");
  assertEquals(server.socket.texts.at(-1), "pong");
  server.client.close();
});

Deno.test("a day of silence and answers leaves one timer", async () => {
  const server = new FakeServer();
  await server.connect();
  for (let quarter = 0; quarter < 96; quarter++) {
    for (let part = 0; part < 23; part++) {
      await server.clock.advanceAsync(39_000);
      server.socket.says("pong");
    }
  }
  assertEquals(server.status.state, "connected");
  assertEquals(server.clock.pending, 1);
  server.client.close();
});
