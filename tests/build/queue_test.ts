import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BuildQueue } from "../../src/build/mod.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { runs } from "../support/runs.ts";

/** The queue compares worlds by identity and never looks into them. */
const WORLDS = [{ id: "a" }, { id: "b" }] as unknown as readonly [World, World];
const [A, B] = WORLDS;

function key(morton: number): RegionKey {
  return regionKey(4, morton);
}

/** A request for a region of the first world. */
function request(morton: number, urgency: number, world = A) {
  return { world, key: key(morton), urgency, sinceMs: 0 };
}

function drain(queue: BuildQueue): string[] {
  const order: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    order.push(`${next.world.id}${next.key}`);
  }
  return order;
}

function names(mortons: readonly number[]): string[] {
  return mortons.map((morton) => `a${key(morton)}`);
}

Deno.test("the most urgent region is built first, and among equals the oldest", () => {
  const queue = new BuildQueue(10);
  for (const [morton, urgency] of [[1, 0], [2, 2], [3, 5], [4, 2]] as const) {
    queue.offer(request(morton, urgency));
  }
  assertEquals(drain(queue), names([3, 2, 4, 1]));
});

Deno.test("a region waits once, and offering it again only changes how urgent it is", () => {
  const queue = new BuildQueue(10);
  queue.offer(request(1, 0));
  queue.offer(request(2, 1));
  assertEquals(queue.offer({ ...request(1, 9), sinceMs: 5 }), "already-queued");
  assertEquals(queue.take()?.sinceMs, 0, "it has waited since its first offer");
  assertEquals(drain(queue), names([2]));
});

Deno.test("a full queue refuses unseen work, and lets seen work evict the oldest unseen", () => {
  const queue = new BuildQueue(2);
  queue.offer(request(1, 0));
  queue.offer(request(2, 0));
  assertEquals(queue.offer(request(3, 0)), "refused");
  assertEquals(queue.offer(request(4, 1)), "queued");
  assertEquals(queue.has(A, key(1)), false);
  assertEquals(queue.offer(request(5, 1)), "queued");
  assertEquals(queue.offer(request(6, 7)), "refused", "only seen work inside");
  assertEquals([queue.size, queue.refusals, queue.evictions], [2, 2, 2]);
});

Deno.test("what became unseen last is evicted last", () => {
  const queue = new BuildQueue(3);
  for (const morton of [1, 2, 3]) queue.offer(request(morton, 1));
  queue.reprioritise(A, key(3), 0);
  queue.reprioritise(A, key(1), 0);
  queue.offer(request(4, 1));
  assertEquals(drain(queue), names([2, 4, 1]));
});

Deno.test("a region that was cancelled is not built, and only what waits can be cancelled", () => {
  const queue = new BuildQueue(10);
  for (const morton of [1, 2, 3, 4, 5]) queue.offer(request(morton, morton));
  assertEquals([3, 5, 3].map((morton) => queue.cancel(A, key(morton))), [true, true, false]);
  assertEquals(queue.cancel(B, key(1)), false, "another world's");
  assertEquals([queue.size, queue.cancellations], [3, 2]);
  assertEquals(drain(queue), names([4, 2, 1]));
});

Deno.test("forgetting a world takes its requests out and leaves the others", () => {
  const queue = new BuildQueue(100);
  for (let i = 0; i < 20; i++) queue.offer(request(i, i % 3, WORLDS[i % 2]!));
  queue.cancelWorld(A);
  assertEquals([queue.size, queue.cancellations], [10, 10]);
  assertEquals(drain(queue).every((id) => id.startsWith("b")), true);
});

Deno.test("unseen requests that come in one millisecond do not take each other's place (original: the eviction set)", () => {
  const queue = new BuildQueue(64);
  for (let i = 0; i < 64; i++) queue.offer({ ...request(i, 0), sinceMs: 1000 });
  assertEquals(queue.size, 64);
  for (let i = 0; i < 64; i++) assertEquals(queue.offer({ ...request(100 + i, 1), sinceMs: 1000 }), "queued");
  assertEquals([queue.size, queue.evictions], [64, 64], "each found one of its own to evict");
});

