import { assert, assertEquals, assertThrows } from "@std/assert";
import { cacheKey, RegionCache, type RegionCacheOptions } from "../../src/cache/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { region } from "./cached_regions.ts";

const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((morton) => cacheKey(1, regionKey(4, morton)));

/** A cache with room for so many regions of 512 voxels. */
function cacheOf(
  regions: number,
  clock = new ManualClock(),
  hooks: Partial<RegionCacheOptions> = {},
): RegionCache {
  return new RegionCache({
    maxBytes: regions * region(512).bytes,
    ttlMs: 1000,
    now: () => clock.monotonic(),
    ...hooks,
  });
}

Deno.test("the same region key in two worlds stands for two regions", () => {
  assert(cacheKey(1, regionKey(7, 2 ** 21 - 1)) !== cacheKey(2, regionKey(0, 0)));
  assert(cacheKey(1, regionKey(4, 9)) !== cacheKey(2, regionKey(4, 9)));
});

Deno.test("above 90 % of the budget the least recently used unpinned regions go, down to 75 %", () => {
  const cache = cacheOf(10);
  for (const key of KEYS.slice(0, 9)) cache.put(key, region(512));
  assertEquals(cache.stats().unpinnedCount, 9);
  cache.get(KEYS[0]!);
  cache.put(KEYS[9]!, region(512));
  assertEquals(cache.stats().unpinnedCount, 7);
  assert(cache.stats().totalBytes <= 0.75 * cache.stats().maxBytes);
  assert(cache.get(KEYS[0]!) !== undefined, "used lately, so it stays");
  assertEquals(cache.get(KEYS[1]!), undefined);
  assertEquals(cache.stats().evictions, 3);
});

Deno.test("a pinned region is not evicted, whatever the pressure, until its last pin is gone", () => {
  const cache = cacheOf(4);
  cache.pin(KEYS[0]!);
  cache.pin(KEYS[0]!);
  cache.put(KEYS[0]!, region(512));
  for (const key of KEYS.slice(1)) cache.put(key, region(512));
  assert(cache.get(KEYS[0]!) !== undefined);
  cache.unpin(KEYS[0]!);
  assertEquals(cache.stats().pinnedCount, 1);
  cache.unpin(KEYS[0]!);
  assertEquals(cache.stats().pinnedCount, 0);
  for (const key of KEYS.slice(1)) cache.put(key, region(512, { version: 2 }));
  assertEquals(cache.get(KEYS[0]!), undefined);
  assertThrows(() => cache.unpin(KEYS[0]!), RangeError, "not pinned");
});

Deno.test("an unpinned region that nobody asks for is dropped after its time to live; a pinned one is not", () => {
  const clock = new ManualClock();
  const cache = cacheOf(10, clock);
  cache.pin(KEYS[0]!);
  for (const key of KEYS.slice(0, 3)) cache.put(key, region(8));
  clock.advance(600);
  cache.get(KEYS[1]!);
  clock.advance(600);
  cache.sweep();
  assert(cache.get(KEYS[0]!) !== undefined, "pinned");
  assert(cache.get(KEYS[1]!) !== undefined, "asked for 600 ms ago");
  assertEquals(cache.get(KEYS[2]!), undefined);
});

Deno.test("a sweep looks at what it drops and at the next one, however many there are", () => {
  let looks = 0;
  let nowMs = 0;
  const cache = new RegionCache({
    maxBytes: 2 ** 30,
    ttlMs: 1000,
    now: () => {
      looks++;
      return nowMs;
    },
  });
  for (let i = 0; i < 500; i++) {
    nowMs = i;
    cache.put(cacheKey(1, regionKey(4, i)), region(1));
  }
  for (let i = 0; i < 10; i++) cache.get(cacheKey(1, regionKey(4, i)));
  looks = 0;
  cache.sweep();
  assertEquals([looks, cache.stats().unpinnedCount], [1, 500]);
  nowMs = 1015;
  cache.sweep();
  assertEquals([looks, cache.stats().unpinnedCount], [7, 495], "10 to 14: those before were used since");
});

