import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ReliableLane, type ReliableLaneOptions } from "../../src/session/reliable_lane.ts";
import { runs } from "../support/runs.ts";

const SEED: ReliableLaneOptions = {
  maxMessages: 1000,
  maxBytes: 1 << 20,
  retryMs: 5000,
  maxRetries: 3,
  timeoutMs: 30_000,
};

interface NaiveEntry {
  readonly id: string;
  readonly text: string;
  readonly sentAtMs: number;
  lastMs: number;
  /** Place among all sendings. */
  place: number;
  tries: number;
}

/** The same rules, plain and slow: every call looks at every message. */
class NaiveLane {
  entries: NaiveEntry[] = [];
  sendings = 0;
  constructor(readonly options: ReliableLaneOptions) {}

  get bytes(): number {
    return this.entries.reduce((sum, { text }) => sum + text.length, 0);
  }

  get nextDueMs(): number {
    const { retryMs, maxRetries, timeoutMs } = this.options;
    return Math.min(
      Infinity,
      ...this.entries.map((entry) => entry.sentAtMs + timeoutMs),
      ...this.entries.filter((entry) => entry.tries < maxRetries).map((entry) => entry.lastMs + retryMs),
    );
  }

  send(id: string, text: string, nowMs: number): boolean {
    const { maxMessages, maxBytes } = this.options;
    if (this.entries.length >= maxMessages || this.bytes + text.length > maxBytes) return false;
    if (this.entries.some((entry) => entry.id === id)) return false;
    this.entries.push({ id, text, sentAtMs: nowMs, lastMs: nowMs, place: ++this.sendings, tries: 0 });
    return true;
  }

  ack(id: string): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.id !== id);
    return this.entries.length < before;
  }

  due(nowMs: number): { resend: string[]; expired: string[] } {
    const { retryMs, maxRetries, timeoutMs } = this.options;
    const isExpired = (entry: NaiveEntry) => nowMs >= entry.sentAtMs + timeoutMs;
    const expired = this.entries.filter(isExpired).map(({ id }) => id);
    this.entries = this.entries.filter((entry) => !isExpired(entry));
    const again = this.entries.filter((entry) => entry.tries < maxRetries && nowMs >= entry.lastMs + retryMs)
      .sort((a, b) => a.place - b.place);
    for (const entry of again) {
      entry.place = ++this.sendings;
      entry.tries++;
      entry.lastMs = nowMs;
    }
    return { resend: again.map(({ text }) => text), expired };
  }
}

interface Model {
  readonly naive: NaiveLane;
  nowMs: number;
}
type Step = fc.Command<Model, ReliableLane>;

/** One call of both lanes, with the same answer. */
function step(name: string, run: (lane: ReliableLane | NaiveLane, nowMs: number) => unknown): Step {
  return {
    check: () => true,
    run(model, lane) {
      assertEquals(run(lane, model.nowMs), run(model.naive, model.nowMs));
      const { naive } = model;
      assertEquals([lane.length, lane.bytes, lane.nextDueMs], [
        naive.entries.length,
        naive.bytes,
        naive.nextDueMs,
      ]);
    },
    toString: () => name,
  };
}

function wait(ms: number): Step {
  return { check: () => true, run: (model) => void (model.nowMs += ms), toString: () => `wait ${ms}` };
}

const idArbitrary = fc.integer({ min: 0, max: 12 }).map((n) => `m${n}`);
const commands = [
  fc.tuple(idArbitrary, fc.integer({ min: 0, max: 9 })).map(([id, length]) =>
    step(`send ${id}`, (lane, nowMs) => lane.send(id, `${id}:${"x".repeat(length)}`, nowMs))
  ),
  idArbitrary.map((id) => step(`ack ${id}`, (lane) => lane.ack(id))),
  fc.constant(step("due", (lane, nowMs) => lane.due(nowMs))),
  fc.integer({ min: 0, max: 60 }).map(wait),
];

Deno.test("the reliable lane does what looking at every message does, whatever is sent, acknowledged and waited", () => {
  const options = fc.record({
    maxMessages: fc.integer({ min: 1, max: 10 }),
    maxBytes: fc.integer({ min: 4, max: 100 }),
    retryMs: fc.integer({ min: 1, max: 50 }),
    maxRetries: fc.integer({ min: 0, max: 4 }),
    timeoutMs: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(options, fc.commands(commands, { maxCommands: 200, size: "max" }), (limits, steps) => {
      fc.modelRun(
        () => ({ model: { naive: new NaiveLane(limits), nowMs: 0 }, real: new ReliableLane(limits) }),
        steps,
      );
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("without ACK: sent again after 5, 10 and 15 s, given up after 30 s", () => {
  const lane = new ReliableLane(SEED);
  assert(lane.send("a", "text", 1000));
  const seen: string[] = [];
  for (let nowMs = 1000; lane.nextDueMs < Infinity; nowMs = lane.nextDueMs) {
    const { resend, expired } = lane.due(nowMs);
    for (const text of resend) seen.push(`${text} again at ${nowMs}`);
    for (const id of expired) seen.push(`${id} given up at ${nowMs}`);
  }
  assertEquals(seen, [
    "text again at 6000",
    "text again at 11000",
    "text again at 16000",
    "a given up at 31000",
  ]);
  assertEquals([lane.length, lane.bytes, lane.ack("a")], [0, 0, false]);
});

Deno.test("the bound is met exactly, in messages and in bytes, and an ACK makes room", () => {
  const lane = new ReliableLane(SEED);
  for (let i = 0; i < 1000; i++) assert(lane.send(`${i}`, "x", 0));
  assertEquals(lane.send("one more", "x", 0), false);
  assert(lane.ack("500"));
  assert(lane.send("one more", "x", 0));
  assertEquals([lane.length, lane.send("again", "x", 0)], [1000, false]);

  const bytes = new ReliableLane({ ...SEED, maxBytes: 6 });
  assert(bytes.send("a", "éé", 0) && bytes.send("b", "xx", 0));
  assertEquals([bytes.bytes, bytes.send("c", "x", 0), bytes.length], [6, false, 2]);
});

Deno.test("a message that waits twice under one id would lose one: the second is refused", () => {
  const lane = new ReliableLane(SEED);
  assert(lane.send("a", "first", 0));
  assertEquals([lane.send("a", "second", 0), lane.length], [false, 1]);
});
