import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../src/observe/mod.ts";
import { LoopLateness } from "../../src/streaming/loop_lateness.ts";
import { FlowPacer } from "../../src/streaming/flow_pacer.ts";
import { type SentMessage, SentMessages } from "../../src/streaming/sent_messages.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type FlowOptions, SimulatedFlow, SimulatedLink } from "./simulated_link.ts";
import { StreamFixture, wholeView } from "./stream_fixture.ts";

const BYTES_PER_MS_OF_MBIT = 125;
const MAX_MESSAGE_BYTES = 16 * 1024;
const ACK_INTERVAL_MS = 20;

/** What was seen of a link for some time. */
interface Seen {
  /** Part of what the link could take that came. */
  readonly use: number;
  readonly medianQueueMs: number;
  readonly worstQueueMs: number;
}

/** A link with one client behind it, or more. */
class Rig {
  readonly clock = new ManualClock();
  readonly link: SimulatedLink;
  readonly flows: SimulatedFlow[] = [];
  readonly pacers: FlowPacer[] = [];

  constructor(
    mbit: number,
    { burstBytes = 0, ...options }: Partial<FlowOptions> & { burstBytes?: number } = {},
  ) {
    this.link = new SimulatedLink(this.clock, mbit * BYTES_PER_MS_OF_MBIT);
    this.link.burstBytes = burstBytes;
    this.add(options);
  }

  /** The only client. */
  get flow(): SimulatedFlow {
    return this.flows[0]!;
  }

  get pacer(): FlowPacer {
    return this.pacers[0]!;
  }

  /** Puts another client behind the link. */
  add(options: Partial<FlowOptions> = {}): void {
    const pacer = new FlowPacer({
      maxMessageBytes: MAX_MESSAGE_BYTES,
      sentBytes: 0,
      lateness: new LoopLateness(),
    });
    const all = { baseRttMs: 1, ackIntervalMs: ACK_INTERVAL_MS, ...options };
    const flow = new SimulatedFlow(this.clock, this.link, pacer, all);
    this.pacers.push(pacer);
    this.flows.push(flow);
    flow.pump();
  }

  setMbit(mbit: number): void {
    this.link.bytesPerMs = mbit * BYTES_PER_MS_OF_MBIT;
  }

  run(seconds: number): Seen {
    const queuesMs: number[] = [];
    const received = () => this.flows.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    const before = received();
    for (let ms = 0; ms < seconds * 1000; ms += 2) {
      this.clock.advance(2);
      queuesMs.push(this.link.queueMs);
    }
    queuesMs.sort((a, b) => a - b);
    return {
      use: (received() - before) / (this.link.bytesPerMs * seconds * 1000),
      medianQueueMs: queuesMs[queuesMs.length >> 1]!,
      worstQueueMs: queuesMs.at(-1)!,
    };
  }
}

Deno.test("links of 0.5, 4 and 50 Mbit/s, near and far, are kept busy with a short queue", () => {
  for (const mbit of [0.5, 4, 50]) {
    for (const baseRttMs of [1, 50, 200]) {
      const rig = new Rig(mbit, { baseRttMs });
      rig.run(5);
      const seen = rig.run(40);
      const what = `${mbit} Mbit/s, ${baseRttMs} ms: ${JSON.stringify(seen)}`;
      assert(seen.use >= 0.9, what);
      // Four messages of the least length take 65 ms at 0.5 Mbit/s.
      assert(seen.medianQueueMs < (mbit < 1 ? 60 : 30), what);
      assert(seen.worstQueueMs < (mbit < 1 || baseRttMs > 100 ? 100 : 60), what);
      const longestMs = rig.pacer.maxMessageBytes / rig.link.bytesPerMs;
      assert(longestMs <= 20, `${what}: messages of ${longestMs} ms`);
    }
  }
});

Deno.test("the start of a stream fills the link within seconds and never more than 60 ms of it", () => {
  for (const baseRttMs of [1, 20, 50]) {
    const rig = new Rig(4, { baseRttMs });
    const first = rig.run(2);
    assert(first.worstQueueMs < 60, `${baseRttMs} ms: ${JSON.stringify(first)}`);
    assert(first.use > 0.7, `${baseRttMs} ms: ${JSON.stringify(first)}`);
  }
  const far = new Rig(50, { baseRttMs: 200 });
  far.run(3);
  assert(far.run(2).use > 0.7);
});

