import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { emptyHash, hashSamples } from "../../src/tree/mod.ts";
import { NO_OVERLAY } from "../../src/world/overlay.ts";
import { RegionStore, VOXEL_BYTES } from "../../src/world/region_store.ts";
import { planEdits } from "../../src/world/plan_edits.ts";
import { createEdits } from "../../src/world/store_edits.ts";
import { runs } from "../support/runs.ts";

type Write = readonly [key: number, color: number, material: number];

/** Merges writes with unique keys; returns what the hash became. */
function write(store: RegionStore, writes: readonly Write[], hash = emptyHash()): typeof hash {
  const sorted = [...writes].sort((a, b) => a[0] - b[0]);
  const n = sorted.length;
  const keys = new Uint32Array(sorted.map(([key]) => key));
  const sources = new Uint32Array(sorted.map((_, i) => i));
  const groups = { keys, sources, regions: [], starts: new Uint32Array(0), ends: new Uint32Array(0) };
  const edits = createEdits(groups, {
    positions: new Uint32Array(3 * n),
    colors: new Uint32Array(sorted.map(([, color]) => color)),
    materials: new Uint8Array(sorted.map(([, , material]) => material)),
  });
  const counts = planEdits(edits, 0, n, store, NO_OVERLAY, hash);
  const count = store.count + counts.inserted - counts.removed;
  const bytes = store.bytesFor(count);
  store.commit(edits, 0, n, count);
  assertEquals(store.bytes, bytes, "bytes as announced");
  return hash;
}

function contentOf(store: RegionStore): Write[] {
  const { count, keys, colors, materials } = store;
  return Array.from({ length: count }, (_, i) => [keys[i]!, colors[i]!, materials[i]!]);
}

function assertLean(store: RegionStore): void {
  const places = store.bytes / VOXEL_BYTES;
  assert(
    places >= store.count && places <= store.count + Math.max(8, store.count / 4),
    `${places} places for ${store.count}`,
  );
  if (store.count === 0) assertEquals(places, 0);
}

Deno.test("after any patches the store holds what a map would, sorted, with the hash kept up and at most a quarter unused", () => {
  const key = fc.nat(300);
  const color = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(0xff000001, 0xff000002) },
    fc.constant(0x00123456),
  );
  const patch = fc.uniqueArray(fc.tuple(key, color, fc.constantFrom(0, 3)), {
    selector: ([k]) => k,
    maxLength: 120,
  });
  fc.assert(
    fc.property(fc.array(patch, { minLength: 1, maxLength: 8 }), (patches) => {
      const store = new RegionStore();
      const map = new Map<number, Write>();
      let hash = emptyHash();
      for (const writes of patches) {
        hash = write(store, writes, hash);
        for (const cell of writes) {
          if (cell[1] >>> 24 === 0) map.delete(cell[0]);
          else map.set(cell[0], cell);
        }
        assertEquals(contentOf(store), [...map.values()].sort((a, b) => a[0] - b[0]));
        const samples = {
          keys: store.keys.slice(0, store.count),
          colors: store.colors.slice(0, store.count),
          materials: store.materials.slice(0, store.count),
        };
        assertEquals(hash, hashSamples(samples));
        assertLean(store);
      }
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("growing and shrinking one voxel at a time keeps the order and the slack", () => {
  const store = new RegionStore();
  for (let i = 0; i < 500; i++) {
    write(store, [[(i * 37) % 500, 0xff000000 + i, 1]]);
    assertLean(store);
  }
  assertEquals(contentOf(store).map(([key]) => key), Array.from({ length: 500 }, (_, i) => i));
  for (let i = 0; i < 500; i++) {
    write(store, [[(i * 91) % 500, 0, 0]]);
    assertLean(store);
  }
  assertEquals([store.count, store.bytes], [0, 0]);
});

Deno.test("runs longer and shorter than the loop's limit survive inserts and removals in one patch", () => {
  const store = new RegionStore();
  write(store, Array.from({ length: 1000 }, (_, i): Write => [2 * i, 0xff000000 + i, i & 255]));
  // Grows by one, which rebuilds; then the same number in and out, which happens in place.
  write(store, [[1, 0xff00ffff, 9]]);
  const places = store.bytes;
  write(store, [[3, 0xff000003, 3], [10, 0, 0], [11, 0xff00000b, 4], [400, 0, 0], [1998, 0, 0], [
    1999,
    0xff0007cf,
    5,
  ]]);
  assertEquals(store.bytes, places);
  const map = new Map(
    Array.from({ length: 1000 }, (_, i): [number, Write] => [2 * i, [2 * i, 0xff000000 + i, i & 255]]),
  );
  const added: Write[] = [[1, 0xff00ffff, 9], [3, 0xff000003, 3], [11, 0xff00000b, 4], [1999, 0xff0007cf, 5]];
  for (const cell of added) map.set(cell[0], cell);
  for (const key of [10, 400, 1998]) map.delete(key);
  assertEquals(contentOf(store), [...map.values()].sort((a, b) => a[0] - b[0]));
});
