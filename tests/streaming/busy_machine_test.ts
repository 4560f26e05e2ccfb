import { assert } from "@std/assert";
import { seededRandom } from "../../src/observe/mod.ts";
import { LoopLateness } from "../../src/streaming/loop_lateness.ts";
import { FlowPacer } from "../../src/streaming/flow_pacer.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { BusyProcess } from "./busy_process.ts";
import { SimulatedFlow, SimulatedLink } from "./simulated_link.ts";

const BYTES_PER_MS_OF_MBIT = 125;
/** Each end runs for up to so long, and then stands still for up to so long. */
const RUN_MS = 20;
const STALL_MS = 100;

Deno.test("a machine that keeps both ends from running does not starve a stream for good", () => {
  // Beyond this the bounds of the window and of a message count, not the link.
  for (const [mbit, least] of [[4, 0.6], [100, 0.6], [5000, 0.06]] as const) {
    const got = [1, 2, 3, 4, 5].map((seed) => bulkMbit(mbit, seed));
    // A pacer that takes what comes late for a slow link gets a hundredth of this.
    assert(got.sort((a, b) => a - b)[2]! > least * mbit, `Mbit/s of ${mbit}: ${got.join(", ")}`);
  }
});

/** What a client gets of a link that is always asked for more, on a machine that has other things to do. */
function bulkMbit(mbit: number, seed: number): number {
  const clock = new ManualClock();
  const link = new SimulatedLink(clock, mbit * BYTES_PER_MS_OF_MBIT);
  const pacer = new FlowPacer({ maxMessageBytes: 16 * 1024, sentBytes: 0, lateness: new LoopLateness() });
  const flow = new SimulatedFlow(clock, link, pacer, {
    baseRttMs: 0.2,
    ackIntervalMs: 20,
    serverRunsAt: new BusyProcess(seededRandom(2 * seed), RUN_MS, STALL_MS).runsAt,
    clientRunsAt: new BusyProcess(seededRandom(2 * seed + 1), RUN_MS, STALL_MS).runsAt,
  });
  flow.pump();
  clock.advance(4000);
  const before = flow.receivedBytes;
  clock.advance(6000);
  return (flow.receivedBytes - before) / BYTES_PER_MS_OF_MBIT / 6000;
}