Deno.test("the bytes in use are the sum of what is held, whatever the order of events", () => {
  const cache = cacheOf(100);
  const small = region(8);
  const large = region(512);
  cache.put(KEYS[0]!, small);
  cache.put(KEYS[0]!, large);
  assertEquals(cache.stats().totalBytes, large.bytes, "replaced, not added");
  cache.pin(KEYS[0]!);
  const before = large.bytes;
  const grown = large.frame(0, 2).length + large.frame(2, 1).length + large.refinement(2, 1, 2)!.length;
  assertEquals([cache.stats().totalBytes, large.bytes], [before + grown, before + grown], "frames count");
  small.frame(0, 2);
  assertEquals(cache.stats().totalBytes, large.bytes, "but not those of what was replaced");
  cache.unpin(KEYS[0]!);
  cache.delete(KEYS[0]!);
  cache.delete(KEYS[0]!);
  assertEquals(cache.stats().totalBytes, 0);
});

Deno.test("what is held is counted by kind, also when it is replaced, evicted or grown too old", () => {
  const clock = new ManualClock();
  const cache = cacheOf(3, clock);
  const counts = () => cache.stats().countByKind;
  cache.put(KEYS[0]!, region(8));
  cache.put(KEYS[1]!, region(0, { kind: "esvt" }));
  assertEquals(counts(), { esvo: 1, esvt: 1 });
  cache.put(KEYS[1]!, region(8));
  assertEquals(counts(), { esvo: 2, esvt: 0 });
  for (const key of KEYS.slice(2)) cache.put(key, region(512));
  const { pinnedCount, unpinnedCount, evictions } = cache.stats();
  assert(evictions > 0);
  assertEquals(counts(), { esvo: pinnedCount + unpinnedCount, esvt: 0 });
  clock.advance(1001);
  cache.sweep();
  assertEquals(counts(), { esvo: 0, esvt: 0 });
});

Deno.test("a peek finds what get finds, but counts nothing and keeps nothing from growing old", () => {
  const clock = new ManualClock();
  const cache = cacheOf(100, clock);
  cache.pin(KEYS[0]!);
  for (const key of KEYS.slice(0, 2)) cache.put(key, region(8));
  clock.advance(600);
  assertEquals([cache.peek(KEYS[0]!)?.version, cache.peek(KEYS[1]!)?.version, cache.peek(KEYS[2]!)], [
    1,
    1,
    undefined,
  ]);
  assertEquals([cache.stats().hits, cache.stats().misses], [0, 0]);
  clock.advance(600);
  assertEquals([cache.peek(KEYS[0]!)?.version, cache.peek(KEYS[1]!)], [1, undefined]);
});

Deno.test("the hit rate is the part of lookups that found something", () => {
  const cache = cacheOf(10);
  assertEquals(cache.stats().hitRate, 0);
  cache.put(KEYS[0]!, region(8));
  for (const at of [0, 0, 0, 1]) cache.get(KEYS[at]!);
  assertEquals(cache.stats().hitRate, 0.75);
});

Deno.test("a new version of a region keeps its pins and its tier", () => {
  const cache = cacheOf(10);
  cache.pin(KEYS[0]!);
  for (const version of [1, 2, 3]) cache.put(KEYS[0]!, region(512, { version }));
  const { pinnedCount, unpinnedCount, totalBytes } = cache.stats();
  assertEquals([pinnedCount, unpinnedCount, totalBytes], [1, 0, region(512).bytes]);
});

Deno.test("pinned regions that do not fit lose their finest levels until they do; nothing pinned is evicted", () => {
  const told: number[][] = [];
  const cache = cacheOf(3, undefined, { onHeldLod: (lod, before) => told.push([before, lod]) });
  const regions = KEYS.map(() => region(512));
  regions.forEach((one, i) => {
    cache.pin(KEYS[i]!);
    cache.put(KEYS[i]!, one);
    assert(cache.stats().totalBytes <= 0.9 * cache.stats().maxBytes);
  });
  assertEquals([cache.stats().pinnedCount, cache.stats().evictions], [KEYS.length, 0]);
  assert(cache.heldLod > 0 && regions.every(({ finestLod }) => finestLod === cache.heldLod));
  assertEquals([told[0]![0], told.at(-1)![1]], [0, cache.heldLod]);
  assertEquals([cache.stats().heldLod, cache.hasRoom], [cache.heldLod, false]);
  assert(cache.stats().trims >= KEYS.length);
});

