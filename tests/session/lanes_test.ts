import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { newCounters } from "../../src/session/connection_counters.ts";
import { type LaneLimits, Lanes } from "../../src/session/lanes.ts";
import type { Payload, Wire } from "../../src/session/wire.ts";
import type { StreamQueue } from "../../src/session/stream_queue.ts";
import { runs } from "../support/runs.ts";
import { SlowWire, wireBytes } from "./slow_wire.ts";

const LIMITS: LaneLimits = {
  maxControlMessages: 4,
  maxControlBytes: 100,
  maxReliableMessages: 3,
  maxReliableBytes: 100,
  ackRetryMs: 5000,
  maxAckRetries: 3,
  ackTimeoutMs: 30_000,
  maxStreamMessages: 5,
  maxStreamBytes: 1000,
  bulkWatermarkBytes: 50,
  writeTimeoutMs: 10_000,
  maxPendingSendsPerClient: 3,
  maxBufferedBytesPerClient: 200,
};

function lanesOver(wire: Wire, limits: Partial<LaneLimits> = {}, counters = newCounters()): Lanes {
  return new Lanes(wire, { ...LIMITS, ...limits }, counters);
}

function frame(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Fills the wire up to the watermark with one message of a stream. */
function fill(lanes: Lanes): StreamQueue {
  const stream = lanes.addStream("drop_oldest", 2);
  assertEquals(lanes.push(stream, "x".repeat(LIMITS.bulkWatermarkBytes)), 0);
  assertEquals(stream.length, 0, "it went past the queue");
  return stream;
}

Deno.test("a control message goes to a full socket at once; streams wait and take turns", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  const [a, b] = [fill(lanes), lanes.addStream("drop_oldest", 2)];
  for (const n of [1, 2, 3]) assertEquals(lanes.push(a, `a${n}`), 0);
  for (const n of [1, 2]) assertEquals(lanes.push(b, `b${n}`), 0);
  assertEquals([lanes.control("now"), lanes.flush(), lanes.hasWaiting], ["sent", "waiting", true]);
  assertEquals(wire.sent.slice(1), ["now"], "only the control message overtakes");
  wire.take(1);
  assertEquals([lanes.flush(), lanes.hasWaiting], ["idle", false]);
  assertEquals(wire.sent.slice(2), ["a1", "b1", "a2", "b2", "a3"]);
  assertEquals([a.sent, b.sent, a.dropped], [4, 2, 0]);
});

Deno.test("streams get no further than the watermark while the socket drains slowly", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  const stream = fill(lanes);
  for (let n = 0; n < 5; n++) lanes.push(stream, `${n}`.repeat(20));
  wire.take(1);
  assertEquals(lanes.flush(), "waiting");
  assertEquals(wire.unsent.length, 3, "20 and 40 bytes are below 50, 60 are not");
  wire.take(1);
  assertEquals([lanes.flush(), wire.bufferedAmount, stream.length], ["waiting", 60, 1]);
  wire.take();
  assertEquals([lanes.flush(), wire.unsent.length], ["idle", 1]);
});

Deno.test("a stream that is full drops by its strategy and says how many", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  fill(lanes);
  const oldest = lanes.addStream("drop_oldest", 2);
  const newest = lanes.addStream("drop_newest", 2);
  const thinned = lanes.addStream("compress", 2);
  const lost = [oldest, newest, thinned].map((stream) =>
    [0, 1, 2, 3, 4, 5].reduce((sum, n) => sum + lanes.push(stream, `${stream.strategy} ${n}`), 0)
  );
  assertEquals(lost, [1, 1, 2]);
  wire.take();
  while (lanes.flush() === "waiting") wire.take();
  const of = (stream: StreamQueue) =>
    wire.sent.filter((text) => String(text).startsWith(stream.strategy)).map((text) =>
      String(text).slice(-1)
    );
  assertEquals([of(oldest).join(""), of(newest).join(""), of(thinned).join("")], ["12345", "01234", "0245"]);
});

/** Fills the wire with bulk, so that nothing of what comes after it is ever taken, and control messages up to `count`. */
function withControl(count: number, limits: Partial<LaneLimits> = {}): { lanes: Lanes; wire: SlowWire } {
  const wire = new SlowWire();
  const lanes = lanesOver(wire, limits);
  for (let i = 0; i < count; i++) assertEquals(lanes.control("0123456789"), "sent");
  return { lanes, wire };
}