Deno.test("the burst that a link lets through at once does not pass for its rate", () => {
  const rig = new Rig(4, { burstBytes: 4 * 1024 });
  const first = rig.run(2);
  assert(first.worstQueueMs < 60 && first.use > 0.85, JSON.stringify(first));
});

Deno.test("a link that gets faster is found out within seconds", () => {
  const near = new Rig(4);
  near.run(8);
  near.setMbit(20);
  near.run(1);
  assert(near.run(2).use > 0.9);
  const far = new Rig(4, { baseRttMs: 200 });
  far.run(8);
  far.setMbit(40);
  far.run(3);
  const { use } = far.run(2);
  assert(use > 0.85, `${use}`);
});

Deno.test("the queue of a link that gets slower is short again within a second", () => {
  const rig = new Rig(4);
  rig.run(8);
  rig.setMbit(1);
  rig.run(1);
  const seen = rig.run(10);
  assert(seen.worstQueueMs < 60, JSON.stringify(seen));
  assert(seen.use > 0.9, JSON.stringify(seen));
});

Deno.test("a link that changes its rate is followed, with bursts and acknowledgements that are held back too", () => {
  for (const holdsBack of [false, true]) {
    for (const jitterMs of [0, 1, 3]) {
      const random = seededRandom(9);
      const what = `${holdsBack ? "held back" : "at once"}, ${jitterMs} ms of jitter`;
      const rig = new Rig(4, { holdsBack, jitterMs: () => random() * jitterMs, burstBytes: 4096 });
      rig.run(8);
      rig.setMbit(20);
      rig.run(1);
      const fast = rig.run(3);
      assert(fast.use > 0.8, `20 Mbit/s, ${what}: ${JSON.stringify(fast)}`);
      rig.setMbit(1);
      rig.run(2.5);
      const slow = rig.run(10);
      assert(slow.use > 0.85 && slow.worstQueueMs < 120, `1 Mbit/s, ${what}: ${JSON.stringify(slow)}`);
    }
  }
});

Deno.test("the loopback is not held back: thousands of Mbit a second with acknowledgements each 20 ms", () => {
  const rig = new Rig(5000, { baseRttMs: 0.1 });
  rig.run(1);
  const mbit = rig.run(2).use * 5000;
  assert(mbit > 3000, `${mbit} Mbit/s`);
  assert(rig.pacer.windowBytes > 4 << 20);
});

Deno.test("a round trip that was long at the start because the server was busy is not taken for that of the link", () => {
  const rig: Rig = new Rig(4, { jitterMs: (): number => rig.clock.monotonic() < 400 ? 50 : 0 });
  rig.run(4);
  const seen = rig.run(10);
  assert(seen.medianQueueMs < 30 && seen.worstQueueMs < 60, JSON.stringify(seen));
});

Deno.test("a round trip that is measured anew at a bad moment does not pass for that of the link", () => {
  const isBad = (ms: number) => ms > 14_000 && ms < 16_500;
  const rig: Rig = new Rig(4, { jitterMs: (): number => isBad(rig.clock.monotonic()) ? 40 : 0 });
  rig.run(17);
  const seen = rig.run(10);
  assert(seen.medianQueueMs < 30 && seen.worstQueueMs < 60, JSON.stringify(seen));
});

Deno.test("the queue of our own does not pass for the link's round trip as time goes on", () => {
  const rig = new Rig(4);
  const first = rig.run(60);
  const last = rig.run(60);
  assert(last.medianQueueMs < first.medianQueueMs + 5, `${JSON.stringify(first)}, ${JSON.stringify(last)}`);
});

Deno.test("round trips that vary by themselves do not starve a stream", () => {
  const random = seededRandom(7);
  const little = new Rig(4, { baseRttMs: 20, jitterMs: () => random() * 10 });
  little.run(3);
  assert(little.run(20).use > 0.85);
  const much = new Rig(4, { baseRttMs: 20, jitterMs: () => random() * 40 });
  much.run(20);
  assert(much.run(60).use > 0.5);
});

Deno.test("a route that gets longer while the stream runs is found out", () => {
  let detourMs = 0;
  const rig = new Rig(4, { jitterMs: () => detourMs });
  rig.run(40);
  detourMs = 60;
  // The rate of before, and the least round trip, have to be doubted first.
  rig.run(5);
  const seen = rig.run(10);
  assert(seen.use > 0.85, JSON.stringify(seen));
});

