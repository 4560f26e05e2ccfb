import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { silentLogger } from "../../src/observe/mod.ts";
import {
  GUARD_GRACE_MS,
  GUARD_INTERVAL_MS,
  GUARD_URGENT_GRACE_MS,
  type GuardedConnection,
  MemoryGuard,
} from "../../src/session/memory_guard.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { runs } from "../support/runs.ts";

const MIB = 2 ** 20;
const LIMIT = 128 * MIB;
const BASE = 300 * MIB;

/** A client whose unfinished fragments take memory until it is closed. */
class Client implements GuardedConnection {
  readonly id: string;
  readonly isAuthenticated: boolean;
  readonly acceptedAtMs: number;
  lastMessageAtMs: number | undefined;
  heldBytes = 0;
  asks = 0;
  closes = 0;
  wasUrgent: boolean | undefined;
  isGone = false;
  readonly #yard: Yard;
  readonly #answers: boolean;

  constructor(yard: Yard, { authenticated = true, answers = false } = {}) {
    this.#yard = yard;
    this.#answers = answers;
    this.id = String(yard.clients.length);
    this.isAuthenticated = authenticated;
    this.acceptedAtMs = yard.clock.monotonic();
    yard.clients.push(this);
  }

  /** A message of this client is complete. */
  speak(): void {
    this.lastMessageAtMs = this.#yard.clock.monotonic();
    this.heldBytes = 0;
  }

  ask(): void {
    this.asks++;
    if (this.#answers) this.#yard.clock.setTimeout(() => this.speak(), 100);
  }

  close(isUrgent: boolean): void {
    this.closes++;
    this.wasUrgent = isUrgent;
    const { clock, givesBack } = this.#yard;
    // A close frame takes a while, and what the runtime holds is given back in the turn after the end.
    const endMs = isUrgent ? 0 : GUARD_INTERVAL_MS;
    clock.setTimeout(() => this.isGone = true, endMs);
    clock.setTimeout(() => this.heldBytes = givesBack ? 0 : this.heldBytes, endMs + 1);
  }
}

/** A server's memory and clients, with a guard. */
class Yard implements Disposable {
  readonly clock = new ManualClock();
  readonly clients: Client[] = [];
  readonly log: string[] = [];
  /** Growth that is nobody's. */
  otherBytes = 0;
  explainedBytes = 0;
  knownBytes = 0;
  givesBack = true;
  readonly guard: MemoryGuard;

  constructor() {
    this.guard = new MemoryGuard({
      maxUnexplainedBytes: LIMIT,
      clock: this.clock,
      logger: { ...silentLogger, warn: (event) => this.log.push(event) },
      readMemory: () => {
        const held = this.clients.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
        const rss = BASE + held + this.otherBytes + this.explainedBytes + this.knownBytes;
        return { rss, heapTotal: this.explainedBytes / 2, external: this.explainedBytes / 2 };
      },
      knownBytes: () => this.knownBytes,
      connections: () => this.clients.filter(({ isGone }) => !isGone),
    });
  }

  get closed(): Client[] {
    return this.clients.filter(({ closes }) => closes > 0);
  }

  look(times = 1): void {
    this.clock.advance(times * GUARD_INTERVAL_MS);
  }

  /** A turn of the runtime so long that no timer runs meanwhile, but at its end. */
  turn(): void {
    this.clock.block(8 * GUARD_INTERVAL_MS);
    this.clock.advance(0);
  }