Deno.test("control messages up to the bound may wait for ever; one more only for half a second", () => {
  const { lanes } = withControl(4);
  for (const nowMs of [0, 500, 1000, 9999]) assertEquals(lanes.pace(nowMs), "ok");
  assertEquals(lanes.control("one more"), "sent");
  assertEquals([lanes.pace(2000), lanes.pace(2499), lanes.pace(2500)], ["ok", "ok", "overflow"]);
});

Deno.test("control messages are bounded in bytes as in number", () => {
  const { lanes, wire } = withControl(0);
  assertEquals(lanes.control("x".repeat(100)), "sent");
  assertEquals([lanes.pace(0), lanes.pace(600)], ["ok", "ok"], "exactly the bound");
  assertEquals(lanes.control("y"), "sent");
  assertEquals([lanes.pace(700), lanes.pace(1200)], ["ok", "overflow"]);
  wire.take(1);
  assertEquals(lanes.pace(1300), "ok", "and it is over when enough was taken");
});

Deno.test("the half second begins anew when the bound is passed anew", () => {
  const { lanes, wire } = withControl(5);
  assertEquals(lanes.pace(0), "ok");
  wire.take(1);
  assertEquals(lanes.pace(400), "ok");
  lanes.control("0123456789");
  assertEquals([lanes.pace(450), lanes.pace(949), lanes.pace(950)], ["ok", "ok", "overflow"]);
});

Deno.test("a busy client that always has more than the bound on its way, but takes it, is not too slow", () => {
  const { lanes, wire } = withControl(5);
  for (let nowMs = 0; nowMs < 20_000; nowMs += 1000) {
    assertEquals(lanes.pace(nowMs), "ok");
    wire.take(5);
    for (let i = 0; i < 5; i++) assertEquals(lanes.control("0123456789"), "sent");
  }
});

Deno.test("nobody may have sixteen times the bounds wait, not even within a turn", () => {
  const { lanes, wire } = withControl(64, { maxControlBytes: 1000 });
  assertEquals([lanes.control("x"), wire.sent.length], ["full", 64]);
  wire.take(1);
  assertEquals([lanes.control("x"), lanes.control("x")], ["sent", "full"]);
  const bytes = withControl(16, { maxControlBytes: 10, maxControlMessages: 100 });
  assertEquals([bytes.lanes.control("x"), bytes.wire.sent.length], ["full", 16]);
  bytes.wire.take();
  assertEquals(bytes.lanes.control("x".repeat(500)), "sent", "a single one may be of any size");
});

Deno.test("a socket that takes nothing for the write timeout is stalled, one that takes little is not", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  for (let i = 0; i < 3; i++) lanes.frame(frame(60));
  assertEquals([lanes.pace(1000), lanes.pace(10_999)], ["ok", "ok"]);
  wire.take(1);
  assertEquals([lanes.pace(11_000), lanes.pace(20_999), lanes.pace(21_000)], ["ok", "ok", "stalled"]);
  wire.take();
  assertEquals(lanes.pace(22_000), "ok");
});

Deno.test("more that is sent is no sign of life, and less that waits is none of death", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  lanes.frame(frame(60));
  assertEquals(lanes.pace(0), "ok");
  for (let nowMs = 1000; nowMs < 10_000; nowMs += 1000) {
    lanes.frame(frame(1));
    assertEquals(lanes.pace(nowMs), "ok");
  }
  assertEquals(lanes.pace(10_000), "stalled", "what waits has only grown");
  wire.take(1);
  for (let i = 0; i < 9; i++) lanes.frame(frame(60));
  assertEquals(lanes.pace(20_000), "ok", "more waits than before, but something was taken");
});

Deno.test("a message sent after a long silence is not stuck since the silence began", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  lanes.control("hello");
  assertEquals(lanes.pace(0), "ok");
  wire.take();
  for (let nowMs = 1000; nowMs < 60_000; nowMs += 1000) assertEquals(lanes.pace(nowMs), "ok");
  lanes.control("heartbeat");
  assertEquals([lanes.pace(60_000), lanes.pace(69_999), lanes.pace(70_000)], ["ok", "ok", "stalled"]);
});

