import { assertEquals } from "@std/assert";
import {
  AuditLog,
  type ConnectionFacts,
  connectionRecord,
  type StreamFacts,
  streamRecord,
} from "../../src/session/audit.ts";

const CONNECTION: ConnectionFacts = {
  connectionId: "c1",
  sessionId: "s1",
  principal: "key:viewer",
  world: "main",
  profile: "render",
  remoteAddress: "127.0.0.1",
  durationMs: 125_300.4,
  packetsSent: 1250,
  packetsReceived: 42,
  droppedFrames: 15,
  closeCode: 1001,
  undelivered: 3,
};

const STREAM: StreamFacts = {
  streamId: "f1",
  streamType: "stream_features",
  connectionId: "c1",
  world: undefined,
  durationMs: 999.6,
  packetsSent: 10,
  droppedFrames: 2,
  reason: "unsubscribed",
};

Deno.test("a connection's record has the fields of seed 002, and who it was", () => {
  assertEquals(connectionRecord(CONNECTION), {
    record: "connection",
    connection_id: "c1",
    duration_seconds: 125.3,
    packets_sent: 1250,
    packets_received: 42,
    dropped_frames: 15,
    drop_rate_percent: 1.2,
    session_id: "s1",
    principal: "key:viewer",
    world: "main",
    profile: "render",
    remote_address: "127.0.0.1",
    close_code: 1001,
    undelivered: 3,
  });
});

Deno.test("the drop rate has two decimals and survives that nothing was sent", () => {
  const rate = (droppedFrames: number, packetsSent: number) =>
    connectionRecord({ ...CONNECTION, droppedFrames, packetsSent }).drop_rate_percent;
  assertEquals([rate(1, 3), rate(2, 3), rate(0, 0), rate(5, 0)], [33.33, 66.67, 0, 500]);
});

Deno.test("a stream's record has the fields of seed 002, and whose it was", () => {
  assertEquals(streamRecord(STREAM), {
    record: "stream",
    stream_id: "f1",
    stream_duration_seconds: 1,
    packets_sent: 10,
    dropped_frames: 2,
    connection_id: "c1",
    stream_type: "stream_features",
    world: null,
    reason: "unsubscribed",
  });
});

Deno.test("who was nobody and nowhere is null, so that no field is ever missing", () => {
  const { principal, world } = connectionRecord({ ...CONNECTION, principal: undefined, world: undefined });
  assertEquals([principal, world], [null, null]);
});

Deno.test("the newest records of each kind are kept, newest first, of the server and of each world", () => {
  const log = new AuditLog(2, 2);
  assertEquals(log.newest(), []);
  const ids = (world?: string) => log.newest(world).map(({ connection_id }) => connection_id);
  const connection = (id: string, world: string) =>
    log.add(connectionRecord({ ...CONNECTION, connectionId: id, world }));
  connection("a1", "a");
  log.add(streamRecord({ ...STREAM, connectionId: "a2", world: "a" }));
  for (const n of [1, 2, 3, 4]) connection(`b${n}`, "b");
  assertEquals(ids(), ["b4", "b3", "a2"], "streams have room of their own");
  assertEquals(ids("a"), ["a2", "a1"], "another world's coming and going wipes out nothing");
  assertEquals(ids("b"), ["b4", "b3"]);
  connection("c1", "c");
  assertEquals([ids("a"), ids("c")], [[], ["c1"]], "the world that was quiet longest makes room");
  assertEquals(ids("nowhere"), []);
});
