import { gunzipSync, gzipSync } from "node:zlib";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeGzipMessage, readGzipMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { MessageGzip } from "../../src/session/message_gzip.ts";
import type { Payload } from "../../src/session/wire.ts";
import { runs } from "../support/runs.ts";

const MAX = 65_536;
const encoder = new TextEncoder();

function gzip(): MessageGzip {
  return new MessageGzip({ gzipJsonBytes: 1024, gzipBinaryBytes: 256 });
}

function packed(message: Payload): Uint8Array<ArrayBuffer> {
  const result = gzip().pack(message);
  assert(typeof result !== "string" && result !== message, "it was not compressed");
  return result;
}

function message(
  plain: string | Uint8Array,
  inflatedBytes: number,
  kind: "text" | "binary" = "text",
): Uint8Array {
  return encodeGzipMessage(kind, inflatedBytes, gzipSync(plain));
}

function codeOf(bytes: Uint8Array, maxBytes = MAX): string {
  return assertThrows(() => gzip().inflate(bytes, maxBytes), VoxcastError).code;
}

Deno.test("messages are compressed from the thresholds on, counted in bytes of UTF-8", () => {
  const pack = (payload: Payload) => gzip().pack(payload) !== payload;
  assertEquals([pack("x".repeat(1023)), pack("x".repeat(1024))], [false, true]);
  assertEquals([pack("é".repeat(511)), pack("é".repeat(512))], [false, true]);
  assertEquals([pack("€".repeat(341)), pack("€".repeat(342))], [false, true]);
  assertEquals([pack(new Uint8Array(255)), pack(new Uint8Array(256))], [false, true]);
});

Deno.test("a compressed message is the header and a gzip stream of the plain one, and smaller", () => {
  const text = JSON.stringify({ data: Array.from({ length: 100 }, (_, n) => `entity é ${n}`) });
  const { kind, inflatedBytes, gzip: stream } = readGzipMessage(packed(text));
  assertEquals([kind, inflatedBytes], ["text", encoder.encode(text).length]);
  assertEquals(gunzipSync(stream).toString(), text);
  assertEquals(readGzipMessage(packed(new Uint8Array(300))).kind, "binary");
});

Deno.test("what does not shrink, and a frame that is deflated already, goes as it is", () => {
  const noise = crypto.getRandomValues(new Uint8Array(1000));
  assertStrictEquals(gzip().pack(noise), noise);
  const frame = new Uint8Array(1000);
  new DataView(frame.buffer).setUint32(0, 0x45535652, true);
  frame[7] = 2;
  assertStrictEquals(gzip().pack(frame), frame);
  frame[7] = 1;
  assert(gzip().pack(frame) !== frame, "a frame with plain masks shrinks");
});

Deno.test("the same message for many clients is compressed once, whatever else goes out meanwhile", () => {
  const one = gzip();
  const text = () => JSON.stringify({ broadcast: "x".repeat(2000) });
  const frame = new Uint8Array(5000);
  const [first, firstFrame] = [one.pack(text()), one.pack(frame)];
  for (let i = 0; i < 30; i++) one.pack(`${i}`.repeat(1024));
  assertStrictEquals(one.pack(text()), first, "equal text");
  assertStrictEquals(one.pack(frame), firstFrame, "the same bytes");
  assert(one.pack(frame.slice()) !== firstFrame, "other bytes are not compared");
});

Deno.test("what is kept for other clients is bounded in number and bytes, the oldest goes first", () => {
  const one = gzip();
  const frames = Array.from({ length: 65 }, () => new Uint8Array(300));
  const results = frames.map((frame) => one.pack(frame));
  assertStrictEquals(one.pack(frames[1]!), results[1], "64 are kept");
  assert(one.pack(frames[0]!) !== results[0], "the 65th took the place of the first");

  const small = gzip();
  const large = new Uint8Array(1024 * 1024);
  const other = new Uint8Array(300);
  const packedOther = small.pack(other);
  assert(small.pack(large) !== small.pack(large), "more than may be kept in all is not kept");
  assertStrictEquals(small.pack(other), packedOther, "nor does it push others out");
  const halves = [1, 2, 3].map(() => new Uint8Array(400_000));
  const packedHalves = halves.map((half) => small.pack(half));
  assertStrictEquals(small.pack(halves[2]!), packedHalves[2]);
  assertStrictEquals(small.pack(halves[1]!), packedHalves[1]);
  assert(small.pack(halves[0]!) !== packedHalves[0], "three are more than a MiB");
});

