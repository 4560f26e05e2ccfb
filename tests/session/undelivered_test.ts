import { assertEquals } from "@std/assert";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

/** A client with a stream of an update every 100 ms, and a socket that takes nothing more. */
function stuckStream(fixture: KernelFixture, params: Record<string, number> = {}): FakeSocket {
  const socket = fixture.connect("stream_features");
  socket.say({
    type: "SUBSCRIBE",
    stream_type: "stream_features",
    stream_id: "s",
    params: { update_interval_ms: 100, ...params },
  });
  [socket.isStuck, socket.bufferedAmount] = [true, 1024];
  return socket;
}

/** A server whose sockets are full with 1 KiB. */
function quicklyFull(): Promise<KernelFixture> {
  return KernelFixture.create({ "session.bulkWatermarkBytes": 1024 });
}

/** What the records and the totals say. */
function undelivered(fixture: KernelFixture): unknown[] {
  const records = fixture.logged("session.ended").map((record) => record["undelivered"]);
  return [records, fixture.kernel.status().undelivered];
}

Deno.test("answers that are still in the socket at the end are not said to be undelivered", async () => {
  using fixture = await KernelFixture.create();
  for (const end of [{ type: "CLOSE" }, "x".repeat(2_000_000)]) {
    const socket = fixture.connect("stream_features");
    socket.isStuck = true;
    for (let i = 0; i < 60; i++) socket.say({ type: "PING" });
    socket.say(end);
    fixture.clock.advance(50);
    socket.hangUp();
  }
  assertEquals(undelivered(fixture), [[0, 0], 0]);
});

Deno.test("what waits of a stream is undelivered when its client goes, or the stream ends before it is sent", async () => {
  using fixture = await quicklyFull();
  const leaving = stuckStream(fixture);
  fixture.clock.advance(250);
  leaving.hangUp();
  assertEquals(undelivered(fixture), [[3], 3]);
  const ending = stuckStream(fixture, { max_updates: 2 });
  fixture.clock.advance(250);
  assertEquals([ending.of("STREAM_COMPLETE").length, fixture.kernel.status().undelivered], [1, 5]);
  ending.hangUp();
  assertEquals(undelivered(fixture), [[3, 2], 5], "and only once");
});

Deno.test("what a client unsubscribes from is not undelivered, what it did not acknowledge is", async () => {
  using fixture = await quicklyFull();
  const socket = stuckStream(fixture);
  fixture.clock.advance(250);
  socket.say({ type: "UNSUBSCRIBE", stream_id: "s" });
  socket.hangUp();
  assertEquals(undelivered(fixture), [[0], 0]);
  const silent = fixture.connect("stream_features");
  silent.say({ type: "INIT", ack: true });
  silent.say({
    type: "SUBSCRIBE",
    stream_type: "stream_features",
    stream_id: "s",
    params: { max_updates: 1 },
  });
  fixture.clock.advance(100);
  silent.hangUp();
  assertEquals(undelivered(fixture), [[0, 1], 1]);
});
