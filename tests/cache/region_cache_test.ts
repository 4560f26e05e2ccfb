import { assert, assertEquals, assertThrows } from "@std/assert";
import { CachedRegion, cacheKey, RegionCache } from "../../src/cache/mod.ts";
import { decodeFrame, readFrameHeader } from "../../src/protocol/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { emptyTree } from "../../src/tree/mod.ts";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { inflateSync } from "node:zlib";
import { ManualClock } from "../support/manual_clock.ts";

const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((morton) => cacheKey(1, regionKey(4, morton)));

/** A region whose tree has `voxels` leaves in a row. */
function region(voxels: number, version = 1): CachedRegion {
  const keys = Uint32Array.from({ length: voxels }, (_, i) => i);
  const samples = { keys, colors: keys.map((key) => 0xff000000 + key), materials: new Uint8Array(voxels) };
  return new CachedRegion({
    key: regionKey(4, 1),
    version,
    hash: { lo: 0, hi: 0 },
    tree: voxels === 0 ? emptyTree("esvo", 6) : buildEsvo(samples, 6),
    payloads: new Map(),
  });
}

function cacheOf(regions: number, clock = new ManualClock()): RegionCache {
  return new RegionCache({
    maxBytes: regions * region(512).bytes,
    ttlMs: 1000,
    now: () => clock.monotonic(),
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
  for (const key of KEYS.slice(1)) cache.put(key, region(512, 2));
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

Deno.test("the bytes in use are the sum of what is held, whatever the order of events", () => {
  const cache = cacheOf(100);
  const small = region(8);
  const large = region(512);
  cache.put(KEYS[0]!, small);
  cache.put(KEYS[0]!, large);
  assertEquals(cache.stats().totalBytes, large.bytes, "replaced, not added");
  cache.pin(KEYS[0]!);
  const { grown } = large.frame(0, 2);
  cache.grew(grown);
  assertEquals(cache.stats().totalBytes, large.bytes, "encoded frames count");
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
  cache.put(KEYS[1]!, new CachedRegion({ ...region(0), tree: emptyTree("esvt", 6), payloads: new Map() }));
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

Deno.test("a frame is encoded once and then shared", () => {
  const one = region(100);
  const first = one.frame(1, 2);
  const second = one.frame(1, 2);
  assert(first.grown > 0 && first.grown === first.bytes.length);
  assertEquals(second.grown, 0);
  assert(first.bytes === second.bytes);
  const { keys } = decodeFrame(first.bytes, (deflated) => new Uint8Array(inflateSync(deflated)));
  assertEquals(keys.length, Math.ceil(100 / 8));
});

Deno.test("an empty region has the empty frame at every LOD and codec", () => {
  const empty = region(0, 7);
  for (const lod of [0, 2]) {
    const header = readFrameHeader(empty.frame(lod, 2).bytes);
    assertEquals([header.payloadBytes, header.version, header.morton], [0, 7, 1]);
  }
});

Deno.test("pinned regions above the budget are told once, and leave no room for unpinned ones", () => {
  const told: number[] = [];
  const cache = new RegionCache({
    maxBytes: 2 * region(512).bytes,
    ttlMs: 1000,
    now: () => 0,
    onOverBudget: (bytes) => told.push(bytes),
  });
  assertEquals(cache.hasRoom, true);
  for (const key of KEYS.slice(0, 4)) {
    cache.pin(key);
    cache.put(key, region(512));
  }
  assertEquals(told, [3 * region(512).bytes]);
  assertEquals(cache.hasRoom, false);
  for (const key of KEYS.slice(0, 4)) cache.unpin(key);
  assertEquals(cache.hasRoom, true);
});
