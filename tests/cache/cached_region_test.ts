import { assert, assertEquals, assertThrows } from "@std/assert";
import { inflateSync } from "node:zlib";
import { type CachedRegion, cacheKey, RegionCache } from "../../src/cache/mod.ts";
import { decodeFrame, type HeldRegion, readFrameHeader, readRegion } from "../../src/protocol/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { decodeLevel, levelHash, treeBytes, type TreeKind } from "../../src/tree/mod.ts";
import { region, regionOf, voxelRow } from "./cached_regions.ts";

const KINDS: readonly TreeKind[] = ["esvo", "esvt"];

function inflate(deflated: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inflateSync(deflated));
}

function held(before: HeldRegion | undefined, frame: Uint8Array): HeldRegion {
  return readRegion(before, frame, inflate);
}

Deno.test("a frame is encoded once and then shared", () => {
  const one = region(100);
  const before = one.bytes;
  const first = one.frame(1, 2);
  assertEquals(one.bytes, before + first.length);
  assert(one.frame(1, 2) === first);
  assertEquals(one.bytes, before + first.length);
  assertEquals(decodeFrame(first, inflate).keys.length, Math.ceil(100 / 8));
});

Deno.test("an empty region has the empty frame at every LOD and codec, and nothing else", () => {
  const empty = region(0, { version: 7 });
  for (const lod of [0, 2]) {
    const header = readFrameHeader(empty.frame(lod, 2));
    assertEquals([header.payloadBytes, header.version, header.morton], [0, 7, 1]);
  }
  assertEquals([empty.refinement(2, 0, 2), empty.delta(6, 2), empty.levelHash(3)], [undefined, undefined, {
    lo: 0,
    hi: 0,
  }]);
  assertEquals(
    [empty.trim(4), empty.finestLod, empty.demand(8)],
    [0, 0, empty.bytes],
    "it cannot be smaller",
  );
});

Deno.test("a refinement makes of the coarser frame what the finer one says, is smaller, and is encoded once", () => {
  for (const kind of KINDS) {
    for (const codec of [1, 2] as const) {
      const one = region(3000, { kind });
      for (const [base, lod] of [[3, 0], [6, 3], [2, 1]] as const) {
        const before = one.bytes;
        const refinement = one.refinement(base, lod, codec)!;
        assertEquals(one.bytes, before + refinement.length, "it is counted");
        assert(one.refinement(base, lod, codec) === refinement);
        const full = one.frame(lod, codec);
        assert(refinement.length < full.length);
        assertEquals(held(held(undefined, one.frame(base, codec)), refinement), held(undefined, full));
      }
    }
  }
});

