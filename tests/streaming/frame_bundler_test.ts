import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeEmptyFrame, encodeFrame, type Feature, PartJoiner, readBulk } from "../../src/protocol/mod.ts";
import { BulkPool } from "../../src/streaming/bulk_pool.ts";
import { BundleMetrics } from "../../src/streaming/bundle_metrics.ts";
import { FrameBundler } from "../../src/streaming/frame_bundler.ts";
import { streamFeatures } from "../../src/streaming/stream_features.ts";

const MAX_BYTES = 1000;
const FIELDS = { kind: "esvo", lod: 0, level: 4, morton: 5, version: 1, codec: 1 } as const;

/** A frame of so many bytes, 24 at least, filled with a number. */
function frame(bytes: number, fill = 7): Uint8Array {
  if (bytes === 24) return encodeEmptyFrame(FIELDS);
  return encodeFrame(FIELDS, new Uint8Array(bytes - 24).fill(fill));
}

/** A bundler for a client, what it handed over, and how many frames were complete by each message. */
function setUp(...features: Feature[]) {
  const sent: Uint8Array[] = [];
  const counts: number[] = [];
  const handed: Uint8Array[] = [];
  const sink = {
    isFailing: false,
    sendBulk(message: Uint8Array, frames: number): boolean {
      if (sink.isFailing) return false;
      handed.push(message);
      sent.push(message.slice());
      counts.push(frames);
      return true;
    },
  };
  const pool = new BulkPool(MAX_BYTES);
  const metrics = new BundleMetrics();
  const bundler = new FrameBundler(sink, streamFeatures(features), { pool, metrics, maxBundleFrames: 4 });
  return { sent, counts, handed, sink, pool, metrics, bundler };
}

Deno.test("a client that takes no bundles gets each frame at once, and as it is", () => {
  const { bundler, handed, counts, metrics } = setUp("parts");
  const frames = [frame(100), frame(24), frame(MAX_BYTES)];
  for (const one of frames) assert(bundler.add(one, MAX_BYTES));
  assert(handed.every((message, i) => message === frames[i]), "without a copy");
  assertEquals([counts, bundler.waitingBytes], [[1, 1, 1], 0]);
  assertEquals(metrics.stats().messages, { frames: 0, bytes: 0, idle: 0, single: 3 });
});

Deno.test("a bundle leaves when it has its number of frames", () => {
  const { bundler, sent, counts, metrics } = setUp("bundles");
  for (let i = 0; i < 9; i++) bundler.add(frame(50, i), MAX_BYTES);
  assertEquals([counts, bundler.waitingBytes], [[4, 4], 50]);
  assertEquals(sent.map((message) => readBulk(message).length), [4, 4]);
  assertEquals(metrics.stats().messages.frames, 2);
});

Deno.test("a bundle leaves when the next frame would make it too long", () => {
  const { bundler, sent, counts, metrics } = setUp("bundles");
  // 8 + 496 + 496 bytes are just enough.
  for (const bytes of [496, 496, 497, 496]) bundler.add(frame(bytes), MAX_BYTES);
  assertEquals([counts, sent.map(({ length }) => length)], [[2, 1], [1000, 497]]);
  assertEquals([metrics.stats().messages.bytes, bundler.waitingBytes], [2, 496]);
});

Deno.test("a bundle leaves when nothing else is ready, and a frame that is alone in it without a copy", () => {
  const { bundler, handed, counts, metrics } = setUp("bundles");
  const one = frame(50);
  bundler.add(one, MAX_BYTES);
  assert(bundler.flush("idle") && handed[0] === one);
  assert(bundler.flush("idle"), "there is nothing to flush");
  bundler.add(one, MAX_BYTES);
  bundler.add(one, MAX_BYTES);
  bundler.flush("idle");
  assertEquals([counts, metrics.stats().messages.idle], [[1, 2], 2]);
});

Deno.test("a frame longer than the limit leaves in parts, none longer than it, and complete with the last", () => {
  const { bundler, sent, counts, metrics } = setUp("bundles", "parts");
  const long = encodeFrame(FIELDS, Uint8Array.from({ length: 5000 }, (_, i) => i));
  bundler.add(frame(100), MAX_BYTES);
  bundler.add(long, MAX_BYTES);
  assertEquals(
    [counts, bundler.isSplitting, bundler.waitingBytes],
    [[1], true, 0],
    "the short one before it left",
  );
  while (bundler.isSplitting) assert(bundler.sendPart());
  assertEquals(counts, [1, 0, 0, 0, 0, 0, 1]);
  assert(sent.every(({ length }) => length <= MAX_BYTES));
  const joiner = new PartJoiner({ maxTotalBytes: 1 << 20 });
  assertEquals(sent.map((message) => joiner.push(message)).filter((whole) => whole !== undefined)[1], long);
  const { messages, parts, frames, framesByType } = metrics.stats();
  assertEquals([messages, parts, frames], [{ frames: 0, bytes: 2, idle: 0, single: 0 }, 6, 2]);
  assertEquals(framesByType, { full: 2, refinement: 0, delta: 0 });
});

