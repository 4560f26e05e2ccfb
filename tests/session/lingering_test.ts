import { assertEquals } from "@std/assert";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

const OVERSIZE = "x".repeat(2_000_000);
const MUCH = 64 * 1024;

/** A server of one place. */
function smallServer(): Promise<KernelFixture> {
  return KernelFixture.create({
    "streaming.maxClientsPerServer": 1,
    "limits.maxClientsPerAddress": 2,
    "limits.loopbackExempt": false,
  });
}

/** A client in whose socket so much waits, and that is closed for a message too large. */
function offend(fixture: KernelFixture, waitingBytes: number): FakeSocket {
  const socket = fixture.connect("heartbeat");
  socket.bufferedAmount = waitingBytes;
  socket.say(OVERSIZE);
  fixture.clock.advance(50);
  assertEquals(socket.closes.map(({ code }) => code), [4002]);
  return socket;
}

/** Open connections, those that linger, entries of all tables, and bytes that wait as of the next round. */
function counts({ kernel, clock }: KernelFixture): readonly number[] {
  clock.advance(1000);
  const { size, lingeringCount } = kernel.connections;
  return [size, lingeringCount, kernel.entryCount, kernel.waitingBytes];
}

Deno.test("who ends with little unread gives its place back at once, whether its peer answers or not", async () => {
  using fixture = await smallServer();
  for (const end of ["answer", "silence"]) {
    const socket = offend(fixture, MUCH - 1);
    if (end === "answer") socket.hangUp(4002);
    assertEquals(counts(fixture), [0, 0, 0, 0], end);
  }
});

Deno.test("what was taken while the close frame waited is not unread", async () => {
  using fixture = await smallServer();
  const socket = fixture.connect("heartbeat");
  socket.bufferedAmount = MUCH;
  socket.say(OVERSIZE);
  socket.bufferedAmount = 0;
  fixture.clock.advance(50);
  socket.hangUp(4002);
  assertEquals(counts(fixture), [0, 0, 0, 0]);
});

Deno.test("who ends with much unread keeps its place for two minutes and no longer, and its bytes are known", async () => {
  using fixture = await smallServer();
  for (const end of ["answer", "silence"]) {
    const socket = offend(fixture, MUCH);
    if (end === "answer") socket.hangUp(4002);
    assertEquals(counts(fixture), [0, 1, 2, MUCH], end);
    // The runtime tells at once of a socket that was destroyed; its bytes are there all the same.
    if (end === "silence") socket.hangUp(1005);
    assertEquals(counts(fixture), [0, 1, 2, MUCH], end);
    const refused = fixture.connect("heartbeat").say({ type: "INIT" });
    assertEquals(refused.closes.map(({ code }) => code), [4001], end);
    fixture.clock.advance(116_000);
    assertEquals(counts(fixture), [0, 1, 2, MUCH], end);
    fixture.clock.advance(2000);
    assertEquals(counts(fixture), [0, 0, 0, 0], end);
  }
});

Deno.test("who is destroyed before the close frame could be sent keeps its place, too", async () => {
  using fixture = await smallServer();
  const socket = fixture.connect("heartbeat");
  socket.bufferedAmount = MUCH;
  for (const connection of fixture.kernel.guarded()) connection.close(true);
  assertEquals(socket.closes, []);
  assertEquals(counts(fixture), [0, 1, 2, MUCH]);
});

Deno.test("a peer that breaks off has left nothing unread, before the end or after it", async () => {
  using fixture = await smallServer();
  offend(fixture, MUCH).break();
  assertEquals(counts(fixture), [0, 0, 0, 0]);
  const destroyed = offend(fixture, MUCH);
  assertEquals(counts(fixture), [0, 1, 2, MUCH]);
  destroyed.hangUp(1005);
  assertEquals(counts(fixture), [0, 1, 2, MUCH]);
  destroyed.break();
  assertEquals(counts(fixture), [0, 0, 0, 0]);
});