  [Symbol.dispose](): void {
    this.guard[Symbol.dispose]();
    // What closed clients have set.
    this.clock.advance(2 * GUARD_INTERVAL_MS);
    assertEquals(this.clock.pending, 0);
  }
}

const GRACE_LOOKS = GUARD_GRACE_MS / GUARD_INTERVAL_MS;
const URGENT_LOOKS = GUARD_URGENT_GRACE_MS / GUARD_INTERVAL_MS;

Deno.test("growth up to the limit closes nobody, above it the client that holds it goes", () => {
  using yard = new Yard();
  const client = new Client(yard);
  yard.look(4);
  client.heldBytes = LIMIT;
  yard.look(2 * GRACE_LOOKS);
  assertEquals([yard.closed, yard.log, yard.guard.unexplainedBytes], [[], [], LIMIT]);
  client.heldBytes = LIMIT + 1;
  yard.look(1 + GRACE_LOOKS);
  assertEquals(yard.closed, [client]);
  yard.look(2);
  assertEquals([yard.guard.unexplainedBytes, yard.guard.closedConnections], [0, 1]);
  assertEquals(yard.log, ["memory.grew", "memory.fell"]);
});

Deno.test("growth of the heap, of buffers, and of what the server knows of is explained", () => {
  using yard = new Yard();
  new Client(yard);
  yard.explainedBytes = 10 * LIMIT;
  yard.knownBytes = 10 * LIMIT;
  yard.look(2 * GRACE_LOOKS);
  assertEquals([yard.closed, yard.guard.unexplainedBytes], [[], 0]);
});

Deno.test("clients that answer are spared, and the one that holds a fragment goes, though it spoke before", () => {
  using yard = new Yard();
  const honest = Array.from({ length: 20 }, () => new Client(yard, { answers: true }));
  const attacker = new Client(yard);
  const young = Array.from({ length: 20 }, () => new Client(yard, { answers: true }));
  yard.look(8);
  for (const client of yard.clients) client.speak();
  yard.look(2);
  attacker.heldBytes = 1.5 * LIMIT;
  yard.look(1 + GRACE_LOOKS);
  assert([...honest, ...young, attacker].every(({ asks }) => asks > 0));
  assertEquals(yard.closed, [attacker]);
});

Deno.test("a message proves nothing of what comes after it: who fills up behind his message goes", () => {
  using yard = new Yard();
  const talker = new Client(yard, { answers: true });
  const attacker = new Client(yard);
  for (let second = 0; second < 10; second++) {
    talker.speak();
    attacker.speak();
    yard.look(4);
  }
  yard.clock.advance(GUARD_INTERVAL_MS / 2);
  attacker.speak();
  attacker.heldBytes = 1.2 * LIMIT;
  talker.speak();
  yard.look(2 + GRACE_LOOKS);
  assertEquals(yard.closed, [attacker]);
});

Deno.test("unauthenticated suspects go at once and together; the others only if memory has not fallen", () => {
  using yard = new Yard();
  const known = new Client(yard);
  const strangers = [1, 2, 3].map(() => new Client(yard, { authenticated: false }));
  yard.look(4);
  strangers[0]!.heldBytes = 1.5 * LIMIT;
  yard.look();
  assertEquals(yard.closed, strangers);
  yard.look(2 * GRACE_LOOKS);
  assertEquals(known.closes, 0);
});

Deno.test("silent suspects go newest first, 1, 2, 4 at a time, until memory has fallen", () => {
  using yard = new Yard();
  const clients = Array.from({ length: 20 }, () => {
    yard.look();
    return new Client(yard);
  });
  yard.look(4);
  clients[14]!.heldBytes = 1.5 * LIMIT;
  yard.look(1 + GRACE_LOOKS);
  assertEquals(yard.closed, clients.slice(19));
  yard.look();
  assertEquals(yard.closed, clients.slice(19), "it is not known yet what the first one held");
  yard.look();
  assertEquals(yard.closed, clients.slice(17));
  yard.look(2);
  assertEquals(yard.closed, clients.slice(13));
  yard.look(2 * GRACE_LOOKS);
  assertEquals(yard.closed, clients.slice(13));
});

Deno.test("who may have to do with more of the growth goes first", () => {
  using yard = new Yard();
  const attacker = new Client(yard);
  yard.look(4);
  attacker.heldBytes = 0.4 * LIMIT;
  yard.look(4);
  const younger = new Client(yard);
  yard.look(4);
  attacker.heldBytes = 1.1 * LIMIT;
  yard.look(2 + GRACE_LOOKS);
  assertEquals([attacker.closes, younger.closes], [1, 0]);
});

Deno.test("beyond twice the limit clients have a quarter of a second to answer, and are ended without a word", () => {
  using yard = new Yard();
  const honest = new Client(yard, { answers: true });
  const attacker = new Client(yard);
  const young = new Client(yard, { answers: true });
  yard.look(4);
  attacker.heldBytes = 3 * LIMIT;
  yard.look(URGENT_LOOKS);
  assertEquals([yard.closed, yard.clients.map(({ asks }) => asks)], [[], [1, 1, 1]]);
  yard.look();
  assertEquals([yard.closed, attacker.wasUrgent], [[attacker], true]);
  yard.look(50);
  assertEquals([yard.closed, honest.closes, young.closes], [[attacker], 0, 0]);
});

Deno.test("clients are asked from half of the limit on, so who never answers goes when it is crossed", () => {
  using yard = new Yard();
  const [silent, honest] = [new Client(yard), new Client(yard, { answers: true })];
  yard.look(4);
  yard.otherBytes = LIMIT / 2;
  yard.look(4);
  assertEquals(yard.clients.map(({ asks }) => asks), [0, 0]);
  yard.otherBytes += MIB;
  yard.look(4 * GRACE_LOOKS);
  assertEquals(yard.clients.map(({ asks }) => asks), [1, 1], "who owes an answer is not asked for another");
  yard.otherBytes = LIMIT + MIB;
  yard.look();
  assertEquals([yard.closed, honest.closes, yard.log], [[silent], 0, ["memory.grew"]]);
});

Deno.test("an answer has two turns to be read, however long the runtime reads what attackers send", () => {
  using yard = new Yard();
  const attacker = new Client(yard);
  const honest = new Client(yard);
  yard.look(4);
  for (let turn = 0; turn < 10; turn++) {
    if (attacker.closes === 0) attacker.heldBytes += 1.5 * LIMIT;
    yard.turn();
    if (turn % 2 === 1 && honest.asks > 0) honest.speak();
  }
  assertEquals(yard.closed, [attacker]);
});

Deno.test("who cannot be heard among many attackers is heard when half of them and half of the rest are gone", () => {
  using yard = new Yard();
  const honest = new Client(yard);
  const attackers = Array.from({ length: 10 }, () => new Client(yard));
  yard.look(4);
  for (const attacker of attackers) attacker.heldBytes = LIMIT;
  for (let turn = 0; turn < 20; turn++) {
    yard.turn();
    if (attackers.filter(({ closes }) => closes === 0).length <= 3) honest.speak();
  }
  assertEquals([honest.closes, yard.guard.unexplainedBytes <= LIMIT], [0, true]);
});

Deno.test("who goes on talking is spared while memory shoots up, though the attack is faster than the looks", () => {
  using yard = new Yard();
  const talker = new Client(yard, { answers: true });
  const attackers = Array.from({ length: 9 }, () => new Client(yard));
  yard.look(4);
  for (let look = 0; look < 40; look++) {
    yard.clock.advance(GUARD_INTERVAL_MS / 2);
    talker.speak();
    for (const attacker of attackers) if (attacker.closes === 0) attacker.heldBytes += LIMIT / 4;
    yard.clock.advance(GUARD_INTERVAL_MS / 2);
  }
  assertEquals([talker.closes, attackers.filter(({ closes }) => closes === 0).length], [0, 0]);
});

Deno.test("who talks by itself is not closed, however fast memory grows", () => {
  using yard = new Yard();
  const talker = new Client(yard);
  yard.look(4);
  for (let look = 0; look < 40; look++) {
    yard.otherBytes += LIMIT;
    yard.look();
    talker.speak();
  }
  assertEquals([yard.closed, talker.asks > 1], [[], true]);
});

Deno.test("many small holders are found like one large", () => {
  using yard = new Yard();
  const honest = Array.from({ length: 100 }, () => new Client(yard, { answers: true }));
  const attackers = Array.from({ length: 500 }, () => new Client(yard));
  yard.look(4);
  for (const attacker of attackers) attacker.heldBytes = MIB;
  yard.look(2 * GRACE_LOOKS);
  assert(yard.guard.unexplainedBytes <= LIMIT);
  assertEquals(honest.filter(({ closes }) => closes > 0), []);
});

Deno.test("a false alarm costs each silent client one connection, and the next comes at twice the growth", () => {
  using yard = new Yard();
  const silent = Array.from({ length: 100 }, () => new Client(yard));
  const honest = Array.from({ length: 100 }, () => new Client(yard, { answers: true }));
  yard.look(4);
  yard.otherBytes = 1.5 * LIMIT;
  yard.look(100);
  assertEquals([silent, honest].map((group) => group.every(({ closes }) => closes === 1)), [true, false]);
  assertEquals(honest.filter(({ closes }) => closes > 0), []);
  assertEquals(yard.log, ["memory.grew", "memory.let_be"]);
  // They come back, and what has grown is let be.
  const back = silent.map(() => new Client(yard));
  yard.look(1000);
  yard.otherBytes += 2 * LIMIT;
  yard.look(100);
  assertEquals(back.filter(({ closes }) => closes > 0), []);
  yard.otherBytes += MIB;
  yard.look(100);
  assertEquals(back.filter(({ closes }) => closes !== 1), []);
});

Deno.test("an allocator that keeps memory does not cost clients again and again", () => {
  using yard = new Yard();
  yard.givesBack = false;
  const attacker = new Client(yard);
  yard.look(4);
  attacker.heldBytes = 1.5 * LIMIT;
  yard.look(1 + GRACE_LOOKS + 2);
  assertEquals(yard.closed, [attacker]);
  for (let minute = 0; minute < 60; minute++) {
    new Client(yard);
    yard.look(240);
  }
  assertEquals(yard.closed, [attacker]);
});

Deno.test("when memory is back where it was, the limit is, too", () => {
  using yard = new Yard();
  yard.otherBytes = 0;
  yard.look();
  yard.otherBytes = 1.5 * LIMIT;
  yard.look(10);
  yard.otherBytes = 0;
  yard.look(10);
  const attacker = new Client(yard);
  yard.look(4);
  attacker.heldBytes = 1.1 * LIMIT;
  yard.look(1 + GRACE_LOOKS);
  assertEquals(yard.closed, [attacker]);
});

Deno.test("the limit rises to four times its value at most", () => {
  using yard = new Yard();
  for (let step = 0; step < 20; step++) {
    yard.otherBytes += 5 * LIMIT;
    yard.look(20);
  }
  const attacker = new Client(yard);
  yard.look(4);
  attacker.heldBytes = 4 * LIMIT + MIB;
  yard.look(1 + GRACE_LOOKS);
  assertEquals(yard.closed, [attacker]);
});

Deno.test("property: whoever holds memory goes, whoever answers stays, and nobody goes twice", () => {
  const client = fc.record({
    authenticated: fc.boolean(),
    answers: fc.boolean(),
    heldMiB: fc.oneof(fc.constant(0), fc.nat(300)),
  });
  fc.assert(
    fc.property(fc.array(client, { maxLength: 40 }), fc.nat(400), (fields, otherMiB) => {
      using yard = new Yard();
      const clients = fields.map((each) =>
        new Client(yard, { ...each, answers: each.answers && each.heldMiB === 0 })
      );
      yard.look(4);
      fields.forEach(({ heldMiB }, i) => clients[i]!.heldBytes = heldMiB * MIB);
      yard.otherBytes = otherMiB * MIB;
      yard.look(400);
      assert(yard.guard.unexplainedBytes <= 4 * LIMIT);
      for (const [i, { answers, authenticated, heldMiB }] of fields.entries()) {
        assert(clients[i]!.closes <= 1);
        if (answers && authenticated && heldMiB === 0) assertEquals(clients[i]!.closes, 0);
      }
      const held = clients.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
      assert(held <= LIMIT, `${held / MIB} MiB are held on`);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("a day of looks leaves one timer, and the record does not grow", () => {
  using yard = new Yard();
  const client = new Client(yard, { answers: true });
  for (let hour = 0; hour < 24; hour++) {
    yard.look(3600 * 1000 / GUARD_INTERVAL_MS);
    assertEquals(yard.clock.pending, 1);
    client.speak();
  }
  assertEquals([yard.closed, yard.log], [[], []]);
});