Deno.test("acknowledgements that are held back until the one before is confirmed make no queue grow", () => {
  const random = seededRandom(5);
  const rig = new Rig(4, { holdsBack: true, jitterMs: () => random() * 3, burstBytes: 4096 });
  rig.run(5);
  const seen = rig.run(60);
  assert(seen.use > 0.9, JSON.stringify(seen));
  assert(seen.medianQueueMs < 30 && seen.worstQueueMs < 60, JSON.stringify(seen));
});

Deno.test("clients that acknowledge every 500 ms get the whole link after a while", () => {
  const rig = new Rig(4, { ackIntervalMs: 500, baseRttMs: 20 });
  rig.run(9);
  const { use } = rig.run(20);
  assert(use > 0.8, `${use}`);
});

Deno.test("two streams of one link share it, the later one too", () => {
  const rig = new Rig(4, { baseRttMs: 20 });
  rig.run(5);
  const before = rig.flow.receivedBytes;
  rig.add({ baseRttMs: 20 });
  const { use, worstQueueMs } = rig.run(120);
  const ratio = (rig.flow.receivedBytes - before) / rig.flows[1]!.receivedBytes;
  assert(ratio > 1 / 3 && ratio < 3, `${ratio}`);
  assert(use > 0.95 && worstQueueMs < 120, `${use}, ${worstQueueMs} ms`);
});

Deno.test("a client that was idle while its link got slow is not sent a window of the fast link", () => {
  const rig = new Rig(50);
  rig.run(5);
  rig.flow.isBusy = false;
  rig.run(10);
  rig.setMbit(1);
  rig.flow.isBusy = true;
  rig.flow.pump();
  const first = rig.run(1);
  // 16 KiB, the longest message, take 131 ms.
  assert(first.worstQueueMs < 250, JSON.stringify(first));
  const then = rig.run(5);
  assert(then.worstQueueMs < 60, JSON.stringify(then));
});

Deno.test("a client that was idle for seconds or an hour starts as a new one", () => {
  for (const seconds of [8, 12, 20, 3600]) {
    const rig = new Rig(50, { baseRttMs: 20 });
    rig.run(5);
    rig.flow.isBusy = false;
    rig.clock.advance(seconds * 1000);
    rig.flow.sendOne(100);
    rig.flow.isBusy = true;
    rig.flow.pump();
    rig.run(0.5);
    const { use } = rig.run(1);
    assert(use > 0.75, `after ${seconds} s: ${use}`);
  }
});

Deno.test("messages sent one at a time do not pass for a slow link when many follow", () => {
  const rig = new Rig(50, { baseRttMs: 200 });
  rig.run(8);
  const { windowBytes } = rig.pacer;
  rig.flow.isBusy = false;
  for (let i = 0; i < 40; i++) {
    rig.run(0.02);
    rig.flow.sendOne();
  }
  rig.flow.isBusy = true;
  rig.flow.pump();
  for (let i = 0; i < 50; i++) {
    rig.run(0.02);
    assert(rig.pacer.windowBytes > windowBytes * 0.7, `${windowBytes} to ${rig.pacer.windowBytes}`);
  }
});

Deno.test("short bursts with pauses between them do not shrink the window", () => {
  const rig = new Rig(50, { baseRttMs: 20 });
  rig.run(3);
  const windowBytes = rig.pacer.windowBytes;
  for (let i = 0; i < 50; i++) {
    rig.flow.isBusy = false;
    rig.run(0.3);
    rig.flow.isBusy = true;
    rig.flow.pump();
    rig.run(0.004);
  }
  assert(rig.pacer.windowBytes > windowBytes / 2, `${windowBytes} to ${rig.pacer.windowBytes}`);
});

Deno.test("after a stall the stream is back within a second", () => {
  const rig = new Rig(4);
  rig.run(5);
  rig.setMbit(0.08);
  rig.run(3);
  rig.setMbit(4);
  rig.run(1);
  const seen = rig.run(1);
  assert(seen.use > 0.85, JSON.stringify(seen));
});

Deno.test("acknowledgements of more than was sent, or of less than before, change nothing", () => {
  const rig = new Rig(4);
  rig.run(3);
  const { pacer } = rig;
  const before = [pacer.inFlightBytes, pacer.windowBytes, pacer.maxMessageBytes];
  const nowMs = rig.clock.monotonic();
  for (const lie of [pacer.sentBytes + 1, Infinity, NaN, -1, 0, pacer.sentBytes - pacer.inFlightBytes]) {
    pacer.acknowledged(lie, nowMs);
    assertEquals([pacer.inFlightBytes, pacer.windowBytes, pacer.maxMessageBytes], before);
  }
  rig.run(1);
  assert(rig.run(2).use > 0.9);
});