Deno.test("a long frame for a client without parts goes whole and alone", () => {
  for (const features of [["bundles"], []] as const) {
    const { bundler, handed, counts } = setUp(...features);
    const long = frame(5000);
    for (const one of [frame(50), long, frame(60)]) bundler.add(one, MAX_BYTES);
    bundler.flush("idle");
    assertEquals([handed[1] === long, counts], [true, [1, 1, 1]]);
  }
});

Deno.test("a message that was not taken loses what waited, once, and its buffer comes back once", () => {
  const { bundler, sink, counts, pool, metrics } = setUp("bundles", "parts");
  sink.isFailing = true;
  for (let i = 0; i < 3; i++) assert(bundler.add(frame(50), MAX_BYTES));
  assert(!bundler.add(frame(50), MAX_BYTES));
  assertEquals([bundler.waitingBytes, pool.stats().lent, pool.stats().free], [0, 0, 1]);
  assert(bundler.add(frame(600), MAX_BYTES) && !bundler.add(frame(600), MAX_BYTES));
  bundler.clear();
  bundler.add(frame(5000), MAX_BYTES);
  assert(!bundler.sendPart() && !bundler.isSplitting);
  assertEquals([metrics.stats().sendFailures, metrics.stats().frames], [3, 0]);
  sink.isFailing = false;
  bundler.add(frame(50), MAX_BYTES);
  bundler.flush("idle");
  assertEquals([counts, bundler.sentBytes], [[1], 50]);
});

Deno.test("a buffer comes back also when the one that takes messages throws", () => {
  const pool = new BulkPool(MAX_BYTES);
  const sink = {
    sendBulk(): boolean {
      throw new Error("out of its mind");
    },
  };
  const shared = { pool, metrics: new BundleMetrics(), maxBundleFrames: 2 };
  const bundler = new FrameBundler(sink, streamFeatures(["bundles"]), shared);
  bundler.add(frame(50), MAX_BYTES);
  let hasThrown = false;
  try {
    bundler.add(frame(50), MAX_BYTES);
  } catch {
    hasThrown = true;
  }
  assertEquals([hasThrown, pool.stats().lent], [true, 0]);
});

Deno.test("whatever goes in comes out in order and whole, in messages no longer than the limits of their time", () => {
  const action = fc.record({
    bytes: fc.oneof(fc.integer({ min: 25, max: 300 }), fc.integer({ min: 300, max: 4000 })),
    // The limit shrinks and grows with the client's rate.
    maxBytes: fc.integer({ min: 200, max: MAX_BYTES }),
    isFlushed: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), fc.boolean(), (actions, takesBundles) => {
    const { bundler, sent, counts, pool, metrics } = setUp(
      "parts",
      ...takesBundles ? ["bundles"] as const : [],
    );
    const frames = actions.map(({ bytes }, i) => frame(bytes, i));
    actions.forEach(({ maxBytes, isFlushed }, i) => {
      const before = sent.length;
      bundler.add(frames[i]!, maxBytes);
      while (bundler.isSplitting) bundler.sendPart();
      if (isFlushed) bundler.flush("idle");
      assert(sent.slice(before + 1).every(({ length }) => length <= maxBytes), "but for what waited before");
      assert(sent.every(({ length }) => length <= MAX_BYTES));
      assertEquals(pool.stats().lent, 0);
    });
    bundler.flush("idle");
    const joiner = new PartJoiner({ maxTotalBytes: 1 << 20 });
    const wholes = sent.map((message) => joiner.push(message)).filter((whole) => whole !== undefined);
    assertEquals(wholes.flatMap((whole) => readBulk(whole)), frames);
    assertEquals(counts.reduce((sum, count) => sum + count, 0), frames.length);
    assertEquals(metrics.stats().frames, frames.length);
    assertEquals(sent.reduce((sum, { length }) => sum + length, 0), bundler.sentBytes);
    assert(pool.stats().made <= 1);
  }));
});
