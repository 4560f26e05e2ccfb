import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Ring } from "../../src/session/ring.ts";
import { DROP_STRATEGIES, StreamQueue, type StreamQueueOptions } from "../../src/session/stream_queue.ts";
import { runs } from "../support/runs.ts";

/** The same queue, plain and slow: an array. */
class NaiveQueue {
  messages: string[] = [];
  dropped = 0;
  constructor(readonly options: StreamQueueOptions) {}

  get bytes(): number {
    return new TextEncoder().encode(this.messages.join("")).length;
  }

  push(message: string): number {
    const { strategy, keepEvery, maxMessages, maxBytes } = this.options;
    const bytes = new TextEncoder().encode(message).length;
    const before = this.dropped;
    const isFull = () => this.messages.length >= maxMessages || this.bytes + bytes > maxBytes;
    if (bytes > maxBytes || (strategy === "drop_newest" && isFull())) {
      this.dropped++;
      return 1;
    }
    while (isFull()) {
      const kept = strategy === "compress" && this.messages.length > 1
        ? this.messages.filter((_, i) => i % keepEvery === 0)
        : this.messages.slice(1);
      this.dropped += this.messages.length - kept.length;
      this.messages = kept;
    }
    this.messages.push(message);
    return this.dropped - before;
  }
}

const optionsArbitrary = fc.record({
  strategy: fc.constantFrom(...DROP_STRATEGIES),
  keepEvery: fc.integer({ min: 2, max: 5 }),
  maxMessages: fc.integer({ min: 1, max: 40 }),
  maxBytes: fc.integer({ min: 8, max: 400 }),
});

/** A message to push, mostly; or a number of messages to take. */
const stepArbitrary = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
);

Deno.test("a stream's queue does what a plain array does, at any bounds, under each strategy", () => {
  fc.assert(
    fc.property(
      optionsArbitrary,
      fc.array(stepArbitrary, { maxLength: 300, size: "max" }),
      (options, steps) => {
        const queue = new StreamQueue(options);
        const naive = new NaiveQueue(options);
        let sent = 0;
        for (const step of steps) {
          if (typeof step === "string") {
            assertEquals(queue.push(step), naive.push(step));
          } else {
            for (let i = 0; i < step; i++) {
              const expected = naive.messages.shift();
              assertEquals(queue.shift(), expected);
              if (expected !== undefined) sent++;
            }
          }
          assertEquals([queue.length, queue.bytes, queue.dropped, queue.sent], [
            naive.messages.length,
            naive.bytes,
            naive.dropped,
            sent,
          ]);
          assert(
            queue.length <= options.maxMessages && queue.bytes <= options.maxBytes,
            "a bound was passed",
          );
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

function filled(options: Partial<StreamQueueOptions>, count: number): StreamQueue {
  const queue = new StreamQueue({
    strategy: "drop_oldest",
    keepEvery: 2,
    maxMessages: 1000,
    maxBytes: 1 << 20,
    ...options,
  });
  for (let i = 0; i < count; i++) assertEquals(queue.push(`${i}`), 0);
  return queue;
}

function drained(queue: StreamQueue): unknown[] {
  return Array.from({ length: queue.length }, () => queue.shift());
}

Deno.test("exactly 1,000 messages wait; the next one costs the oldest, itself, or every second", () => {
  const oldest = filled({ strategy: "drop_oldest" }, 1000);
  assertEquals(oldest.push("new"), 1);
  assertEquals([oldest.length, oldest.shift()], [1000, "1"]);

  const newest = filled({ strategy: "drop_newest" }, 1000);
  assertEquals(newest.push("new"), 1);
  assertEquals([newest.length, newest.shift(), drained(newest).at(-1)], [1000, "0", "999"]);

  const thinned = filled({ strategy: "compress" }, 1000);
  assertEquals(thinned.push("new"), 500, "all that is removed counts as dropped");
  const left = drained(thinned);
  assertEquals([left.length, left[0], left[1], left[499], left[500]], [501, "0", "2", "998", "new"]);
});

Deno.test("compress keeps every nth, counted from the oldest", () => {
  const queue = filled({ strategy: "compress", keepEvery: 3, maxMessages: 7 }, 7);
  assertEquals(queue.push("new"), 4);
  assertEquals(drained(queue), ["0", "3", "6", "new"]);
});

Deno.test("bytes are bounded as exactly as messages, and a message that never fits costs nobody else", () => {
  for (const strategy of DROP_STRATEGIES) {
    const queue = new StreamQueue({ strategy, keepEvery: 2, maxMessages: 100, maxBytes: 10 });
    assertEquals([queue.push("éé"), queue.push("123456"), queue.bytes], [0, 0, 10], "4 and 6 bytes fit");
    assertEquals(queue.push("12345678901"), 1);
    assertEquals([queue.length, queue.bytes, queue.dropped], [2, 10, 1]);
    assertEquals(queue.push("x"), 1, strategy);
    assertEquals(queue.bytes, { "drop_oldest": 7, "drop_newest": 10, "compress": 5 }[strategy]);
  }
});

Deno.test("a ring that has run empty gives a large array back and goes on", () => {
  const ring = new Ring<number>();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) ring.push(i);
    assertEquals([ring.peek(), ring.last(), ring.length], [0, 99, 100]);
    for (let i = 0; i < 100; i++) assertEquals(ring.shift(), i);
    assertEquals([ring.peek(), ring.last(), ring.shift(), ring.length], [undefined, undefined, undefined, 0]);
  }
});