Deno.test("a client that stops acknowledging is sent a window and no more", () => {
  const rig = new Rig(4);
  rig.run(3);
  rig.flow.isStuck = true;
  rig.run(60);
  const { pacer } = rig;
  assert(pacer.inFlightBytes < pacer.windowBytes + MAX_MESSAGE_BYTES);
  assert(pacer.inFlightBytes < 64 * 1024);
  assertEquals(pacer.waitMs(rig.clock.monotonic()), Infinity);
});

Deno.test("what is known of messages on their way is bounded, and the last of them still tells a round trip", () => {
  const sent = new SentMessages();
  const message = (untilBytes: number): SentMessage => ({
    untilBytes,
    atMs: untilBytes,
    before: { bytes: 0, nowMs: 0, sentMs: 0 },
    isIdle: false,
    isClean: false,
  });
  for (let i = 1; i <= 100_000; i++) sent.push(message(i));
  assertEquals(sent.length, 512);
  assertEquals(sent.takeUntil(511)?.atMs, 511);
  assertEquals(sent.takeUntil(99_999), undefined);
  assertEquals(sent.takeUntil(100_000)?.atMs, 100_000);
  assertEquals(sent.length, 0);
  for (let i = 100_001; i <= 300_000; i++) {
    sent.push(message(i));
    assertEquals(sent.takeUntil(i)?.untilBytes, i);
  }
  assertEquals(sent.length, 0);
});

Deno.test("registering again begins no new window: what is on its way counts for the connection", async () => {
  const f = new StreamFixture();
  colour(f);
  const client = f.connect(wholeView(), "esvo", { features: ["flow"] });
  await f.clock.advanceAsync(1000);
  const firstBytes = client.receivedBytes;
  assert(firstBytes >= 8 * 1024 && firstBytes < 16 * 1024, `${firstBytes}`);
  const again = { viewport: wholeView(), codec: 2, kind: "esvo", features: ["flow"] } as const;
  for (let i = 0; i < 5; i++) {
    f.streamer.register(client.connection, f.world, again);
    await f.clock.advanceAsync(1000);
  }
  assertEquals(client.receivedBytes, firstBytes);
  // The rest of it follows as it is acknowledged, all through.
  for (let i = 0; i < 200; i++) {
    f.streamer.acknowledge(client.connection, client.receivedBytes);
    await f.clock.advanceAsync(20);
  }
  assertEquals(f.streamer.ledger().pending, 0);
  assertEquals(client.shown.size, 64);
});

Deno.test("a client that registers again while a long message leaves in parts is believed what it acknowledges", async () => {
  const f = new StreamFixture({ maxBulkMessageBytes: 1024 });
  colour(f);
  const features = ["parts", "flow"] as const;
  const client = f.connect(wholeView(), "esvo", { features });
  await f.clock.advanceAsync(100);
  f.streamer.register(client.connection, f.world, {
    viewport: wholeView(),
    codec: 2,
    kind: "esvo",
    features,
  });
  await f.clock.advanceAsync(100);
  for (let i = 0; i < 200; i++) {
    f.streamer.acknowledge(client.connection, client.receivedBytes);
    await f.clock.advanceAsync(20);
  }
  assertEquals(f.streamer.ledger().pending, 0);
});

Deno.test("a client with flow that acknowledges nothing is closed with 4009", async () => {
  const f = new StreamFixture({ slowConsumerTimeoutMs: 5000 });
  colour(f);
  const client = f.connect(wholeView(), "esvo", { features: ["flow"] });
  await f.clock.advanceAsync(4500);
  assertEquals(client.closeCode, undefined);
  await f.clock.advanceAsync(1500);
  assertEquals(client.closeCode, 4009);
});

/** Fills the fixture's world with voxels whose colours do not compress. */
function colour(f: StreamFixture): void {
  const random = seededRandom(3);
  const positions: number[] = [];
  const colors: number[] = [];
  for (let cell = 0; cell < 32 ** 3; cell++) {
    positions.push(cell & 31, (cell >> 5) & 31, cell >> 10);
    colors.push((0xff000000 | random() * 0xffffff) >>> 0);
  }
  f.world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.from(positions), colors: Uint32Array.from(colors) },
  });
}
