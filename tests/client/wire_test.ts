import { assertEquals } from "@std/assert";
import { encodeGzipMessage, type GzipKind } from "../../src/protocol/mod.ts";
import { ReliableInbox } from "../../src/client/reliable_inbox.ts";
import { waitFor } from "../support/wait_for.ts";
import { FakeServer, frameOfBytes } from "./fake_server.ts";

/** A compressed message as the server sends it. */
async function gzipped(
  kind: GzipKind,
  bytes: Uint8Array<ArrayBuffer>,
  says = bytes.length,
): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(stream).arrayBuffer());
  return encodeGzipMessage(kind, says, gzip).buffer;
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function reliable(id: string, n: number): string {
  return JSON.stringify({ type: "NEWS", id, timestamp: 0, data: { n } });
}

/** All that a client hears as NEWS, and its frames as sizes, in their order. */
function listen(server: FakeServer): unknown[] {
  const heard: unknown[] = [];
  server.client.on("message", ({ type, data }) => type === "NEWS" && heard.push(data.n));
  server.client.on("frame", ({ byteLength }) => heard.push(`${byteLength} bytes`));
  return heard;
}

Deno.test("compressed messages are heard in their place among the plain ones", async () => {
  const server = new FakeServer();
  const heard = listen(server);
  await server.goLive();
  server.socket.says(reliable("a", 1));
  server.socket.says(await gzipped("text", encoded(reliable("b", 2))));
  server.socket.says(reliable("c", 3));
  server.socket.says(frameOfBytes(24));
  server.socket.says(await gzipped("binary", new Uint8Array(frameOfBytes(5000))));
  server.socket.says(frameOfBytes(30));
  server.socket.closes(4004, "World gone");
  await waitFor(() => server.status.state === "failed", { what: "the close behind the messages" });
  assertEquals(heard, [1, 2, 3, "24 bytes", "5000 bytes", "30 bytes"]);
});

Deno.test("a compressed message that is larger than allowed, or not what it says, is refused and the rest goes on", async () => {
  const server = new FakeServer({ maxInflatedBytes: 1000 });
  const heard = listen(server);
  await server.goLive();
  server.socket.says(await gzipped("binary", new Uint8Array(1001)));
  server.socket.says(await gzipped("binary", new Uint8Array(1_000_000), 500));
  server.socket.says(await gzipped("binary", new Uint8Array(10), 500));
  server.socket.says(await gzipped("text", new Uint8Array([0xff, 0xfe])));
  const damaged = await gzipped("binary", new Uint8Array(100));
  new Uint8Array(damaged)[damaged.byteLength - 6]! ^= 0xff;
  server.socket.says(damaged);
  server.socket.says(new Uint8Array([0x56, 0x58, 0x47, 0x5a, 0]).buffer);
  server.socket.says(await gzipped("binary", new Uint8Array(frameOfBytes(1000))));
  await waitFor(() => heard.length === 1, { what: "the message behind the damaged ones" });
  assertEquals(heard, ["1000 bytes"]);
  assertEquals(server.errors.map(({ code }) => code), Array(6).fill("MALFORMED"));
  assertEquals(server.status.state, "connected");
  server.client.close();
});

Deno.test("gzip and ACK are asked for in INIT, or not", async () => {
  const server = new FakeServer();
  await server.connect();
  const { data } = server.socket.last("INIT");
  assertEquals([data.compression, data.ack, data.protocol_version], [["gzip"], true, "1.0"]);
  server.client.close();
  const plain = new FakeServer({ gzip: false, ack: false });
  plain.greeting = { ack: false, compression: null };
  await plain.connect();
  assertEquals([plain.socket.last("INIT").data.compression, plain.socket.last("INIT").data.ack], [[], false]);
  plain.socket.says(reliable("a", 1));
  assertEquals(plain.socket.types.includes("ACK"), false);
  plain.client.close();
});

Deno.test("each reliable message is acknowledged, each time, and heard once", async () => {
  const server = new FakeServer();
  const heard = listen(server);
  await server.connect();
  for (const [id, n] of [["a", 1], ["b", 2], ["a", 1], ["a", 1], ["c", 3]] as const) {
    server.socket.says(reliable(id, n));
  }
  assertEquals(heard, [1, 2, 3]);
  const acks = server.socket.received.filter(({ type }) => type === "ACK");
  assertEquals(acks.map(({ data }) => data.id), ["a", "b", "a", "a", "c"]);
  // Another connection numbers its messages anew.
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  server.socket.says(reliable("a", 4));
  assertEquals(heard, [1, 2, 3, 4]);
  server.client.close();
});

Deno.test("a reliable message that the server gave up is told, and so is a warning with its pause", async () => {
  const server = new FakeServer();
  const told: unknown[] = [];
  server.client.on("resync", ({ id }) => told.push(id));
  server.client.on("warning", ({ code, retryAfterMs }) => told.push(code, retryAfterMs));
  await server.connect();
  server.socket.says('{"type":"RESYNC","data":{"id":"r7"}}');
  server.socket.says(
    '{"type":"RATE_LIMIT_WARNING","data":{"message":"Slow down","retry_after_ms":200,"limit":"messages"}}',
  );
  assertEquals(told, ["r7", "RATE_LIMITED", 200]);
  server.client.close();
});

Deno.test("ids of reliable messages are not remembered for ever", () => {
  const inbox = new ReliableInbox();
  for (let i = 0; i < 5000; i++) assertEquals(inbox.accept(String(i)), true);
  assertEquals([inbox.accept("4999"), inbox.accept("904"), inbox.accept("0")], [false, false, true]);
});