Deno.test("detail comes back when the pinned regions would take 75 % of the budget, not at 90 %", () => {
  const told: number[] = [];
  const cache = cacheOf(10, undefined, { onHeldLod: (lod) => told.push(lod) });
  for (const key of KEYS) {
    cache.pin(key);
    cache.put(key, region(512));
  }
  assertEquals(cache.heldLod, 1);
  cache.unpin(KEYS[0]!);
  cache.unpin(KEYS[1]!);
  assertEquals(cache.heldLod, 1, "80 % in full");
  cache.unpin(KEYS[2]!);
  assertEquals(cache.heldLod, 0);
  assertEquals(cache.peek(KEYS[3]!)!.finestLod, 1, "until it is built again");
  cache.put(KEYS[3]!, region(512));
  assertEquals([cache.peek(KEYS[3]!)!.finestLod, cache.heldLod], [0, 0]);
  assertEquals(told, [1, 0]);
});

Deno.test("a region that comes into view while detail is held back is trimmed as the others are", () => {
  const cache = cacheOf(4);
  cache.put(KEYS[9]!, region(64));
  for (const key of KEYS.slice(0, 5)) {
    cache.pin(key);
    cache.put(key, region(512));
  }
  assert(cache.heldLod > 0);
  cache.put(KEYS[9]!, region(64));
  assertEquals(cache.peek(KEYS[9]!)!.finestLod, 0, "unpinned");
  const before = cache.stats().totalBytes - cache.peek(KEYS[9]!)!.bytes;
  cache.pin(KEYS[9]!);
  const pinned = cache.peek(KEYS[9]!)!;
  assertEquals([pinned.finestLod, cache.stats().totalBytes], [cache.heldLod, before + pinned.bytes]);
});

Deno.test("a region that is larger than the whole budget is told of once, and evicts nothing in vain", () => {
  const told: unknown[] = [];
  const cache = cacheOf(4, undefined, { onOversized: (...args) => told.push(args) });
  for (const key of KEYS.slice(0, 3)) cache.put(key, region(512));
  const giant = region(8192);
  for (const version of [1, 2, 3]) cache.put(KEYS[4]!, region(8192, { version }));
  assertEquals(told, [[giant.key, giant.bytes, cache.stats().maxBytes]]);
  assertEquals([cache.peek(KEYS[4]!), cache.stats().unpinnedCount, cache.stats().evictions], [
    undefined,
    3,
    0,
  ]);
  cache.put(KEYS[4]!, region(8));
  cache.put(KEYS[4]!, giant);
  assertEquals([told.length, cache.stats().oversized], [2, 2], "it had been smaller in between");
});

Deno.test("a giant that somebody sees is kept as fine as it fits, and the others stay as fine as they are", () => {
  const cache = cacheOf(20);
  for (const key of [KEYS[0]!, KEYS[1]!]) cache.pin(key);
  cache.put(KEYS[1]!, region(512));
  for (let version = 1; version <= 5; version++) {
    cache.put(KEYS[0]!, region(4 * 8192, { version }));
    const giant = cache.peek(KEYS[0]!)!;
    assert(giant.floorLod > 0 && giant.finestLod === giant.floorLod);
    assert(giant.bytes <= 0.9 * cache.stats().maxBytes);
    giant.frame(giant.finestLod, 2);
  }
  assertEquals([cache.heldLod, cache.peek(KEYS[1]!)!.finestLod], [0, 0]);
});

Deno.test("pinned regions above the budget even at their coarsest are told of once", () => {
  const told: number[] = [];
  const cache = new RegionCache({
    maxBytes: 3 * region(0).bytes,
    ttlMs: 1000,
    now: () => 0,
    onOverBudget: (bytes) => told.push(bytes),
  });
  for (const key of KEYS) {
    cache.pin(key);
    cache.put(key, region(0));
  }
  assertEquals(told, [4 * region(0).bytes]);
  for (const key of KEYS) cache.unpin(key);
  assert(cache.stats().totalBytes <= 0.9 * cache.stats().maxBytes && cache.hasRoom);
  assertEquals(cache.heldLod, 0);
});