Deno.test("there is no refinement in codec 0, to a LOD that is not finer, or from above the root", () => {
  const one = region(3000);
  assertEquals([one.refinement(3, 0, 0), one.refinement(2, 2, 2), one.refinement(1, 2, 2)], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(one.refinement(7, 0, 2), undefined);
});

/** A region that follows others, as the cache has it do: versions 1 to `changes.length + 1`. */
function history(changes: readonly (readonly number[])[], kind: TreeKind = "esvo") {
  const changed: number[] = [];
  const versions = [region(4096, { kind })];
  for (const more of changes) {
    changed.push(...more);
    const next = regionOf(voxelRow(4096, changed), { kind, version: versions.length + 1 });
    next.follow(versions.at(-1)!, true);
    versions.push(next);
  }
  return versions;
}

Deno.test("a delta makes of an older version the newest one, is smaller, and is encoded once", () => {
  for (const kind of KINDS) {
    const versions = history([[5], [600, 601], [5], [4000]], kind);
    const newest = versions.at(-1)!;
    for (const codec of [1, 2] as const) {
      const full = newest.frame(0, codec);
      for (const base of versions.slice(0, -1)) {
        const before = newest.bytes;
        const delta = newest.delta(base.version, codec)!;
        assertEquals(newest.bytes, before + delta.length, "it is counted");
        assert(newest.delta(base.version, codec) === delta);
        assert(delta.length < full.length);
        const after = held(held(undefined, base.frame(0, codec)), delta);
        assertEquals(after, held(undefined, full));
      }
    }
  }
});

Deno.test("bricks of the last eight versions are remembered; to an older one there is no delta", () => {
  const versions = history([[1], [2], [3], [4], [5], [6], [7], [8], [9], [10]]);
  const newest = versions.at(-1)!;
  const bases = versions.filter(({ version }) => newest.delta(version, 2) !== undefined);
  assertEquals(bases.map(({ version }) => version), [3, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(newest.delta(10, 0), undefined, "nor one in codec 0");
});

Deno.test("a delta that would be no smaller than the full frame is not made, and not tried twice", () => {
  const everywhere = Array.from({ length: 8 }, (_, brick) => 512 * brick);
  const changed = history([everywhere])[1]!;
  const before = changed.bytes;
  assertEquals(
    [changed.delta(1, 2), changed.bytes],
    [undefined, before],
    "every brick has changed: not even tried",
  );
  const scattered = regionOf(voxelRow(16, [3]), { version: 2 });
  scattered.follow(region(16), true);
  assertEquals(scattered.delta(1, 2), undefined, "the only brick has changed");
  // Where all bricks are alike the full frame is next to nothing; the names of bricks are not.
  const alike = (color: number) => ({
    keys: Uint32Array.from({ length: 512 }, (_, brick) => 512 * brick),
    colors: new Uint32Array(512).fill(color).fill(0xff000001, 400),
    materials: new Uint8Array(512),
  });
  const most = regionOf(alike(0xff000002), { version: 2 });
  most.follow(regionOf(alike(0xff000003)), true);
  let tries = 0;
  const hashOf = most.levelHash.bind(most);
  most.levelHash = (lod) => {
    tries++;
    return hashOf(lod);
  };
  assertEquals([most.delta(1, 2), most.delta(1, 2), tries], [undefined, undefined, 1]);
});

Deno.test("a delta for which the cache has to give up detail goes out, but is not kept", () => {
  const [base, next] = history([[5]]) as [CachedRegion, CachedRegion];
  const room = next.bytes + next.frame(0, 2).length / 2;
  const cache = new RegionCache({ maxBytes: room / 0.9, ttlMs: 1000, now: () => 0 });
  const key = cacheKey(1, regionKey(4, 1));
  cache.pin(key);
  cache.put(key, region(4096), { keepsDeltas: true });
  cache.put(key, regionOf(voxelRow(4096, [5]), { version: 2 }), { keepsDeltas: true });
  const cached = cache.peek(key)!;
  const delta = cached.delta(1, 2)!;
  assertEquals(held(held(undefined, base.frame(0, 2)), delta), held(undefined, next.frame(0, 2)));
  assert(cached.finestLod > 0 && cached.bytes <= cached.demand(cached.finestLod));
  assertEquals(cached.delta(1, 2), undefined, "it has no details any more");
});

Deno.test("the history and the deltas of a region go when it is trimmed", () => {
  const newest = history([[5], [600]]).at(-1)!;
  assert(newest.bytes > regionOf(voxelRow(4096, [5, 600])).bytes, "they are counted");
  assert(newest.delta(1, 2) !== undefined);
  newest.trim(1);
  assertEquals([newest.delta(1, 2), newest.delta(2, 2)], [undefined, undefined]);
});

Deno.test("there is no delta from or to an empty version, between kinds or depths, from a trimmed one, or back", () => {
  const follower = regionOf(voxelRow(4096, [1]), { version: 2 });
  const predecessors = {
    empty: region(0),
    kind: region(4096, { kind: "esvt" }),
    depth: region(512, { depth: 5 }),
    newer: region(4096, { version: 3 }),
    trimmed: region(4096),
    "not asked for": region(4096),
  };
  predecessors.trimmed.trim(1);
  for (const [name, previous] of Object.entries(predecessors)) {
    follower.follow(previous, name !== "not asked for");
    assertEquals(follower.delta(previous.version, 2), undefined, name);
  }
  const emptied = region(0, { version: 2 });
  emptied.follow(region(4096), true);
  assertEquals(emptied.delta(1, 2), undefined);
});

Deno.test("the cache passes the history on only while the region is pinned and deltas are asked for", () => {
  const put = (isPinned: boolean, keepsDeltas: boolean) => {
    const cache = new RegionCache({ maxBytes: 1 << 24, ttlMs: 1000, now: () => 0 });
    const key = cacheKey(1, regionKey(4, 1));
    if (isPinned) cache.pin(key);
    cache.put(key, region(4096), { keepsDeltas });
    cache.put(key, regionOf(voxelRow(4096, [7]), { version: 2 }), { keepsDeltas });
    const delta = cache.peek(key)!.delta(1, 2);
    assertEquals(cache.stats().totalBytes, cache.peek(key)!.bytes, "history and deltas are counted");
    return delta !== undefined;
  };
  assertEquals([put(true, true), put(true, false), put(false, true)], [true, false, false]);
});

Deno.test("a trimmed region gives the frames that it gave before from its LOD on, and none finer", () => {
  for (const kind of KINDS) {
    const whole = region(3000, { kind });
    const trimmed = region(3000, { kind });
    trimmed.frame(0, 2);
    const coarse = trimmed.frame(3, 2);
    const before = trimmed.bytes;
    const freed = trimmed.trim(2);
    assertEquals([trimmed.finestLod, trimmed.depth, trimmed.bytes], [2, 6, before - freed]);
    assert(freed > treeBytes(whole.tree) - treeBytes(trimmed.tree));
    assert(trimmed.frame(3, 2) === coarse, "small frames are kept");
    for (const lod of [2, 3, 4, 5, 6]) {
      assertEquals(trimmed.frame(lod, 1), whole.frame(lod, 1), `${kind} ${lod}`);
      assertEquals(trimmed.levelHash(lod), whole.levelHash(lod));
    }
    assertEquals(trimmed.refinement(5, 3, 2), whole.refinement(5, 3, 2));
    assertEquals(trimmed.refinement(5, 1, 2), undefined);
    assertThrows(() => trimmed.frame(1, 2), RangeError, "trimmed to LOD 2");
    assertEquals(trimmed.trim(1), 0, "it does not grow back");
    assert(trimmed.trim(6) > 0);
    assertEquals(trimmed.frame(6, 1), whole.frame(6, 1), "down to the root");
  }
});

Deno.test("a trimmed region remembers what it took, frames included", () => {
  const one = region(3000);
  one.frame(0, 2);
  one.refinement(2, 0, 2);
  one.frame(4, 2);
  const demands = Array.from({ length: 9 }, (_, lod) => one.demand(lod));
  assertEquals([demands[0], one.fullBytes], [one.bytes, one.bytes]);
  for (let lod = 1; lod <= 6; lod++) assert(demands[lod]! < demands[lod - 1]!);
  assertEquals([demands[7], demands[8]], [demands[6], demands[6]], "there is nothing above the root");
  for (let lod = 1; lod <= 6; lod++) {
    one.trim(lod);
    assertEquals(one.bytes, demands[lod], "it takes what it said that it would");
    assertEquals(Array.from({ length: 9 }, (_, at) => one.demand(at)), demands);
  }
  const next = region(3000, { version: 2 });
  next.follow(one, false);
  assertEquals(next.demand(0), demands[0], "and the next version expects the same");
  const half = region(1500, { version: 2 });
  half.follow(one, false);
  const ratio = half.demand(0) / demands[0]!;
  assert(ratio > 0.45 && ratio < 0.6, "in proportion to its size");
});

Deno.test("the hash of a LOD is that of its nodes, for both kinds", () => {
  for (const kind of KINDS) {
    const one = region(3000, { kind });
    for (const lod of [0, 1, 6]) {
      assertEquals(one.levelHash(lod), levelHash(one.tree, lod));
      assert(one.levelHash(lod) === one.levelHash(lod), "computed once");
    }
  }
  const voxels = decodeLevel(region(3000).tree, 0);
  assertEquals(voxels.keys.length, 3000);
  assertThrows(() => region(3000).levelHash(7), RangeError);
});
