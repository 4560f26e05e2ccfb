import { assert, assertEquals } from "@std/assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { encodeGzipMessage, readGzipMessage } from "../../src/protocol/mod.ts";
import { type FakeSocket, KernelFixture } from "./kernel_fixture.ts";

/** The newest thing that came, inflated if it is compressed. */
function lastText(socket: FakeSocket): { readonly text: string; readonly isCompressed: boolean } {
  const data = socket.sent.at(-1)!;
  if (typeof data === "string") return { text: data, isCompressed: false };
  const { kind, gzip, inflatedBytes } = readGzipMessage(data);
  const plain = gunzipSync(gzip);
  assertEquals([kind, plain.length], ["text", inflatedBytes]);
  return { text: plain.toString(), isCompressed: true };
}

function compressed(text: string): Uint8Array<ArrayBuffer> {
  const plain = new TextEncoder().encode(text);
  return encodeGzipMessage("text", plain.length, gzipSync(plain));
}

/** The same on each path. */
function test(
  name: string,
  flags: Readonly<Record<string, unknown>>,
  body: (fixture: KernelFixture, profile: "render" | "heartbeat" | "stream_features") => void,
): void {
  for (const profile of ["render", "heartbeat", "stream_features"] as const) {
    Deno.test(`/ws/${profile}: ${name}`, async () => {
      using fixture = await KernelFixture.create(flags);
      body(fixture, profile);
    });
  }
}

test(
  "after INIT with gzip long messages come compressed, short ones plain",
  { "session.gzipJsonBytes": 200 },
  (fixture, profile) => {
    const socket = fixture.connect(profile);
    socket.say({ type: "INIT", compression: ["gzip"] });
    assertEquals(lastText(socket).isCompressed, false, "the answer that settles it is plain");
    socket.say({ type: "PING", ping_id: "p".repeat(200) });
    const long = lastText(socket);
    assertEquals([long.isCompressed, JSON.parse(long.text).data.ping_id.length], [true, 200]);
    socket.say("ping");
    assertEquals(lastText(socket), { text: "pong", isCompressed: false });
    const { messages, plainBytes, sentBytes } = fixture.kernel.status().compression;
    assert(messages === 1 && sentBytes < plainBytes, "the ratio is known");
  },
);

test("a client may send compressed messages once that is settled, not before", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say(compressed('{"type":"PING","ping_id":"z"}'));
  assertEquals(socket.last.data.code, "UNSUPPORTED_BINARY");
  socket.say({ type: "INIT", compression: ["gzip"] });
  socket.say(compressed('{"type":"PING","ping_id":"z"}'));
  assertEquals([socket.last.type, socket.last.data.ping_id], ["PONG", "z"]);
});

test("a message that inflates beyond the bound closes with 4002 and costs little", {}, (fixture, profile) => {
  const socket = fixture.connect(profile);
  socket.say({ type: "INIT", compression: ["gzip"] });
  const bomb = gzipSync(new Uint8Array(50_000_000));
  assert(bomb.length < 65_536);
  const { arrayBuffers } = process();
  socket.say(encodeGzipMessage("text", 60_000, bomb));
  assert(process().arrayBuffers - arrayBuffers < 10_000_000, "it was not inflated");
  assertEquals(socket.messages.at(-1)?.type, "ERROR");
  const other = fixture.connect(profile);
  other.say({ type: "INIT", compression: ["gzip"] });
  other.say(encodeGzipMessage("text", 50_000_000, bomb));
  assertEquals([other.last.data.code, other.closes[0]?.code], ["MESSAGE_TOO_LARGE", 4002]);
});

function process(): { readonly arrayBuffers: number } {
  return { arrayBuffers: Deno.memoryUsage().external };
}

Deno.test("a region frame travels compressed only where that makes it smaller", async () => {
  using fixture = await KernelFixture.create({ "session.gzipBinaryBytes": 1 });
  const socket = fixture.connect("render");
  socket.say({ type: "INIT", compression: ["gzip"] });
  const [connection] = [...fixture.kernel.connections];
  connection!.outbox.sendFrame(new Uint8Array(5000));
  assert((socket.sent.at(-1) as Uint8Array).length < 200);
  const noise = crypto.getRandomValues(new Uint8Array(5000));
  connection!.outbox.sendFrame(noise);
  assertEquals(socket.sent.at(-1), noise);
});
