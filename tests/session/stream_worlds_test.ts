import { assertEquals } from "@std/assert";
import { type FakeSocket, KernelFixture, registerMessage } from "./kernel_fixture.ts";

function subscribe(socket: FakeSocket, fields: Record<string, unknown> = {}): FakeSocket {
  return socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "s", ...fields });
}

Deno.test("whoever has a stream of a world is in it, and no more get in than may", async () => {
  using fixture = await KernelFixture.create({ "limits.maxClientsPerWorld": 2 });
  const { connections } = fixture.kernel;
  const registered = fixture.connect("render").say(registerMessage("w"));
  const [inside, outside] = [fixture.connect("stream_features"), fixture.connect("stream_features")];
  assertEquals(subscribe(inside).last.type, "SUBSCRIBE_SUCCESS");
  assertEquals([...connections.inWorld("w")].length, 2);
  const timers = fixture.clock.pending;
  assertEquals(subscribe(outside).last.data.code, "WORLD_FULL");
  assertEquals([outside.last.type, outside.closes], ["SUBSCRIBE_FAILED", []]);
  assertEquals(fixture.clock.pending, timers, "what was refused does not run");
  fixture.clock.advance(0);
  assertEquals(inside.last.data.features.clients, 2);
  assertEquals(outside.of("FEATURE_UPDATE"), []);
  inside.say({ type: "UNSUBSCRIBE", stream_id: "s" });
  assertEquals(connections.countIn("w"), 1);
  assertEquals(subscribe(outside).last.type, "SUBSCRIBE_SUCCESS");
  for (const socket of [registered, inside, outside]) socket.hangUp();
  assertEquals(fixture.kernel.entryCount, 0);
  assertEquals(fixture.logged("session.ended").map(({ world }) => world), ["w", "w", "w"]);
});

Deno.test("a connection stays in the world of its first stream as long as it has one of it", async () => {
  using fixture = await KernelFixture.create();
  const { connections } = fixture.kernel;
  fixture.stream.worlds.create("v");
  const socket = fixture.connect("stream_features");
  subscribe(socket, { stream_id: "1" });
  subscribe(socket, { stream_id: "3" });
  subscribe(socket, { stream_id: "2", world: "v" });
  const counts = () => [connections.countIn("w"), connections.countIn("v")];
  assertEquals(counts(), [1, 0]);
  socket.say({ type: "UNSUBSCRIBE", stream_id: "1" });
  assertEquals(counts(), [1, 0]);
  socket.say({ type: "UNSUBSCRIBE", stream_id: "3" });
  assertEquals(counts(), [0, 0]);
  subscribe(socket, { stream_id: "4", world: "v" });
  assertEquals(counts(), [0, 1]);
  fixture.stream.worlds.delete("v");
  fixture.clock.advance(200);
  assertEquals([counts(), socket.of("STREAM_COMPLETE").length], [[0, 0], 2]);
});

Deno.test("who has registered in a world is in that one, whatever streams it has", async () => {
  using fixture = await KernelFixture.create();
  const { connections } = fixture.kernel;
  fixture.stream.streamer.addWorld(fixture.stream.worlds.create("v"));
  const socket = fixture.connect("render");
  subscribe(socket, { stream_id: "1", world: "w" });
  assertEquals(connections.countIn("w"), 1);
  socket.say(registerMessage("v"));
  assertEquals([connections.countIn("w"), connections.countIn("v")], [0, 1]);
  subscribe(socket, { stream_id: "2" });
  assertEquals(socket.last.data.world, "v", "a stream for which no world is named is of that one");
  for (const id of ["1", "2"]) socket.say({ type: "UNSUBSCRIBE", stream_id: id });
  assertEquals([connections.countIn("w"), connections.countIn("v")], [0, 1]);
});