Deno.test("of a message that is taken in parts, none is gone before the last", () => {
  const wire = { bufferedAmount: 0, send: (data: Payload) => void (wire.bufferedAmount += data.length) };
  const lanes = lanesOver(wire);
  for (const size of [100, 50, 30]) lanes.frame(frame(size));
  const pending = [81, 80, 31, 30, 1, 0].map((bufferedAmount) => {
    wire.bufferedAmount = bufferedAmount;
    return lanes.pendingFrames;
  });
  assertEquals(pending, [3, 2, 2, 1, 1, 0]);
});

Deno.test("region frames are let in up to their own bounds, and count until they are taken", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  for (let n = 0; n < 3; n++) {
    assert(lanes.hasRoomForFrame);
    assert(lanes.frame(frame(10)));
    lanes.control("between");
  }
  assertEquals([lanes.hasRoomForFrame, lanes.pendingFrames], [false, 3], "three frames are on their way");
  wire.take(1);
  assertEquals([lanes.hasRoomForFrame, lanes.pendingFrames], [true, 2]);
  lanes.frame(frame(200));
  assertEquals([lanes.hasRoomForFrame, lanes.pendingFrames], [false, 3]);
  wire.take(5);
  assertEquals([lanes.hasRoomForFrame, lanes.pendingFrames], [false, 1], "exactly 200 bytes wait");
});

Deno.test("reliable messages are sent at once and again, but not into a socket in which as much waits as may", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  assertEquals([lanes.nextDueMs, lanes.ack("1")], [Infinity, false]);
  fill(lanes);
  assertEquals(lanes.reliable("1", "first", 0), "sent");
  assertEquals([lanes.nextDueMs, [...lanes.resendDue(5000)], wire.sent.length], [5000, [], 1]);
  wire.take();
  assertEquals([lanes.nextDueMs, [...lanes.resendDue(10_000)], wire.sent.at(-1)], [10_000, [], "first"]);
  assertEquals([lanes.reliable("2", "second", 10_000), lanes.reliable("3", "third", 10_000)], [
    "sent",
    "sent",
  ]);
  assertEquals(wire.sent.slice(-2), ["second", "third"]);
  assertEquals([lanes.reliable("4", "fourth", 10_000), wire.sent.includes("fourth")], ["full", false]);
  assertEquals([lanes.ack("2"), lanes.ack("2")], [true, false]);
  assertEquals(lanes.resendDue(40_000), ["1", "3"], "both are given up");
  assertEquals([lanes.nextDueMs, wire.sent.filter((text) => text === "first").length], [Infinity, 1]);
});

Deno.test("a stream that is taken out leaves its turn, and what waited counts as undelivered", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  const streams = [fill(lanes), lanes.addStream("drop_oldest", 2), lanes.addStream("drop_oldest", 2)];
  for (const [i, stream] of streams.entries()) for (const n of [1, 2]) lanes.push(stream, `${i}:${n}`);
  assertEquals([lanes.removeStream(streams[1]!), lanes.removeStream(streams[1]!)], [2, 0]);
  wire.take();
  lanes.flush();
  assertEquals(wire.sent.slice(1), ["0:1", "2:1", "0:2", "2:2"]);
});

Deno.test("the end tells what the client has not had, once and for all, and lets nothing more through", () => {
  const wire = new SlowWire();
  const lanes = lanesOver(wire);
  const stream = fill(lanes);
  lanes.push(stream, "waits");
  lanes.control("on its way");
  lanes.reliable("1", "not acknowledged", 0);
  assertEquals([lanes.end(), lanes.end()], [2, 2], "the control message may still arrive");
  assertEquals([lanes.control("x"), lanes.reliable("2", "x", 0), lanes.frame(frame(1))], [
    "ended",
    "ended",
    false,
  ]);
  assertEquals([lanes.push(stream, "x"), lanes.flush(), [...lanes.resendDue(1e9)], lanes.pace(1e9)], [
    0,
    "idle",
    [],
    "ok",
  ]);
  assertEquals([wire.sent.length, stream.length, lanes.nextDueMs], [2, 0, Infinity]);
});

Deno.test("a wire that throws ends the lanes, and what waited is still told", () => {
  const wire = new SlowWire();
  const counters = newCounters();
  const lanes = lanesOver(wire, {}, counters);
  const stream = fill(lanes);
  for (const text of ["a", "b"]) lanes.push(stream, text);
  wire.isBroken = true;
  assertEquals([lanes.control("x"), lanes.control("x"), lanes.flush(), lanes.hasWaiting], [
    "ended",
    "ended",
    "idle",
    false,
  ]);
  assertEquals([lanes.end(), counters.packetsSent], [2, 1]);
});

