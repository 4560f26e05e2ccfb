import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BatchQueue, type BatchQueueOptions } from "../../src/client/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { runs } from "../support/runs.ts";

interface Item {
  readonly id: number;
  readonly urgent?: number;
}

/** A queue with a clock and a receiver of the test's. */
class Setup {
  readonly clock = new ManualClock();
  readonly batches: number[][] = [];
  readonly dropped: string[] = [];
  fails = 0;
  readonly queue: BatchQueue<Item>;

  constructor(options: Partial<BatchQueueOptions<Item>> = {}) {
    this.queue = new BatchQueue<Item>({
      flush: (items) => {
        this.batches.push(items.map(({ id }) => id));
        return this.fails-- > 0 ? Promise.reject(new Error("no")) : Promise.resolve();
      },
      onDropped: ({ id }, reason) => this.dropped.push(`${id} ${reason}`),
      timers: this.clock,
      random: () => 0.5,
      ...options,
    });
  }

  push(...ids: number[]): void {
    for (const id of ids) this.queue.push({ id });
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

Deno.test("fifty items go at once, fewer after 200 ms", async () => {
  const { queue, clock, batches } = new Setup();
  for (const id of range(0, 120)) queue.push({ id });
  await clock.advanceAsync(0);
  assertEquals(batches, [range(0, 50), range(50, 100)]);
  await clock.advanceAsync(199);
  assertEquals(batches.length, 2);
  await clock.advanceAsync(1);
  assertEquals(batches[2], range(100, 120));
  assertEquals(queue.metrics, {
    pushed: 120,
    invalid: 0,
    replaced: 0,
    sent: 120,
    overflowed: 0,
    failed: 0,
    batches: 3,
    failedFlushes: 0,
  });
  assertEquals(clock.pending, 0);
});

Deno.test("of items about one thing only the newest is sent", async () => {
  const setup = new Setup({ keyField: "id" });
  const sent: Item[] = [];
  const queue = new BatchQueue<Item>({
    flush: (items) => Promise.resolve(void sent.push(...items)),
    keyField: "id",
    timers: setup.clock,
  });
  for (let urgent = 0; urgent < 10; urgent++) queue.push({ id: 7, urgent });
  queue.push({ id: 8 });
  await setup.clock.advanceAsync(200);
  assertEquals(sent, [{ id: 7, urgent: 9 }, { id: 8 }]);
  assertEquals([queue.metrics.pushed, queue.metrics.replaced], [11, 9]);
});

Deno.test("higher priority goes first, and what overflows is the oldest of the lowest", async () => {
  const setup = new Setup({ priorityField: "urgent", maxQueueSize: 4, batchSize: 10 });
  setup.queue.push({ id: 1, urgent: 5 });
  setup.push(2, 3);
  setup.queue.push({ id: 4, urgent: 10 });
  setup.push(5);
  setup.queue.push({ id: 6, urgent: -1 });
  setup.queue.push({ id: 7, urgent: 5 });
  assertEquals(setup.dropped, ["2 overflow", "6 overflow", "3 overflow"]);
  await setup.clock.advanceAsync(200);
  assertEquals(setup.batches, [[4, 1, 7, 5]]);
  assertEquals(setup.queue.metrics.overflowed, 3);
});

Deno.test("a thousand wait, not more, while nothing goes through", async () => {
  const setup = new Setup({ flush: () => new Promise(() => {}) });
  setup.push(...range(0, 2000));
  await setup.clock.advanceAsync(0);
  assertEquals([setup.queue.length, setup.queue.inFlight, setup.dropped.length], [1000, 50, 950]);
  setup.queue.close();
  assertEquals(setup.queue.length, 0);
  assertEquals(setup.queue.push({ id: 1 }), "The queue is closed");
});

Deno.test("a failed flush is tried again with backoff, before newer items, and given up after three times", async () => {
  const setup = new Setup({ priorityField: "urgent", batchSize: 2 });
  setup.fails = 4;
  setup.push(1, 2);
  await setup.clock.advanceAsync(0);
  assertEquals(setup.batches, [[1, 2]]);
  setup.push(3);
  await setup.clock.advanceAsync(499);
  assertEquals(setup.batches.length, 1, "nothing goes while it waits");
  await setup.clock.advanceAsync(1);
  assertEquals(setup.batches.at(-1), [1, 2]);
  await setup.clock.advanceAsync(1000);
  await setup.clock.advanceAsync(2000);
  assertEquals(setup.batches, [[1, 2], [1, 2], [1, 2], [1, 2]]);
  assertEquals(setup.dropped, ["1 failed", "2 failed"]);
  await setup.clock.advanceAsync(30_000);
  assertEquals(setup.batches.at(-1), [3]);
  assertEquals([setup.queue.metrics.failedFlushes, setup.queue.metrics.failed, setup.queue.metrics.sent], [
    4,
    2,
    1,
  ]);
});

Deno.test("a failed item whose successor waits already gives way to it", async () => {
  const clock = new ManualClock();
  const sent: Item[][] = [];
  const queue = new BatchQueue<Item>({
    flush: (items) => sent.push([...items]) === 1 ? Promise.reject(new Error("no")) : Promise.resolve(),
    keyField: "id",
    batchSize: 1,
    timers: clock,
  });
  queue.push({ id: 1 });
  queue.push({ id: 1, urgent: 1 });
  await clock.advanceAsync(1000);
  assertEquals(sent, [[{ id: 1 }], [{ id: 1, urgent: 1 }]]);
  assertEquals([queue.metrics.replaced, queue.metrics.sent], [1, 1]);
});

Deno.test("a pause that the server asks for is kept", async () => {
  const setup = new Setup();
  let flushes = 0;
  const queue = new BatchQueue<Item>({
    flush: () =>
      flushes++ === 0
        ? Promise.reject(Object.assign(new Error("busy"), { retryAfterMs: 4000 }))
        : Promise.resolve(),
    timers: setup.clock,
    random: () => 0,
    batchSize: 1,
  });
  queue.push({ id: 1 });
  await setup.clock.advanceAsync(3999);
  assertEquals(flushes, 1);
  await setup.clock.advanceAsync(1);
  assertEquals(flushes, 2);
});

Deno.test("what is wrong with an item is said, and it is not taken", () => {
  const setup = new Setup({
    keyField: "id",
    priorityField: "urgent",
    problemOf: ({ id }) => id < 0 ? "id must not be negative" : undefined,
  });
  assertEquals(setup.queue.push({ id: -1 }), "id must not be negative");
  assertEquals(setup.queue.push({ id: 1, urgent: NaN }), "urgent must be a number");
  assertEquals(setup.queue.push({} as Item), "id is missing");
  assertEquals([setup.queue.length, setup.queue.metrics.invalid], [0, 3]);
  assertThrows(() => new Setup({ batchSize: 0 }), RangeError, "batchSize must be a whole number above 0");
});

Deno.test("flush sends all that waits without waiting for its time", async () => {
  const setup = new Setup({ batchSize: 10 });
  setup.push(...range(0, 25));
  await setup.queue.flush();
  assertEquals(setup.batches.map((batch) => batch.length), [10, 10, 5]);
  assertEquals([setup.queue.length, setup.queue.inFlight, setup.clock.pending], [0, 0, 0]);
});

Deno.test("whatever happens, the numbers add up and no key waits twice", async () => {
  const push = fc.record({ id: fc.integer({ min: 0, max: 5 }), urgent: fc.integer({ min: 0, max: 3 }) });
  const step = fc.oneof(
    push,
    fc.record({ waitMs: fc.integer({ min: 1, max: 3000 }) }),
    fc.constant("fail" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, isKeyed) => {
      const setup = new Setup({
        batchSize: 3,
        maxQueueSize: 5,
        priorityField: "urgent",
        ...(isKeyed ? { keyField: "id" } : {}),
      });
      for (const step of steps) {
        if (step === "fail") setup.fails = 2;
        else if ("waitMs" in step) await setup.clock.advanceAsync(step.waitMs);
        else setup.queue.push(step);
        const { pushed, replaced, sent, overflowed, failed } = setup.queue.metrics;
        const { length, inFlight } = setup.queue;
        assertEquals(pushed, replaced + sent + overflowed + failed + length + inFlight);
        assertEquals(length <= 5, true);
      }
      for (const batch of setup.batches) if (isKeyed) assertEquals(new Set(batch).size, batch.length);
      setup.queue.close();
    }),
    { numRuns: runs(200) },
  );
});