Deno.test("the ratio counts every message that was long enough, also one that did not shrink", () => {
  const one = gzip();
  const noise = crypto.getRandomValues(new Uint8Array(1000));
  const zeros = one.pack(new Uint8Array(4000)) as Uint8Array;
  one.pack(noise);
  one.pack("short");
  assertEquals(one.stats, { messages: 2, plainBytes: 5000, sentBytes: 1000 + zeros.length });
});

Deno.test("any text and any bytes come back as they were", () => {
  const all = new MessageGzip({ gzipJsonBytes: 1, gzipBinaryBytes: 1 });
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array()),
      fc.integer({ min: 20, max: 60 }),
      (part, n) => {
        const plain = typeof part === "string"
          ? part.repeat(n)
          : new Uint8Array(n * part.length).fill(part[0] ?? 0);
        const sent = all.pack(plain);
        if (sent === plain) return;
        assertEquals(all.inflate(sent as Uint8Array, MAX), plain);
      },
    ),
    { numRuns: runs(200) },
  );
});

Deno.test("a byte order mark at the start of a text is a character like any other", () => {
  const text = "\ufeff" + "x".repeat(2000);
  assertEquals(gzip().inflate(packed(text), MAX), text);
});

Deno.test("exactly the longest message is inflated; a longer one is refused by what it says and by what it is", () => {
  const text = "x".repeat(MAX);
  assertEquals(gzip().inflate(message(text, MAX), MAX), text);
  assertEquals(codeOf(message(text + "x", MAX + 1)), "MESSAGE_TOO_LARGE");
  assertEquals(codeOf(message(text + "x", MAX)), "MESSAGE_TOO_LARGE");
  const bomb = message(new Uint8Array(64 * 1024 * 1024), MAX);
  assert(bomb.length < 70_000);
  assertEquals(codeOf(bomb), "MESSAGE_TOO_LARGE");
});

Deno.test("a message that is not as long as it says is refused", () => {
  for (const said of [0, 1, 4, 6, 4000]) assertEquals(codeOf(message("hello", said)), "UNSUPPORTED_BINARY");
  const twice = encodeGzipMessage("text", 5, new Uint8Array([...gzipSync("hello"), ...gzipSync("hello")]));
  assertEquals(codeOf(twice), "UNSUPPORTED_BINARY", "a second stream behind the first counts");
  assertEquals(gzip().inflate(message("", 0), MAX), "");
});

Deno.test("text that is not UTF-8 is refused, bytes may be anything", () => {
  const bytes = Uint8Array.of(0xc3, 0x28, 0xff);
  assertEquals(codeOf(message(bytes, 3)), "INVALID_JSON");
  assertEquals(gzip().inflate(message(bytes, 3, "binary"), MAX), bytes);
});

Deno.test("cut, changed or invented messages end in an error that a client may see, or in what was meant", () => {
  const whole = packed(JSON.stringify({ data: Array.from({ length: 200 }, (_, n) => n * n) }));
  const meant = gzip().inflate(whole, MAX);
  const one = gzip();
  const mutation = fc.oneof(
    fc.integer({ min: 0, max: whole.length - 1 }).map((end) => whole.slice(0, end)),
    fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = whole.slice();
      bytes[at]! ^= flip;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 64 }).map((noise) => new Uint8Array([...whole.slice(0, 12), ...noise])),
  );
  fc.assert(
    fc.property(mutation, (bytes) => {
      try {
        const result = one.inflate(bytes, MAX);
        // Some bytes of gzip's header (time, system) mean nothing, and the kind may have become the other one.
        assertEquals(typeof result === "string" ? result : new TextDecoder().decode(result), meant);
      } catch (error) {
        if (!(error instanceof VoxcastError)) throw error;
        assert(["UNSUPPORTED_BINARY", "MESSAGE_TOO_LARGE", "INVALID_JSON"].includes(error.code));
      }
    }),
    { numRuns: runs(1000) },
  );
});
