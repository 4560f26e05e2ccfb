import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type CachedRegion, type CacheKey, cacheKey, MAX_LOD, RegionCache } from "../../src/cache/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { runs } from "../support/runs.ts";
import { region, regionOf, voxelRow } from "./cached_regions.ts";

const TTL_MS = 1000;
const KEYS = Array.from({ length: 12 }, (_, morton) => cacheKey(1, regionKey(4, morton)));
const SIZES = [0, 1, 8, 64, 512, 2048, 8192];
const BUDGETS = [4, 8, 16, 40].map((regions) => regions * region(512).bytes);

/** What the cache must hold, written as lists: the pinned ones, and the others from the least recently used on. */
class CacheModel {
  readonly pins = new Map<CacheKey, number>();
  readonly pinned = new Map<CacheKey, CachedRegion>();
  unpinned: { readonly key: CacheKey; readonly region: CachedRegion; usedMs: number }[] = [];

  use(key: CacheKey, nowMs: number): void {
    const at = this.unpinned.findIndex((entry) => entry.key === key);
    if (at >= 0) this.unpinned.push({ ...this.unpinned.splice(at, 1)[0]!, usedMs: nowMs });
  }

  put(key: CacheKey, one: CachedRegion, nowMs: number): void {
    this.delete(key);
    if (this.pins.has(key)) this.pinned.set(key, one);
    else if (one.floorLod === 0) this.unpinned.push({ key, region: one, usedMs: nowMs });
  }

  pin(key: CacheKey): void {
    this.pins.set(key, (this.pins.get(key) ?? 0) + 1);
    const entry = this.unpinned.find((one) => one.key === key);
    if (entry === undefined) return;
    this.delete(key);
    this.pinned.set(key, entry.region);
  }

  unpin(key: CacheKey, nowMs: number): void {
    const pins = this.pins.get(key)!;
    if (pins > 1) {
      this.pins.set(key, pins - 1);
      return;
    }
    this.pins.delete(key);
    const one = this.pinned.get(key);
    if (one === undefined) return;
    this.pinned.delete(key);
    this.unpinned.push({ key, region: one, usedMs: nowMs });
  }

  delete(key: CacheKey): void {
    this.pinned.delete(key);
    this.unpinned = this.unpinned.filter((entry) => entry.key !== key);
  }

  /** Follows the cache in what it evicted, which may be old or the least recently used, nothing else. */
  followEvictions(cache: RegionCache, nowMs: number): void {
    const young = this.unpinned.filter(({ usedMs }) => nowMs <= usedMs + TTL_MS);
    const left = young.filter(({ key }) => cache.peek(key) !== undefined);
    assertEquals(left, young.slice(young.length - left.length), "only the least recently used are evicted");
    this.unpinned = left;
  }
}

function check(cache: RegionCache, model: CacheModel, nowMs: number): void {
  cache.sweep();
  model.followEvictions(cache, nowMs);
  const pinned = [...model.pinned.values()];
  const all = [...pinned, ...model.unpinned.map((entry) => entry.region)];
  for (const [key, one] of model.pinned) assert(cache.peek(key) === one, "what is pinned stays");
  const stats = cache.stats();
  assertEquals([stats.pinnedCount, stats.unpinnedCount], [pinned.length, model.unpinned.length]);
  assertEquals(stats.totalBytes, all.reduce((sum, { bytes }) => sum + bytes, 0), "every byte is counted");
  const demand = (lod: number) => pinned.reduce((sum, one) => sum + one.demand(lod), 0);
  assertEquals(stats.demandBytes, demand(0));
  const high = 0.9 * stats.maxBytes;
  assert(
    stats.totalBytes <= high || (cache.heldLod === MAX_LOD && stats.unpinnedCount === 0),
    "the budget holds",
  );
  assert(demand(cache.heldLod) <= high || cache.heldLod === MAX_LOD);
  assert(
    cache.heldLod === 0 || demand(cache.heldLod - 1) > 0.75 * stats.maxBytes,
    "no coarser than it must be",
  );
  for (const one of pinned) {
    assert(one.isEmpty || one.finestLod >= Math.min(cache.heldLod, one.depth), "what is pinned is trimmed");
    assert(
      one.bytes <= one.demand(Math.max(one.finestLod, cache.heldLod)),
      "nothing takes more than it is known to",
    );
  }
}

Deno.test("whatever is put, pinned, unpinned, grown, trimmed or forgotten, in whatever order: the bounds hold and every byte is counted", () => {
  const step = fc.record({
    action: fc.constantFrom(
      ...[
        "put",
        "put",
        "put",
        "pin",
        "pin",
        "unpin",
        "unpin",
        "grow",
        "grow",
        "get",
        "wait",
        "delete",
      ] as const,
    ),
    at: fc.nat({ max: KEYS.length - 1 }),
    number: fc.nat({ max: 6 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120, size: "max" }),
      fc.constantFrom(...BUDGETS),
      (steps, maxBytes) => {
        const clock = new ManualClock();
        const held: number[] = [0];
        const cache = new RegionCache({
          maxBytes,
          ttlMs: TTL_MS,
          now: () => clock.monotonic(),
          onHeldLod(lod, before) {
            assertEquals(before, held.at(-1));
            held.push(lod);
          },
        });
        const model = new CacheModel();
        let version = 0;
        for (const { action, at, number } of steps) {
          const key = KEYS[at]!;
          const now = clock.monotonic();
          if (action === "put") {
            const changed = Array.from({ length: number }, (_, i) => i);
            const one = regionOf(voxelRow(SIZES[number]!, changed.slice(0, SIZES[number])), {
              version: ++version,
            });
            cache.put(key, one, { keepsDeltas: at % 2 === 0 });
            model.put(key, one, now);
          } else if (action === "pin") {
            cache.pin(key);
            model.pin(key);
          } else if (action === "unpin" && cache.pins(key) > 0) {
            cache.unpin(key);
            model.unpin(key, now);
          } else if (action === "grow") grow(cache.peek(key), number);
          else if (action === "get") {
            cache.get(key);
            model.use(key, now);
          } else if (action === "wait") clock.advance(number * 150);
          else if (action === "delete") {
            cache.delete(key);
            model.delete(key);
          }
          check(cache, model, clock.monotonic());
          assertEquals(held.at(-1), cache.heldLod, "every change is told");
        }
      },
    ),
    { numRuns: runs(100) },
  );
});

