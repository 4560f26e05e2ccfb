import { assert, assertEquals } from "@std/assert";
import { FlowPacer } from "../../src/streaming/flow_pacer.ts";
import { LoopLateness } from "../../src/streaming/loop_lateness.ts";

const RTT_MS = 4;
const ACK_MS = 20;
const FRAME_BYTES = 1500;

/** Seconds after which the one begins that counts. */
const SECONDS = 10;

/**
 * What a client of a fast link is sent in a second, in the end, by a server that has so many others that its turn comes every
 * so often; there is always something to send it. Where the loop is late, acknowledgements are read at the turn, too.
 */
function bytesASecond(turnMs: number, isLoopLate: boolean): number {
  const lateness = new LoopLateness();
  const pacer = new FlowPacer({ maxMessageBytes: 16 * 1024, sentBytes: 0, lateness });
  const arriving: { atMs: number; bytes: number }[] = [];
  let received = 0;
  let acked = 0;
  let ackedAtMs = -ACK_MS;
  let sentBefore = 0;
  for (let nowMs = 0; nowMs < (SECONDS + 1) * 1000; nowMs++) {
    if (nowMs === SECONDS * 1000) sentBefore = pacer.sentBytes;
    const isTurn = nowMs % turnMs === 0;
    if (isLoopLate && isTurn) lateness.note(nowMs - turnMs, nowMs);
    while (arriving.length > 0 && arriving[0]!.atMs <= nowMs) received += arriving.shift()!.bytes;
    if (received > acked && nowMs - ackedAtMs >= ACK_MS && (isTurn || !isLoopLate)) {
      acked = received;
      ackedAtMs = nowMs;
      pacer.acknowledged(acked, nowMs);
      // The stream asks at once, but its turn is later.
      pacer.waitMs(nowMs);
    }
    if (!isTurn) continue;
    while (pacer.waitMs(nowMs) <= 0) {
      const bytes = Math.min(FRAME_BYTES, pacer.maxMessageBytes);
      pacer.sent(bytes, nowMs);
      arriving.push({ atMs: nowMs + RTT_MS, bytes });
    }
  }
  return pacer.sentBytes - sentBefore;
}

Deno.test("a client whose turn comes seldom on a busy server is not taken for one behind a slow link", () => {
  // Were it so, it would have some two kilobytes a turn for good.
  for (const turnMs of [40, 70, 110]) {
    const bytes = bytesASecond(turnMs, false);
    assert(bytes > 500_000, `${bytes} bytes a second with a turn each ${turnMs} ms`);
  }
});

Deno.test("a server that reads acknowledgements late knows it, and takes them for no queue", () => {
  for (const turnMs of [40, 70, 110]) {
    const bytes = bytesASecond(turnMs, true);
    assert(bytes > 20_000_000, `${bytes} bytes a second with a turn each ${turnMs} ms`);
  }
});

Deno.test("the lateness of a loop is the longest of the last second, and none where timers are as late as usual", () => {
  const lateness = new LoopLateness();
  lateness.note(100, 105);
  assertEquals(lateness.ms, 0);
  lateness.note(200, 260);
  lateness.note(300, 330);
  assertEquals(lateness.ms, 60);
  lateness.note(1280, 1281);
  assertEquals(lateness.ms, 30);
  lateness.note(1400, 1400);
  assertEquals(lateness.ms, 0);
});
