import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BuildQueue } from "../../src/build/mod.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import type { World } from "../../src/world/mod.ts";

/** The queue compares worlds by identity and never looks into them. */
const WORLDS = [{ id: "a" }, { id: "b" }] as unknown as readonly World[];

function key(morton: number): RegionKey {
  return regionKey(4, morton);
}

function drain(queue: BuildQueue): string[] {
  const order: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    order.push(`${next.world.id}${next.key}`);
  }
  return order;
}

Deno.test("the region that most clients see is built first, and among equals the oldest", () => {
  const queue = new BuildQueue(10);
  queue.offer({ world: WORLDS[0]!, key: key(1), seen: 0 });
  queue.offer({ world: WORLDS[0]!, key: key(2), seen: 2 });
  queue.offer({ world: WORLDS[0]!, key: key(3), seen: 5 });
  queue.offer({ world: WORLDS[0]!, key: key(4), seen: 2 });
  assertEquals(drain(queue), [key(3), key(2), key(4), key(1)].map((k) => `a${k}`));
});

Deno.test("a region waits once, and offering it again only changes how urgent it is", () => {
  const queue = new BuildQueue(10);
  queue.offer({ world: WORLDS[0]!, key: key(1), seen: 0 });
  queue.offer({ world: WORLDS[0]!, key: key(2), seen: 1 });
  assertEquals(queue.offer({ world: WORLDS[0]!, key: key(1), seen: 9 }), "already-queued");
  assertEquals(drain(queue), [`a${key(1)}`, `a${key(2)}`]);
});

Deno.test("a full queue refuses unseen work, and lets seen work evict the oldest unseen", () => {
  const queue = new BuildQueue(2);
  queue.offer({ world: WORLDS[0]!, key: key(1), seen: 0 });
  queue.offer({ world: WORLDS[0]!, key: key(2), seen: 0 });
  assertEquals(queue.offer({ world: WORLDS[0]!, key: key(3), seen: 0 }), "refused");
  assertEquals(queue.offer({ world: WORLDS[0]!, key: key(4), seen: 1 }), "queued");
  assertEquals(queue.has(WORLDS[0]!, key(1)), false);
  assertEquals(queue.offer({ world: WORLDS[0]!, key: key(5), seen: 1 }), "queued");
  assertEquals(queue.offer({ world: WORLDS[0]!, key: key(6), seen: 7 }), "refused", "only seen work inside");
  assertEquals([queue.size, queue.refusals, queue.evictions], [2, 2, 2]);
});

Deno.test("forgetting a world takes its requests out and leaves the others", () => {
  const queue = new BuildQueue(100);
  for (let i = 0; i < 20; i++) queue.offer({ world: WORLDS[i % 2]!, key: key(i), seen: i % 3 });
  queue.cancelWorld(WORLDS[0]!);
  assertEquals(queue.size, 10);
  assertEquals(drain(queue).every((id) => id.startsWith("b")), true);
});

interface Waiting {
  readonly world: World;
  readonly key: RegionKey;
  readonly arrival: number;
  seen: number;
}

/** The same queue, written as a list that is searched and sorted. */
class ListQueue {
  readonly waiting: Waiting[] = [];
  #arrival = 0;
  readonly #maxDepth: number;
  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }
  find(world: World, region: RegionKey): Waiting | undefined {
    return this.waiting.find((entry) => entry.world === world && entry.key === region);
  }
  offer(world: World, region: RegionKey, seen: number): string {
    const existing = this.find(world, region);
    if (existing !== undefined) {
      // Becoming unseen again puts a region behind the unseen ones of before, as the eviction order has it.
      if (existing.seen !== seen) existing.seen = seen;
      return "already-queued";
    }
    if (this.waiting.length >= this.#maxDepth) return "full";
    this.waiting.push({ world, key: region, seen, arrival: this.#arrival++ });
    return "queued";
  }
  take(): Waiting | undefined {
    this.waiting.sort((a, b) => b.seen - a.seen || a.arrival - b.arrival);
    return this.waiting.shift();
  }
}

Deno.test("any sequence of offers, changes and takes gives the order that sorting gives", () => {
  const step = fc.record({
    action: fc.constantFrom("offer", "offer", "seen", "take"),
    world: fc.integer({ min: 0, max: 1 }),
    key: fc.integer({ min: 0, max: 30 }),
    seen: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const queue = new BuildQueue(1000);
    const model = new ListQueue(1000);
    for (const { action, world, key: morton, seen } of steps) {
      const of = WORLDS[world]!;
      if (action === "offer") {
        assertEquals(queue.offer({ world: of, key: key(morton), seen }), model.offer(of, key(morton), seen));
      } else if (action === "seen") {
        queue.reprioritise(of, key(morton), seen);
        const entry = model.find(of, key(morton));
        if (entry !== undefined) entry.seen = seen;
      } else {
        const taken = queue.take();
        const expected = model.take();
        assertEquals([taken?.world.id, taken?.key], [expected?.world.id, expected?.key]);
      }
      assertEquals(queue.size, model.waiting.length);
    }
    assertEquals(drain(queue).length, model.waiting.length);
  }));
});
