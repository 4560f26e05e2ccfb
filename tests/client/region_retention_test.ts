import { assertEquals } from "@std/assert";
import { RegionRetention } from "../../src/client/region_retention.ts";
import { createGrid, encodeMorton, type RegionKey, regionKey } from "../../src/space/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";

const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);
/** In the corner at the origin, and in the opposite one. */
const NEAR = regionKey(4, encodeMorton(0, 0, 0));
const FAR = regionKey(4, encodeMorton(15, 15, 15));
const HELD = new Map<RegionKey, { bytes: number }>([[NEAR, { bytes: 100 }], [FAR, { bytes: 100 }]]);

function view(eye: number, lookAt: number): Viewport {
  return {
    eye: [eye, eye, eye],
    lookAt: [lookAt, lookAt, lookAt],
    up: [0, 1, 0],
    fovY: 0.8,
    aspectRatio: 1,
    nearPlane: 1,
    farPlane: 5000,
  };
}

const AT_NEAR = view(300, 0);
const AT_FAR = view(700, 1024);
const AT_BOTH = view(-300, 1024);

function retention(maxBytes: number): RegionRetention {
  const kept = new RegionRetention({ maxBytes, graceMs: 3000, maxAgeMs: 60_000 });
  kept.arrived(NEAR, 0);
  kept.arrived(FAR, 0);
  return kept;
}

Deno.test("what is in the told view is never dropped, however little room there is", () => {
  const kept = retention(0);
  kept.told(AT_BOTH, GRID, 0);
  assertEquals(kept.sweep(HELD, GRID, 1e6), []);
});

Deno.test("before any view was told nothing is dropped", () => {
  assertEquals(retention(0).sweep(HELD, GRID, 1e6), []);
});

Deno.test("above the budget a region goes once it was out of view long enough for the server to notice", () => {
  const kept = retention(150);
  kept.told(AT_BOTH, GRID, 0);
  kept.told(AT_FAR, GRID, 1000);
  assertEquals(kept.sweep(HELD, GRID, 3999), []);
  assertEquals(kept.sweep(HELD, GRID, 4000), [NEAR]);
});

Deno.test("a short look away starts the wait anew", () => {
  const kept = retention(150);
  kept.told(AT_FAR, GRID, 0);
  kept.told(AT_NEAR, GRID, 2900);
  kept.told(AT_FAR, GRID, 2950);
  assertEquals(kept.sweep(HELD, GRID, 5000), []);
  assertEquals(kept.sweep(HELD, GRID, 5950), [NEAR]);
});

Deno.test("within the budget a region out of view goes after a minute, as it may be out of date", () => {
  const kept = retention(1e9);
  kept.told(AT_FAR, GRID, 0);
  assertEquals(kept.sweep(HELD, GRID, 59_999), []);
  assertEquals(kept.sweep(HELD, GRID, 60_000), [NEAR]);
});

Deno.test("no more is dropped than the budget asks for, the longest out of view first", () => {
  const kept = retention(150);
  const away = view(-300, -1024);
  kept.told(AT_FAR, GRID, 0);
  kept.told(away, GRID, 1000);
  assertEquals(kept.sweep(HELD, GRID, 10_000), [NEAR]);
  assertEquals(kept.sweep(new Map([[FAR, { bytes: 100 }]]), GRID, 10_000), []);
});

Deno.test("a reset forgets the regions and the view", () => {
  const kept = retention(0);
  kept.told(AT_FAR, GRID, 0);
  kept.reset();
  assertEquals(kept.sweep(HELD, GRID, 1e6), []);
});