Deno.test("an evicted request is never built, and the depth counts it once (original: it ran all the same, and the depth fell below 0)", () => {
  const queue = new BuildQueue(4);
  for (let i = 0; i < 4; i++) queue.offer(request(i, 0));
  for (let i = 4; i < 8; i++) queue.offer(request(i, 1));
  assertEquals(queue.size, 4);
  assertEquals(drain(queue), names([4, 5, 6, 7]));
  assertEquals([queue.size, queue.take()], [0, undefined]);
  assert(!queue.has(A, key(0)));
});

interface Waiting {
  readonly world: World;
  readonly key: RegionKey;
  readonly arrival: number;
  urgency: number;
  /** When it became unseen; of meaning only while it is. */
  unseenSince: number;
}

/** The same queue, written as a list that is searched and sorted. */
class ListQueue {
  waiting: Waiting[] = [];
  refusals = 0;
  evictions = 0;
  #time = 0;
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  find(world: World, region: RegionKey): Waiting | undefined {
    return this.waiting.find((entry) => entry.world === world && entry.key === region);
  }

  setUrgency(world: World, region: RegionKey, urgency: number): void {
    const entry = this.find(world, region);
    if (entry === undefined || entry.urgency === urgency) return;
    entry.urgency = urgency;
    entry.unseenSince = this.#time++;
  }

  offer(world: World, region: RegionKey, urgency: number): string {
    if (this.find(world, region) !== undefined) {
      this.setUrgency(world, region, urgency);
      return "already-queued";
    }
    if (this.waiting.length >= this.#maxDepth) {
      const unseen = this.waiting.filter((entry) => entry.urgency === 0);
      if (urgency === 0 || unseen.length === 0) {
        this.refusals++;
        return "refused";
      }
      unseen.sort((a, b) => a.unseenSince - b.unseenSince);
      this.cancel(world, unseen[0]!);
      this.evictions++;
    }
    const now = this.#time++;
    this.waiting.push({ world, key: region, urgency, arrival: now, unseenSince: now });
    return "queued";
  }

  cancel(_world: World, entry: Waiting | undefined): boolean {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((other) => other !== entry);
    return this.waiting.length < before;
  }

  take(): Waiting | undefined {
    this.waiting.sort((a, b) => b.urgency - a.urgency || a.arrival - b.arrival);
    return this.waiting.shift();
  }
}

Deno.test("any sequence of offers, changes, cancellations and takes gives what searching and sorting gives", () => {
  const step = fc.record({
    action: fc.constantFrom("offer", "offer", "offer", "offer", "urgency", "cancel", "take"),
    world: fc.integer({ min: 0, max: 1 }),
    key: fc.integer({ min: 0, max: 60 }),
    urgency: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300, size: "max" }),
      fc.integer({ min: 1, max: 100 }),
      (steps, maxDepth) => {
        const queue = new BuildQueue(maxDepth);
        const model = new ListQueue(maxDepth);
        for (const { action, world, key: morton, urgency } of steps) {
          const of = WORLDS[world]!;
          const region = key(morton);
          if (action === "offer") {
            assertEquals(queue.offer(request(morton, urgency, of)), model.offer(of, region, urgency));
          } else if (action === "urgency") {
            queue.reprioritise(of, region, urgency);
            model.setUrgency(of, region, urgency);
          } else if (action === "cancel") {
            assertEquals(queue.cancel(of, region), model.cancel(of, model.find(of, region)));
          } else {
            const taken = queue.take();
            const expected = model.take();
            assertEquals([taken?.world.id, taken?.key], [expected?.world.id, expected?.key]);
          }
          assertEquals(queue.size, model.waiting.length);
          assert(queue.size <= maxDepth);
          assertEquals([queue.refusals, queue.evictions], [model.refusals, model.evictions]);
        }
        assertEquals(drain(queue).length, model.waiting.length);
      },
    ),
    { numRuns: runs(100) },
  );
});
