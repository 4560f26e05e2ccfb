import { assertEquals } from "@std/assert";
import { AckSender } from "../../src/client/ack_sender.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A sender with an interval of 50 ms and room for 1,000 bytes undecoded; what it sends comes with its time. */
function setUp() {
  const clock = new ManualClock();
  const sent: [atMs: number, bytes: number][] = [];
  const backlog = { bytes: 0 };
  const acks = new AckSender({
    timers: clock,
    backlogBytes: () => backlog.bytes,
    maxBacklogBytes: 1000,
    send: (bytes) => sent.push([clock.monotonic(), bytes]),
  });
  return { clock, sent, backlog, acks };
}

Deno.test("acknowledgements go out at most once an interval, the last byte always, and none when nothing comes", () => {
  const { clock, sent, acks } = setUp();
  acks.start(50);
  for (let at = 0; at < 120; at += 10) {
    acks.received(100 + at);
    clock.advance(10);
  }
  clock.advance(10_000);
  assertEquals(sent, [[0, 100], [50, 140], [100, 190], [150, 210]]);
  assertEquals(clock.pending, 0);
});

Deno.test("while more waits to be decoded than is allowed nothing is acknowledged, and then all of it", () => {
  const { clock, sent, backlog, acks } = setUp();
  acks.start(50);
  backlog.bytes = 1001;
  acks.received(5000);
  clock.advance(500);
  assertEquals(sent, []);
  backlog.bytes = 1000;
  clock.advance(50);
  assertEquals(sent, [[550, 5000]]);
});

Deno.test("what came before the registration is acknowledged with it, and on another connection counting begins anew", () => {
  const { clock, sent, acks } = setUp();
  acks.received(700);
  clock.advance(100);
  assertEquals(sent, []);
  acks.start(50);
  assertEquals(sent, [[100, 700]]);
  acks.received(800);
  acks.reset();
  clock.advance(1000);
  acks.start(50);
  acks.received(10);
  assertEquals(sent, [[100, 700], [1100, 10]]);
  acks.stop();
  acks.received(20);
  clock.advance(1000);
  assertEquals([sent.length, clock.pending], [2, 0]);
});
