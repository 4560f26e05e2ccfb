import { assert, assertEquals } from "@std/assert";
import { KernelFixture } from "./kernel_fixture.ts";

const KEY = "a-key-of-the-flow";
const NOBODY = { principal: null } as const;

/** Hex of HMAC-SHA256(key, text), as a client of the seed makes it. */
async function hmac(key: string, text: string): Promise<string> {
  const bytes = new TextEncoder();
  const imported = await crypto.subtle.importKey(
    "raw",
    bytes.encode(key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes.encode(text))).toHex();
}

Deno.test("the flow of seed 002 goes as its diagrams draw it, from INIT to CLOSE", async () => {
  using fixture = await KernelFixture.create({
    "security.apiKey": KEY,
    "security.trustProxy": ["127.0.0.1"],
  });
  const { clock } = fixture;
  const socket = fixture.connect("stream_features", NOBODY);

  socket.say({ type: "INIT", protocol_version: "1.0", client_info: { user_agent: "x", capabilities: [] } });
  assertEquals([socket.last.type, socket.last.payload.protocol_version], ["INIT", "1.0"]);
  socket.say({ type: "SUBSCRIBE", stream_type: "stream_features", stream_id: "early" });
  assertEquals([socket.last.type, socket.last.data.code], ["ERROR", "AUTH_REQUIRED"]);

  const timestamp = clock.now();
  const signature = await hmac(KEY, String(timestamp));
  socket.say({ type: "AUTH", payload: { api_key: KEY, timestamp, signature } });
  await fixture.settle();
  assertEquals([socket.last.type, socket.last.data.role], ["AUTH_SUCCESS", "owner"]);

  socket.say({
    type: "SUBSCRIBE",
    payload: { stream_type: "stream_features", stream_id: "f", params: { update_interval_ms: 1000 } },
  });
  assertEquals([socket.last.type, socket.last.payload.stream_id], ["SUBSCRIBE_SUCCESS", "f"]);
  clock.advance(31_000);
  const updates = socket.of("FEATURE_UPDATE");
  assertEquals(updates.map(({ data }) => data.sequence), Array.from({ length: 32 }, (_, i) => i + 1));
  assertEquals(Object.keys(updates[0]!.payload), ["stream_id", "sequence", "features", "timestamp"]);
  const [heartbeat] = socket.of("HEARTBEAT");
  assert(
    Math.abs(heartbeat!.data.server_time_ms - clock.now()) <= 1000,
    "every 30 s, with the server's time",
  );
  socket.say({ type: "PONG" });
  clock.advance(59_000);
  assertEquals(socket.closes, [], "any answer counts as a sign of life");

  socket.say({ type: "UNSUBSCRIBE", stream_id: "f" });
  assertEquals([socket.last.type, socket.last.payload.stream_id], ["UNSUBSCRIBE", "f"]);
  const sent = socket.messages.length;
  clock.advance(5000);
  assertEquals(socket.of("FEATURE_UPDATE").length, updates.length + 59, "nothing more of the stream");
  assertEquals(socket.messages.length, sent);

  socket.say({ type: "CLOSE" });
  assertEquals(socket.closes, [{ code: 1000, reason: "Goodbye" }]);
  socket.hangUp();
  assertEquals(fixture.kernel.entryCount, 0);
  assertEquals(fixture.logged("stream.ended").map((record) => record["packets_sent"]), [91]);
  assertEquals(fixture.logged("session.ended").map((record) => record["packets_received"]), [7]);
});

Deno.test("several streams run over one connection, each numbered on its own", async () => {
  using fixture = await KernelFixture.create();
  const socket = fixture.connect("stream_features");
  for (const [id, intervalMs] of [["slow", 1000], ["quick", 100]] as const) {
    socket.say({
      type: "SUBSCRIBE",
      stream_type: "stream_features",
      stream_id: id,
      params: { update_interval_ms: intervalMs },
    });
  }
  fixture.clock.advance(2000);
  const sequences = (id: string) =>
    socket.of("FEATURE_UPDATE").filter(({ data }) => data.stream_id === id).map(({ data }) => data.sequence);
  assertEquals(sequences("slow"), [1, 2, 3]);
  assertEquals(sequences("quick"), Array.from({ length: 21 }, (_, i) => i + 1));
  socket.say({ type: "UNSUBSCRIBE", stream_id: "quick" });
  fixture.clock.advance(1000);
  assertEquals([sequences("slow").length, sequences("quick").length], [4, 21]);
});

Deno.test("the seed's AUTH is refused when its timestamp is more than 5 minutes off, and when it comes again", async () => {
  using fixture = await KernelFixture.create({
    "security.apiKey": KEY,
    "security.trustProxy": ["127.0.0.1"],
    "security.maxAuthFailures": 100,
  });
  const { clock } = fixture;
  const socket = fixture.connect("heartbeat", NOBODY);
  const auth = async (timestamp: number, signed = timestamp) => {
    const signature = await hmac(KEY, String(signed));
    socket.say({ type: "AUTH", api_key: KEY, timestamp, signature });
    await fixture.settle();
    return socket.last.type;
  };
  assertEquals(await auth(clock.now() - 300_001), "AUTH_FAILED");
  assertEquals(await auth(clock.now() + 300_001), "AUTH_FAILED");
  assertEquals(await auth(clock.now(), clock.now() - 1), "AUTH_FAILED");
  const timestamp = clock.now() - 1000;
  assertEquals(await auth(timestamp), "AUTH_SUCCESS");
  assertEquals(await auth(timestamp), "AUTH_FAILED");
});