type Kind = "control" | "frame" | "stream";
interface Message {
  readonly kind: Kind;
  readonly text: string;
}

/** The lanes, plain and slow: arrays of all that was ever sent, counted anew for each question. */
class NaiveLanes {
  readonly sent: Message[] = [];
  readonly streams: string[][] = [[], [], []];
  turns: number[] = [];
  taken = 0;

  get unsent(): Message[] {
    return this.sent.slice(this.taken);
  }

  get bufferedAmount(): number {
    return this.unsent.reduce((sum, { text }) => sum + wireBytes(text), 0);
  }

  count(kind: Kind): number {
    return this.unsent.filter((message) => message.kind === kind).length;
  }

  flush(): void {
    while (this.turns.length > 0 && this.bufferedAmount < LIMITS.bulkWatermarkBytes) {
      const i = this.turns.shift()!;
      this.sent.push({ kind: "stream", text: this.streams[i]!.shift()! });
      if (this.streams[i]!.length > 0) this.turns.push(i);
    }
  }

  push(i: number, text: string): void {
    this.flush();
    this.streams[i]!.push(text);
    if (!this.turns.includes(i)) this.turns.push(i);
    this.flush();
  }

  remove(i: number): number {
    this.turns = this.turns.filter((turn) => turn !== i);
    return this.streams[i]!.splice(0).length;
  }
}

type Step =
  | { readonly kind: Kind; readonly text: string; readonly stream: number }
  | { readonly kind: "take"; readonly messages: number }
  | { readonly kind: "flush" }
  | { readonly kind: "remove"; readonly stream: number };

const stream = fc.integer({ min: 0, max: 2 });
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom<Kind>("control", "frame", "stream", "stream"),
      text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
      stream,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("take" as const), messages: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), stream }) },
);

Deno.test("whatever is sent, taken and removed: order, counts and rooms are those of plain arrays", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 200, size: "max" }), (steps) => {
      const wire = new SlowWire();
      // Queues and control lane never get full here; that is tried where each stands alone.
      const counters = newCounters();
      const limits = {
        maxStreamMessages: 1000,
        maxStreamBytes: 1e6,
        maxControlMessages: 1000,
        maxControlBytes: 1e6,
      };
      const lanes = lanesOver(wire, limits, counters);
      const naive = new NaiveLanes();
      const queues = naive.streams.map(() => lanes.addStream("drop_oldest", 2));
      let bytes = 0;
      for (const step of steps) {
        const before = naive.sent.length;
        apply(step, { wire, lanes, naive, queues });
        const sent = naive.sent.slice(before).map(({ text }) => text);
        assertEquals(wire.sent.slice(before).map(textOf), sent);
        bytes += wireBytes(sent.join(""));
        assertEquals([lanes.pendingFrames, lanes.hasWaiting, counters.packetsSent, counters.bytesSent], [
          naive.count("frame"),
          naive.turns.length > 0,
          naive.sent.length,
          bytes,
        ]);
        assertEquals(lanes.hasRoomForFrame, naive.count("frame") < 3 && naive.bufferedAmount < 200);
      }
      assertEquals(lanes.end(), naive.streams.flat().length);
    }),
    { numRuns: runs(200) },
  );
});

function textOf(message: Payload): string {
  return typeof message === "string" ? message : new TextDecoder().decode(message);
}

function apply(
  step: Step,
  { wire, lanes, naive, queues }: { wire: SlowWire; lanes: Lanes; naive: NaiveLanes; queues: StreamQueue[] },
): void {
  switch (step.kind) {
    case "control":
      naive.sent.push(step);
      assertEquals(lanes.control(step.text), "sent");
      break;
    case "frame":
      naive.sent.push(step);
      assert(lanes.frame(new TextEncoder().encode(step.text)));
      break;
    case "stream":
      naive.push(step.stream, step.text);
      assertEquals(lanes.push(queues[step.stream]!, step.text), 0);
      break;
    case "take":
      wire.take(step.messages);
      naive.taken = Math.min(naive.sent.length, naive.taken + step.messages);
      break;
    case "flush":
      naive.flush();
      assertEquals(lanes.flush(), naive.turns.length > 0 ? "waiting" : "idle");
      break;
    case "remove":
      assertEquals(lanes.removeStream(queues[step.stream]!), naive.remove(step.stream));
      break;
  }
}