/** Encodes a frame of one sort or another. */
function grow(one: CachedRegion | undefined, number: number): void {
  if (one === undefined) return;
  const lod = Math.max(number, one.finestLod);
  if (number % 3 === 0) one.frame(lod, 2);
  else if (number % 3 === 1) one.refinement(Math.min(6, lod + 2), lod, 2);
  else one.delta(one.version - number, 2) ?? one.frame(lod, 1);
}

/** Clients that look at the same regions for good: each round they fetch what they may, and ask for what is coarser. */
class SteadyClients {
  readonly cache: RegionCache;
  heldChanges = 0;
  builds = 0;
  readonly #sizes: readonly number[];
  #version = 1;

  constructor(sizes: readonly number[], maxBytes: number) {
    this.#sizes = sizes;
    this.cache = new RegionCache({
      maxBytes,
      ttlMs: TTL_MS,
      now: () => 0,
      onHeldLod: () => this.heldChanges++,
    });
    for (const at of sizes.keys()) {
      this.cache.pin(KEYS[at]!);
      this.build(at);
    }
  }

  build(at: number): void {
    this.builds++;
    this.cache.put(KEYS[at]!, region(this.#sizes[at]!, { version: this.#version }));
  }

  /** Every region changes without becoming larger or smaller. */
  change(): void {
    this.#version++;
    for (const at of this.#sizes.keys()) this.build(at);
  }

  /** @param lods what clients want besides the finest */
  round(lods: readonly number[]): void {
    for (const at of this.#sizes.keys()) {
      for (const wanted of [0, ...lods]) {
        const one = this.cache.get(KEYS[at]!)!;
        const floor = Math.max(wanted, this.cache.heldLod, one.floorLod);
        one.frame(Math.min(6, Math.max(floor, one.finestLod)), 2);
        if (one.finestLod > floor) this.build(at);
      }
    }
    const { totalBytes, maxBytes } = this.cache.stats();
    assert(totalBytes <= 0.9 * maxBytes || this.cache.heldLod === MAX_LOD);
  }
}

const steadySets = [
  fc.array(fc.constantFrom(...SIZES), { minLength: 1, maxLength: KEYS.length }),
  fc.integer({ min: region(64).bytes, max: 40 * region(512).bytes }),
] as const;

Deno.test("no thrash: with the same regions in view the builds asked for and the changes of detail come to an end", () => {
  fc.assert(
    fc.property(...steadySets, (sizes, maxBytes) => {
      const clients = new SteadyClients(sizes, maxBytes);
      for (let round = 0; round < 3; round++) clients.round([round]);
      const { builds, heldChanges } = clients;
      assert(heldChanges <= MAX_LOD && builds <= sizes.length * (1 + heldChanges));
      for (let round = 0; round < 5; round++) clients.round([0, 1, 2]);
      assertEquals([clients.builds, clients.heldChanges], [builds, heldChanges], "it is quiet");
    }),
    { numRuns: runs(100) },
  );
});

Deno.test("no thrash: regions that change all the time do not make the detail go up and down", () => {
  fc.assert(
    fc.property(...steadySets, (sizes, maxBytes) => {
      const clients = new SteadyClients(sizes, maxBytes);
      for (let round = 0; round < 12; round++) {
        clients.round([1]);
        clients.change();
      }
      assert(clients.heldChanges <= MAX_LOD, `${clients.heldChanges} changes of the held LOD`);
      // One a region and change, and those after a change of detail.
      assert(clients.builds <= sizes.length * (13 + MAX_LOD), `${clients.builds} builds`);
    }),
    { numRuns: runs(20) },
  );
});

Deno.test("no thrash: a region that comes and goes at the edge of the budget changes no detail", () => {
  const random = seededRandom(5);
  let heldChanges = 0;
  const cache = new RegionCache({
    maxBytes: 6 * region(512).bytes,
    ttlMs: TTL_MS,
    now: () => 0,
    onHeldLod: () => heldChanges++,
  });
  for (const key of KEYS) cache.put(key, region(512));
  // Six regions are always in view (too many), one more comes and goes.
  for (const key of KEYS.slice(0, 6)) {
    cache.pin(key);
    cache.put(key, region(512));
  }
  const before = heldChanges;
  for (let turn = 0; turn < 100; turn++) {
    const key = KEYS[6 + Math.floor(random() * 6)]!;
    cache.pin(key);
    if (cache.peek(key) === undefined) cache.put(key, region(512));
    cache.unpin(key);
  }
  assertEquals(heldChanges, before, "the marks are far enough apart");
});
